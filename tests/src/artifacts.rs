//! What `cargo xtask build` leaves in `target/contracts`.
use alloy::primitives::Address;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// Code of a contract as it stands on chain: prefix and compressed WASM.
pub fn contract(name: &str) -> Vec<u8> {
    read(&format!("{name}.code"))
}

/// Init code of a Solidity test token.
pub fn token(name: &str) -> Vec<u8> {
    alloy::hex::decode(bytecode(name)).expect("bytecode is hex")
}

/// The same of one that uses a library: the compiler leaves `__$`, 34 digits and `$__` where its address goes.
pub fn linked(name: &str, library: Address) -> Vec<u8> {
    let bytecode = bytecode(name);
    let at = bytecode.find("__$").expect("a library is used");
    let left = bytecode[at..at + 40].to_owned();
    alloy::hex::decode(bytecode.replace(&left, &alloy::hex::encode(library))).expect("one library is used")
}

fn bytecode(name: &str) -> String {
    let tokens: Value = serde_json::from_slice(&read("tokens.json")).expect("tokens.json is JSON");
    tokens[name]["bytecode"].as_str().unwrap_or_else(|| panic!("tokens.json has no {name}")).to_owned()
}

/// The compiler that built the contracts.
pub fn compiler() -> String {
    let manifest: Value = serde_json::from_slice(&read("manifest.json")).expect("manifest.json is JSON");
    manifest["compiler"].as_str().expect("the manifest names the compiler").to_owned()
}

/// Root of the workspace.
pub fn workspace() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests lie in the workspace").to_owned()
}

fn read(file: &str) -> Vec<u8> {
    let path = workspace().join("target/contracts").join(file);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask build` first", path.display()))
}
