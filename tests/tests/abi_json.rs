//! `abi/*.json` is what the contracts speak, for `cast`, explorers, viem and wagmi. `UPDATE_SNAPSHOTS=1` writes it.
#![allow(clippy::too_many_arguments, dead_code, rustdoc::broken_intra_doc_links)]

/// The sources of `crates/abi`, expanded here with their JSON.
macro_rules! solidity {
    ($($items:tt)*) => { alloy_sol_types::sol! { #![sol(abi)] $($items)* } };
}

#[path = "../../crates/abi/src/escrow.rs"]
mod escrow;
#[path = "../../crates/abi/src/examiner.rs"]
mod examiner;
#[path = "../../crates/abi/src/oracle.rs"]
mod oracle;
#[path = "../../crates/abi/src/registry.rs"]
mod registry;
#[path = "../../crates/abi/src/successor.rs"]
mod successor;
#[path = "../../crates/abi/src/verifier.rs"]
mod verifier;

use alloy::json_abi::JsonAbi;
use escrow::MarginEscrow;
use examiner::PortfolioExaminer;
use oracle::PriceOracle;
use plumbline_tests::artifacts::workspace;
use registry::EligibilityRegistry;
use std::fs;
use successor::Successor;
use verifier::RiskVerifier;

fn contracts() -> [(&'static str, JsonAbi); 6] {
    [
        ("eligibility-registry", EligibilityRegistry::abi::contract()),
        ("margin-escrow", MarginEscrow::abi::contract()),
        ("portfolio-examiner", PortfolioExaminer::abi::contract()),
        ("price-oracle", PriceOracle::abi::contract()),
        ("risk-verifier", RiskVerifier::abi::contract()),
        ("successor", Successor::abi::contract()),
    ]
}

#[test]
fn every_contract_stands_as_json() {
    for (name, abi) in contracts() {
        let path = workspace().join("abi").join(format!("{name}.json"));
        let is = serde_json::to_string_pretty(&abi).unwrap() + "\n";
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &is).unwrap();
        }
        let was = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            was == is,
            "abi/{name}.json is out of date: UPDATE_SNAPSHOTS=1 cargo test -p plumbline-tests --test abi_json"
        );
    }
}

/// What a tool reads from the file decodes what the chain says.
#[test]
fn the_json_has_the_selectors_and_topics_of_the_contracts() {
    use alloy::sol_types::{SolCall, SolEvent};
    let text = fs::read_to_string(workspace().join("abi/margin-escrow.json")).unwrap();
    let json: JsonAbi = serde_json::from_str(&text).unwrap();
    let dispute = json.function("dispute").and_then(|functions| functions.first()).unwrap();
    assert_eq!(dispute.selector().0, abi::escrow::MarginEscrow::disputeCall::SELECTOR);
    let issued = json.event("ClaimIssued").and_then(|events| events.first()).unwrap();
    assert_eq!(issued.selector(), abi::escrow::MarginEscrow::ClaimIssued::SIGNATURE_HASH);
    assert_eq!(issued.inputs.iter().filter(|input| input.indexed).count(), 2);
}
