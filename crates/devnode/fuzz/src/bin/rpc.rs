//! Arbitrary text as a JSON-RPC request: an answer that is JSON, never a panic.
//!
//! The first byte chooses a method, so that parameters are reached as well as the envelope.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumbline_devnode::{Chain, DevnodeConfig, Methods, Mining, methods};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

static NODE: LazyLock<(Runtime, Methods, Vec<&'static str>)> = LazyLock::new(|| {
    // A method that panics does so on another thread: make it end the run.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = DevnodeConfig { nonce_patience: Default::default(), ..DevnodeConfig::default() };
    let methods = methods(Chain::new(DevnodeConfig { mining: Mining::Automine, ..config })).expect("methods");
    // Mining 100,000 blocks at once is allowed, and slow.
    let mut names: Vec<_> = methods.method_names().filter(|name| !name.ends_with("_mine")).collect();
    names.sort();
    (runtime, methods, names)
});

fuzz_target!(|bytes: &[u8]| {
    let (runtime, methods, names) = &*NODE;
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let request = match names.get(usize::from(*first)) {
        Some(name) => format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}","params":{text}}}"#),
        None => text.to_owned(),
    };
    let answer = runtime.block_on(methods.raw_json_request(&request, 1));
    if let Ok((answer, _)) = answer {
        assert!(answer.get().contains("\"jsonrpc\""), "{}", answer.get());
    }
});
