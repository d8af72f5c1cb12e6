//! Valuations older than marks accept (360 slots): they open no claim for margin and satisfy none; all else of a mark applies.
use abi::escrow::MARK_SLOTS;
use abi::escrow::MarginEscrow::*;
use abi::escrow::cause;
use plumbline_tests::*;

/// The last second within the bound, for prices of the first second of a slot.
const BOUND: u64 = (MARK_SLOTS + 1) * abi::SLOT_SECONDS - 1;

/// Alice has 200,000 USDC and 100,000 tokenized cash, worth 198,000 and 98,000 USD; no price since.
fn unpriced(seconds: u64) -> Fork {
    let w = World::open();
    w.post_margin(ALICE, w.cash, w.cash.whole(100_000));
    w.warp(seconds);
    w
}

fn mark(w: &World, draft: Draft) -> Outcome<markCall> {
    w.prank(RELAYER).mark(&draft.sign_mark())
}

fn pledge_usdc(w: &World, tokens: u64) -> Outcome<pledgeCall> {
    w.deal(w.usdc, ALICE, w.usdc.whole(tokens));
    w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(tokens))
}

#[test]
fn values_at_the_bound_of_marks_open_a_claim_and_older_ones_do_not() {
    let w = unpriced(BOUND);
    let issued = mark(&w, w.draft_mark(&[(ALICE, usd(297_000))])).ok().event::<ClaimIssued>();
    assert_eq!((issued.amount, issued.cause), (usd(1_000), cause::INITIAL));
    w.audit();

    let w = unpriced(BOUND + 1);
    let done = mark(&w, w.draft_mark(&[(ALICE, usd(297_000))])).expect_no_emit::<ClaimIssued>().ok();
    let stated = done.event::<MarginStated>();
    assert_eq!((stated.requirement, stated.posted), (usd(297_000), usd(296_000)), "the mark applies");
    assert!(!w.claim(ALICE).open);
    w.audit();
    w.pass(0);
    let issued = w.prank(STRANGER).escrow(issueClaimCall { account: w.account(ALICE) }).ok().event::<ClaimIssued>();
    assert_eq!(issued.amount, usd(1_000), "and with prices again the claim follows");
}

/// One lot of a token without a price would otherwise keep every claim away.
#[test]
fn what_is_missing_at_any_price_is_claimed() {
    let w = unpriced(BOUND + 1);
    w.post_only(w.usdc);
    w.post_margin(ALICE, w.usde, w.usde.whole(1));
    let issued = mark(&w, w.draft_mark(&[(ALICE, usd(310_000))])).ok().event::<ClaimIssued>();
    assert_eq!(issued.amount, usd(310_000 - 198_000 - 100_000 - 1), "the cash and the USDe at one dollar");
    w.audit();
}

/// Between what is covered and what is missing at any price, a claim waits for prices.
#[test]
fn anyone_issues_a_claim_for_what_is_missing_at_any_price() {
    let w = unpriced(BOUND + 1);
    mark(&w, w.draft_mark(&[(ALICE, usd(297_500))])).expect_no_emit::<ClaimIssued>().ok();
    let issue = issueClaimCall { account: w.account(ALICE) };
    w.prank(STRANGER).escrow(issue.clone()).expect_revert_of::<StaleValuation>();
    w.post_only(w.cash);
    w.prank(STRANGER).escrow(issue.clone()).expect_revert_of::<StaleValuation>();
    w.post_only(w.usdc);
    let issued = w.prank(STRANGER).escrow(issue).ok().event::<ClaimIssued>();
    assert_eq!(issued.amount, usd(1_500));
}

#[test]
fn one_dead_feed_blocks_nobody_else() {
    let w = unpriced(BOUND + 1);
    w.post_only(w.usdc);
    let draft = w.draft_mark(&[(ALICE, usd(250_000)), (BOB, usd(250_000))]);
    let draft = draft.variation(ALICE, -1_000_000_000).variation(BOB, 1_000_000_000);
    let done = mark(&w, draft).ok();
    let issued = done.event::<ClaimIssued>();
    assert_eq!((issued.account, issued.amount), (w.account(BOB), usd(250_000 - 198_990)));
    let paid: Vec<i64> = done.events::<MarginStated>().iter().map(|stated| stated.paid).collect();
    assert_eq!(paid, [-1_000_000_000, 1_000_000_000]);
    w.audit();
}

#[test]
fn variation_owed_is_claimed_at_any_price() {
    let w = unpriced(BOUND + 1);
    let debit = -203_000_000_000;
    let issued = mark(&w, w.draft_mark(&[(ALICE, usd(99_000))]).variation(ALICE, debit)).ok().event::<ClaimIssued>();
    assert_eq!((issued.cause, issued.amount, issued.owed), (cause::VARIATION, usd(3_000), usd(3_000)));
    w.audit();
}

#[test]
fn variation_owed_is_claimed_beside_the_margin_that_was_asked_for() {
    let w = unpriced(0);
    w.make_short(ALICE, usd(298_000));
    w.warp(BOUND + 1);
    let debit = -203_000_000_000;
    let issued = mark(&w, w.draft_mark(&[(ALICE, usd(99_000))]).variation(ALICE, debit)).ok().event::<ClaimIssued>();
    assert_eq!((issued.tranche, issued.amount, issued.owed), (2, usd(3_000), usd(3_000)));
    assert_eq!(w.claim(ALICE).first.amount, usd(2_000));
    w.audit();
}

#[test]
fn a_mark_satisfies_no_claim_on_values_past_the_bound() {
    for (seconds, open) in [(BOUND, false), (BOUND + 1, true)] {
        let w = unpriced(0);
        w.make_short(ALICE, usd(300_000));
        w.warp(seconds);
        mark(&w, w.draft_mark(&[(ALICE, usd(250_000))])).ok();
        assert_eq!(w.claim(ALICE).open, open, "{seconds} seconds");
        w.audit();
    }
}

#[test]
fn a_mark_satisfies_a_claim_that_the_rest_alone_covers() {
    let w = unpriced(0);
    w.make_short(ALICE, usd(300_000));
    w.warp(BOUND + 1);
    w.post_only(w.usdc);
    mark(&w, w.draft_mark(&[(ALICE, usd(198_100))])).expect_no_emit::<ClaimSatisfied>().ok();
    let satisfied = ClaimSatisfied { account: w.account(ALICE), number: 1, late: true };
    mark(&w, w.draft_mark(&[(ALICE, usd(198_000))])).expect_emit(satisfied).ok();
    w.audit();
}

#[test]
fn a_pledge_satisfies_no_claim_on_values_past_the_bound() {
    for (seconds, open) in [(BOUND, false), (BOUND + 1, true)] {
        let w = unpriced(0);
        w.make_short(ALICE, usd(300_000));
        w.warp(seconds);
        let done = pledge_usdc(&w, 10_000).ok();
        assert_eq!(w.claim(ALICE).open, open, "{seconds} seconds");
        let interest = if open { 0 } else { done.event::<LateInterestCharged>().amount };
        assert_eq!(w.balance(ALICE, w.usdc).lots, usd(210_000) - interest, "it comes in all the same");
        w.audit();
    }
}

#[test]
fn after_a_pledge_the_next_price_satisfies_the_claim_by_anyones_hand() {
    let w = unpriced(0);
    w.make_short(ALICE, usd(300_000));
    w.warp(BOUND + 1);
    pledge_usdc(&w, 10_000).ok();
    w.pass(0);
    let account = w.account(ALICE);
    let satisfied = ClaimSatisfied { account, number: 1, late: true };
    w.prank(STRANGER).escrow(issueClaimCall { account }).expect_emit(satisfied).ok();
    w.audit();
}

#[test]
fn a_pledge_satisfies_a_claim_that_priced_collateral_alone_covers() {
    let w = unpriced(0);
    w.make_short(ALICE, usd(300_000));
    w.warp(BOUND + 1);
    w.post_only(w.usdc);
    pledge_usdc(&w, 103_000).expect_no_emit::<ClaimSatisfied>().ok();
    assert!(w.state(ALICE).posted >= usd(300_000), "with the old price of the cash it would be covered");
    pledge_usdc(&w, 40).expect_emit(ClaimSatisfied { account: w.account(ALICE), number: 1, late: false }).ok();
    w.audit();
}
