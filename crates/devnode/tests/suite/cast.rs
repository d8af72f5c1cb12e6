//! Stock `cast`, which knows nothing of Stylus, against the node. `cargo xtask setup` installs it.

use crate::harness::{ARB_WASM, entry};
use alloy::primitives::{Address, hex};
use plumbline_devnode::{Devnode, DevnodeConfig, compress, init_code};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const COUNTER: &[u8] = include_bytes!("../data/counter-1page.wasm");

/// The program itself: its wrapper in `.bin` tells nobody that it failed.
fn program() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/node_modules/@foundry-rs");
    let folders = std::fs::read_dir(tools).into_iter().flatten().flatten();
    let mut programs = folders.map(|folder| folder.path().join("bin/cast")).filter(|program| program.is_file());
    programs.next().expect("cast is not installed: run `cargo xtask setup`")
}

struct Cast(Devnode);

impl Cast {
    async fn start() -> Self {
        Self(Devnode::start(DevnodeConfig::default()).await.unwrap())
    }

    /// Standard output of `cast`, which must succeed.
    fn run(&self, arguments: &[&str]) -> String {
        let (success, output, errors) = self.attempt(arguments);
        assert!(success, "cast {arguments:?}: {errors}");
        output
    }

    fn attempt(&self, arguments: &[&str]) -> (bool, String, String) {
        let output = Command::new(program())
            .args(arguments)
            .env("ETH_RPC_URL", self.0.http_url())
            .env("FOUNDRY_DISABLE_NIGHTLY_WARNING", "1")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(arguments)).unwrap()
    }

    /// Sends from the first account and returns the receipt.
    fn send(&self, arguments: &[&str]) -> Value {
        let key = hex::encode_prefixed(self.0.accounts()[0].to_bytes());
        let receipt = self.json(&[&["send", "--json", "--private-key", &key], arguments].concat());
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }

    fn deploy(&self, wasm: &[u8]) -> String {
        let code = hex::encode_prefixed(init_code(&compress(wasm)));
        let program = self.send(&["--create", &code])["contractAddress"].as_str().unwrap().to_owned();
        self.send(&[&ARB_WASM.to_string(), "activateProgram(address)", &program, "--value", "0.1ether"]);
        program
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_deploys_a_program_and_sees_the_gas_of_the_vectors() {
    let cast = Cast::start().await;
    let counter = cast.deploy(COUNTER);
    let set = cast.send(&[&counter, "setNumber(uint256)", "41"]);
    assert_eq!(set["gasUsed"], format!("{:#x}", 55_687));
    let hash = set["transactionHash"].as_str().unwrap();
    assert_eq!(cast.run(&["call", &counter, "number()(uint256)"]), "41");
    assert_eq!(cast.run(&["receipt", hash, "gasUsed"]), "55687");
    assert_eq!(cast.run(&["storage", &counter, "0"]), format!("0x{:064x}", 41));
    assert_eq!(cast.run(&["tx", hash, "nonce"]), "2");
    let estimate: u64 = cast.run(&["estimate", &counter, "increment()"]).parse().unwrap();
    let used = cast.send(&[&counter, "increment()"])["gasUsed"].as_str().map(|gas| u64::from_str_radix(&gas[2..], 16));
    let used = used.unwrap().unwrap();
    assert!(estimate >= used && estimate < used * 103 / 100, "{estimate} for {used}");
    assert_eq!(cast.run(&["call", ARB_WASM.to_string().as_str(), "stylusVersion()(uint16)"]), "3");
    assert!(cast.run(&["code", &counter]).starts_with("0xeff00000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_reads_blocks_logs_and_prices() {
    let cast = Cast::start().await;
    let logger = cast.deploy(
        &wat::parse_str(entry("(call $emit_log (i32.const 0) (local.get $len) (i32.const 1)) (i32.const 0)")).unwrap(),
    );
    let topic = format!("0x{:064x}", 7);
    let receipt = cast.send(&[&logger, &format!("{topic}abcd")]);
    let logs = cast.json(&["logs", "--json", "--from-block", "0", "--address", &logger, &topic]);
    assert_eq!((logs[0]["data"].as_str(), logs.as_array().unwrap().len()), (Some("0xabcd"), 1));
    assert_eq!(cast.json(&["block", "latest", "--json"])["hash"], receipt["blockHash"]);
    assert_eq!(cast.run(&["block-number"]), "3");
    assert_eq!(cast.run(&["chain-id"]), "412346");
    assert_eq!(cast.run(&["gas-price"]), "100000000");
    assert_eq!(cast.run(&["basefee"]), "100000000");
    assert!(cast.run(&["client"]).starts_with("plumbline-devnode/"));
    let account = cast.0.accounts()[0].address().to_string();
    assert_eq!(cast.run(&["nonce", &account]), "3");
    assert!(cast.run(&["balance", &account, "--ether"]).starts_with("9999."));
    let (success, _, errors) = cast.attempt(&["publish", "0x02ff"]);
    assert!(!success && errors.contains("could not be decoded"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_shows_why_a_program_reverts() {
    let cast = Cast::start().await;
    // Error(string) "no" as revert data.
    let data = hex::encode(alloy::sol_types::SolError::abi_encode(&alloy::sol_types::Revert::from("no margin")));
    let program = cast
        .deploy(&wat::parse_str(entry("(call $write_result (i32.const 0) (local.get $len)) (i32.const 1)")).unwrap());
    let (success, _, errors) = cast.attempt(&["call", &program, &format!("0x{data}")]);
    assert!(!success && errors.contains("no margin"), "{errors}");
    let (success, _, errors) = cast.attempt(&["call", &Address::repeat_byte(0x71).to_string(), "--block", "99"]);
    assert!(!success && errors.contains("is unknown"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_traces_calls_and_host_functions() {
    let cast = Cast::start().await;
    let counter = cast.deploy(COUNTER);
    let hash = cast.send(&[&counter, "setNumber(uint256)", "5"])["transactionHash"].as_str().unwrap().to_owned();
    let call = cast.json(&["rpc", "debug_traceTransaction", &hash, r#"{"tracer":"callTracer"}"#]);
    assert_eq!((call["type"].as_str(), call["to"].as_str()), (Some("CALL"), Some(counter.as_str())));
    let steps = cast.json(&["rpc", "debug_traceTransaction", &hash, r#"{"tracer":"stylusTracer"}"#]);
    let names: Vec<_> = steps.as_array().unwrap().iter().filter_map(|step| step["name"].as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"user_entrypoint"), Some(&"user_returned")));
    assert!(names.contains(&"storage_cache_bytes32") && names.contains(&"storage_flush_cache"), "{names:?}");
    // `cast run` replays in an EVM of its own, from this node's state: what no program takes part in, it follows.
    let transfer = cast.send(&[&Address::repeat_byte(5).to_string(), "--value", "1"]);
    let trace = cast.run(&["run", transfer["transactionHash"].as_str().unwrap(), "--quick"]);
    assert!(trace.contains("successfully executed"), "{trace}");
}
