//! Check 2: the set's times and parameters.
use abi::escrow::FRESH_SLOTS;
use abi::escrow::MarginEscrow::*;
use alloy::primitives::B256;
use plumbline_tests::*;

fn trade(w: &World) -> Draft {
    w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB)
}

#[test]
fn a_set_past_its_validity_reverts() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.set.validUntil = START + 5).sign();
    w.warp(6);
    w.prank(RELAYER).settle(&bundle).expect_revert(Expired { validUntil: START + 5, timestamp: START + 6 });
}

#[test]
fn a_set_is_valid_in_its_last_second() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.set.validUntil = START + 5).sign();
    w.warp(5);
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn a_statement_from_the_future_reverts() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.set.asOf += 1).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(AsOfInFuture { asOf: START + 1, timestamp: START });
}

#[test]
fn a_slot_after_the_statement_reverts() {
    let w = World::open();
    w.pass(10);
    let slot = w.slot();
    let bundle = trade(&w).with(|d| d.set.asOf -= 1).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(SlotInFuture { slot, current: slot - 1 });
}

#[test]
fn a_slot_six_old_settles_and_seven_old_reverts() {
    let w = World::open();
    w.pass(70);
    let oldest = w.slot() - FRESH_SLOTS;
    let stale = trade(&w).with(|d| d.set.slot = oldest - 1).sign();
    w.prank(RELAYER).settle(&stale).expect_revert(StaleSlot { slot: oldest - 1, oldest });
    let fresh = trade(&w).with(|d| d.set.slot = oldest).sign();
    w.prank(RELAYER).settle(&fresh).ok();
}

#[test]
fn other_risk_parameters_revert() {
    let w = World::open();
    let given = B256::repeat_byte(0xaa);
    let bundle = trade(&w).with(|d| d.set.parametersHash = given).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(ParametersNotAgreed { agreed: parameters_hash(), given });
}
