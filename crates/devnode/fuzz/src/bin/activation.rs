//! Activation of arbitrary bytes: accepted or refused, never a panic. What is accepted must also deploy, compile and
//! end within its gas when it is called.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumbline_devnode::{Chain, DevnodeConfig, TxRequest, activation::check, compress, dev_accounts};
use std::sync::LazyLock;

static CHAIN: LazyLock<Chain> = LazyLock::new(|| Chain::new(DevnodeConfig::default()));

fuzz_target!(|bytes: &[u8]| {
    if check(bytes).is_ok() {
        run(bytes);
    }
});

fn run(wasm: &[u8]) {
    let (chain, from) = (&*CHAIN, dev_accounts()[0].address());
    let snapshot = chain.snapshot();
    let program = from.create(7);
    chain.set_code(program, &compress(wasm));
    let activate = [&[0x58, 0xc7, 0x80, 0xc2][..], program.into_word().as_slice()].concat();
    let value = alloy_value();
    let arb_wasm = "0000000000000000000000000000000000000071".parse().ok();
    let request = TxRequest { from, to: arb_wasm, value, data: activate.into(), gas: None };
    let activated = chain.transact(request).expect("a transaction");
    assert!(activated.success, "check accepts what activation refuses: {activated:?}");
    let call = TxRequest { from, to: Some(program), data: vec![1; 40].into(), gas: Some(200_000), ..TxRequest::default() };
    let called = chain.transact(call).expect("a transaction");
    assert!(called.gas_used <= 200_000);
    chain.revert(snapshot);
}

fn alloy_value() -> plumbline_devnode::U256 {
    plumbline_devnode::U256::from(10).pow(plumbline_devnode::U256::from(17))
}
