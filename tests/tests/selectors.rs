//! Every function of the three ABIs is routed, and nothing else is.
use abi::escrow::MarginEscrow::MarginEscrowCalls;
use abi::oracle::PriceOracle::PriceOracleCalls;
use abi::registry::EligibilityRegistry::EligibilityRegistryCalls;
use alloy::primitives::Address;
use alloy::sol_types::SolInterface;
use plumbline_tests::*;

const UNKNOWN: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];

/// A selector is routed where it answers some calldata otherwise than an unknown selector does.
fn is_routed(w: &World, contract: Address, selector: [u8; 4]) -> bool {
    [0, 32, 64, 1_024].into_iter().any(|length| {
        let answer = |selector: [u8; 4]| w.node.call(contract, [selector.to_vec(), vec![0; length]].concat());
        answer(selector) != answer(UNKNOWN)
    })
}

fn expect_all_routed<C: SolInterface>(w: &World, contract: Address, name: impl Fn([u8; 4]) -> Option<&'static str>) {
    let missing: Vec<_> = C::selectors().filter(|selector| !is_routed(w, contract, *selector)).map(name).collect();
    assert!(missing.is_empty(), "not routed: {missing:?}");
}

#[test]
fn every_selector_of_the_escrow_is_routed() {
    let w = World::open();
    expect_all_routed::<MarginEscrowCalls>(&w, w.escrow, MarginEscrowCalls::signature_by_selector);
}

#[test]
fn every_selector_of_the_registry_is_routed() {
    let w = World::open();
    expect_all_routed::<EligibilityRegistryCalls>(&w, w.registry, EligibilityRegistryCalls::signature_by_selector);
}

#[test]
fn every_selector_of_the_oracle_is_routed() {
    let w = World::open();
    expect_all_routed::<PriceOracleCalls>(&w, w.oracle, PriceOracleCalls::signature_by_selector);
}

#[test]
fn an_unknown_selector_reverts() {
    let w = World::open();
    for contract in [w.escrow, w.registry, w.oracle] {
        for calldata in [UNKNOWN.to_vec(), vec![], vec![0; 3]] {
            assert!(w.node.call(contract, calldata).is_err());
        }
    }
}
