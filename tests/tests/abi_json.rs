//! `abi/*.json` is what the contracts speak, for `cast`, explorers, viem and wagmi. `UPDATE_SNAPSHOTS=1` writes it.
use abi::escrow::MarginEscrow;
use abi::examiner::PortfolioExaminer;
use abi::oracle::PriceOracle;
use abi::registry::EligibilityRegistry;
use abi::successor::Successor;
use abi::verifier::RiskVerifier;
use alloy::json_abi::JsonAbi;
use plumbline_tests::artifacts::workspace;
use std::fs;

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
        assert!(was == is, "abi/{name}.json is out of date: UPDATE_SNAPSHOTS=1 cargo test -p plumbline-tests --test abi_json");
    }
}

/// What a tool reads from the file decodes what the chain says.
#[test]
fn the_json_has_the_selectors_and_topics_of_the_contracts() {
    use alloy::sol_types::{SolCall, SolEvent};
    let text = fs::read_to_string(workspace().join("abi/margin-escrow.json")).unwrap();
    let abi: JsonAbi = serde_json::from_str(&text).unwrap();
    let settle = abi.function("dispute").and_then(|functions| functions.first()).unwrap();
    assert_eq!(settle.selector().0, MarginEscrow::disputeCall::SELECTOR);
    let issued = abi.event("ClaimIssued").and_then(|events| events.first()).unwrap();
    assert_eq!(issued.selector(), MarginEscrow::ClaimIssued::SIGNATURE_HASH);
    assert_eq!(issued.inputs.iter().filter(|input| input.indexed).count(), 2);
}
