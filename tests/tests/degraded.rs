//! Quorum lost: prices stand still. No new risk and no release; claims, cures and enforcement go on within the bound of marks.
use abi::escrow::MarginEscrow::*;
use plumbline_tests::*;

/// Everybody has traded, and for 70 seconds no round has come.
fn degraded() -> Fork {
    let w = World::open();
    w.trade_all(99_000);
    w.warp(70);
    w
}

#[test]
fn without_a_quorum_there_is_no_new_risk() {
    let w = degraded();
    let bundle = w.draft(&[(ALICE, usd(100_000)), (BOB, usd(100_000))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<StaleValuation>();
}

#[test]
fn without_a_quorum_no_value_leaves_an_account() {
    let w = degraded();
    let set = w.draft_mark(&[(ALICE, usd(99_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    w.prank(ALICE).execute_own(release).expect_revert_of::<StaleValuation>();
    let worse = w.substitution(ALICE, (w.usde, w.usde.whole(10)), (w.usdc, w.usdc.whole(100)), 2);
    w.prank(ALICE).execute_own(worse).expect_revert_of::<StaleValuation>();
    w.prank(ALICE).withdraw(w.usdc, w.usdc.whole(1)).ok();
}

#[test]
fn without_a_quorum_claims_are_issued_and_cured() {
    let w = degraded();
    w.make_short(ALICE, usd(250_000));
    w.prank(STRANGER).escrow(issueClaimCall { account: w.account(BOB) }).ok();
    w.deal(w.usdc, ALICE, w.usdc.whole(60_000));
    let account = w.account(ALICE);
    let satisfied = ClaimSatisfied { account, number: 1, late: false };
    w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(60_000)).expect_emit(satisfied).ok();
    w.audit();
}

#[test]
fn without_a_quorum_a_missed_claim_is_enforced_within_the_bound_of_marks() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_000);
    w.warp(601);
    let set = w.draft_mark(&[(ALICE, usd(250_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(STRANGER).escrow(enforceCall { account: w.account(ALICE) }).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn past_the_bound_of_marks_nothing_is_claimed() {
    let w = degraded();
    w.warp(3_600);
    w.prank(STRANGER).escrow(issueClaimCall { account: w.account(ALICE) }).expect_revert_of::<StaleValuation>();
}

/// What comes in wants a fresh valuation of its own token, and nothing else.
#[test]
fn without_a_quorum_of_the_others_better_collateral_comes_in() {
    let w = degraded();
    let better = w.substitution(ALICE, (w.usde, w.usde.whole(200)), (w.usdc, w.usdc.whole(100)), 1);
    w.prank(ALICE).execute_own(better.clone()).expect_revert_of::<StaleValuation>();
    w.post_only(w.usde);
    w.prank(ALICE).execute_own(better).ok();
    w.audit();
}
