//! Check 5, second half: time never goes back, variation sums to zero.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::I256;
use plumbline_tests::*;

fn trade(w: &World) -> Draft {
    w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB)
}

#[test]
fn as_of_never_goes_back() {
    let w = World::open();
    w.pass(20);
    let last = w.now();
    let bundle = trade(&w).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let bundle = trade(&w).with(|d| d.set.asOf -= 1).with(|d| d.set.slot -= 1).sign();
    let expected = OutOfOrder { account: w.account(ALICE), asOf: last - 1, lastAsOf: last };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn slot_never_goes_back() {
    let w = World::open();
    w.pass(20);
    let bundle = trade(&w).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.warp(1);
    let bundle = trade(&w).with(|d| d.set.slot -= 1).sign();
    let found = w.prank(RELAYER).settle(&bundle).expect_revert_of::<OutOfOrder>();
    assert_eq!(found.account, w.account(ALICE));
}

#[test]
fn one_account_behind_stops_the_whole_set() {
    let w = World::open();
    w.pass(20);
    let set = w.draft_mark(&[(BOB, usd(1_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let bundle = trade(&w).with(|d| (d.set.asOf, d.set.slot) = (d.set.asOf - 10, d.set.slot - 1)).sign();
    let found = w.prank(RELAYER).settle(&bundle).expect_revert_of::<OutOfOrder>();
    assert_eq!(found.account, w.account(BOB));
}

#[test]
fn the_same_time_twice_is_in_order() {
    let w = World::open();
    for _ in 0..2 {
        let bundle = trade(&w).sign();
        w.prank(RELAYER).settle(&bundle).ok();
    }
    assert_eq!(w.state(ALICE).sequence, 2);
}

#[test]
fn an_account_without_a_fill_keeps_its_positions() {
    let w = World::open();
    let draft = w.draft(&[(ALICE, usd(1)), (BOB, usd(1)), (CAROL, usd(1))]).fill(ALICE, BOB);
    let moved = draft.clone().with(|d| d.statement(CAROL).newRoot = alloy::primitives::B256::repeat_byte(1)).sign();
    w.prank(RELAYER).settle(&moved).expect_revert(PositionsMoved { account: w.account(CAROL) });
    let charged = draft.fill_variation(CAROL, -1).sign();
    w.prank(RELAYER).settle(&charged).expect_revert(PositionsMoved { account: w.account(CAROL) });
}

#[test]
fn a_winner_without_a_loser_reverts() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.statement(ALICE).cumulativeVariation += 5).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(VariationNotZeroSum { sum: I256::unchecked_from(5) });
}

#[test]
fn a_loser_without_a_winner_reverts() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.set.houseCumulativeVariation -= 7).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(VariationNotZeroSum { sum: I256::unchecked_from(-7) });
}
