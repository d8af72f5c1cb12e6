//! Bundles without fills: expiry, funding, porting.
use abi::escrow::MarginEscrow::*;
use abi::escrow::lifecycle;
use abi::packed::{Bundle, Lifecycle};
use alloy::primitives::{B256, keccak256};
use plumbline_tests::*;

fn expiry(w: &World) -> Draft {
    w.draft(&[(ALICE, usd(40_000)), (BOB, usd(50_000))]).lifecycle(lifecycle::EXPIRY)
}

#[test]
fn an_expiry_moves_positions_and_variation_without_fills() {
    let w = World::open();
    let bundle = expiry(&w).variation(ALICE, 3_000_000).variation(BOB, -3_000_000).sign();
    let expected =
        LifecycleSettled { house: w.house(), cause: lifecycle::EXPIRY, reference: keccak256([lifecycle::EXPIRY]) };
    w.prank(RELAYER).settle(&bundle).expect_emit(expected).expect_no_emit::<FillsSettled>().ok();
    let alice = w.state(ALICE);
    assert_eq!(
        (w.changes(ALICE)[0].root, w.changes(BOB)[0].root),
        (bundle.set.statements[0].new_root, bundle.set.statements[1].new_root)
    );
    assert_eq!((alice.requirement, alice.cumulativeVariation), (usd(40_000), 3_000_000));
    w.audit();
}

#[test]
fn the_agents_sign_cause_and_reference() {
    let w = World::open();
    let bundle = expiry(&w).sign();
    let signed = bundle.lifecycle.unwrap();
    for other in
        [Lifecycle { cause: lifecycle::FUNDING, ..signed }, Lifecycle { reference: keccak256("another"), ..signed }]
    {
        let bundle = Bundle { lifecycle: Some(other), ..bundle.clone() };
        let refused = w.prank(RELAYER).settle(&bundle).expect_revert_of::<InvalidSigner>();
        assert_eq!(refused.expected, AGENT.address());
    }
}

#[test]
fn an_unknown_cause_reverts() {
    let w = World::open();
    let cause = lifecycle::ADJUSTMENT + 1;
    let bundle = expiry(&w).lifecycle(cause).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(UnknownCause { cause });
}

/// What fills cost is charged to a mandate's cap of the day, which no lifecycle event may spend.
#[test]
fn a_lifecycle_event_costs_no_fill_variation() {
    let w = World::open();
    let bundle = expiry(&w).fill_variation(ALICE, -1_000_000).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(PositionsMoved { account: w.account(ALICE) });
}

#[test]
fn a_house_in_default_takes_no_fills_but_lets_positions_expire() {
    let w = World::open();
    w.default_house(ALICE);
    let fills = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&fills).expect_revert(HouseInDefault { house: w.house() });
    let bundle = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).lifecycle(lifecycle::EXPIRY).sign();
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn a_mark_takes_no_lifecycle_event() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, usd(1_000))]).lifecycle(lifecycle::EXPIRY).with(|d| {
        d.statement(ALICE).newRoot = B256::repeat_byte(3);
    });
    w.prank(RELAYER).mark(&set.sign_mark()).expect_revert(PositionsMoved { account: w.account(ALICE) });
}
