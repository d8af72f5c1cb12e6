//! The parameters of Stylus.

use super::{chain, figures};
use crate::harness::ARB_WASM;
use alloy::primitives::{U256, keccak256};
use plumbline_devnode::ArbosVersion;
use serde_json::Value;

#[test]
fn parameters_are_those_of_nitro_on_each_version() {
    for version in [ArbosVersion::V51, ArbosVersion::V60, ArbosVersion::V61] {
        let world = chain(version);
        for (name, measured) in figures()["parameters"].as_object().unwrap() {
            let selector = keccak256(format!("{name}()"))[..4].to_vec();
            let answer = world.chain.call(world.from, ARB_WASM, selector).unwrap();
            let words: Vec<Value> =
                answer.chunks(32).map(|word| U256::from_be_slice(word).to::<u64>().into()).collect();
            let measured = measured.as_array().cloned().unwrap_or_else(|| vec![measured.clone()]);
            assert_eq!(words, measured, "{name} on {version}");
        }
    }
}
