//! Recall: notice, then the token counts for nothing and an ordinary claim follows.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{RECALL_SECONDS, cause};
use alloy::primitives::B256;
use plumbline_tests::*;

fn recall(w: &World, from: Actor, token: Token, at: u64) -> Outcome<recallCall> {
    w.prank(from).escrow(recallCall { account: w.account(ALICE), token: token.address, at })
}

/// Alice has 200,000 USDC and 100,000 USDe against 250,000 USD.
fn traded() -> Fork {
    let w = World::open();
    w.deal(w.usde, ALICE, w.usde.whole(100_000));
    w.prank(ALICE).pledge(ALICE, w.usde, w.usde.whole(100_000)).ok();
    let bundle = w.draft(&[(ALICE, usd(250_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w
}

#[test]
fn a_recalled_token_counts_until_its_time_and_not_after() {
    let w = traded();
    let (account, at, token) = (w.account(ALICE), w.now() + RECALL_SECONDS, w.usde.address);
    recall(&w, HOUSE, w.usde, at).expect_emit(Recalled { account, token, at }).ok();
    w.pass(RECALL_SECONDS - 1);
    assert_eq!(w.state(ALICE).posted, usd(198_000) + usd(95_000));
    w.prank(STRANGER).escrow(issueClaimCall { account }).expect_no_emit::<ClaimIssued>().ok();
    w.pass(1);
    assert_eq!(w.state(ALICE).posted, usd(198_000));
    let issued = w.prank(STRANGER).escrow(issueClaimCall { account }).ok().event::<ClaimIssued>();
    assert_eq!((issued.cause, issued.amount), (cause::RECALL, usd(52_000)));
    w.audit();
}

/// Recalled: 100,000 USDe, credited with 95,000 USD. Left: 198,000 USD.
#[test]
fn a_recall_is_the_cause_only_where_it_took_what_is_missing() {
    for (requirement, expected) in
        [(240_000, cause::RECALL), (250_000, cause::RECALL), (293_000, cause::RECALL), (294_000, cause::INITIAL)]
    {
        let w = traded();
        recall(&w, HOUSE, w.usde, w.now() + RECALL_SECONDS).ok();
        w.pass(RECALL_SECONDS);
        let set = w.draft_mark(&[(ALICE, usd(requirement))]).sign_mark();
        let issued = w.prank(RELAYER).mark(&set).ok().event::<ClaimIssued>();
        assert_eq!((issued.cause, issued.amount), (expected, usd(requirement - 198_000)), "at {requirement}");
        w.audit();
    }
}

#[test]
fn before_its_time_a_recall_is_the_cause_of_nothing() {
    let w = traded();
    recall(&w, HOUSE, w.usde, w.now() + RECALL_SECONDS).ok();
    let set = w.draft_mark(&[(ALICE, usd(294_000))]).sign_mark();
    assert_eq!(w.prank(RELAYER).mark(&set).ok().event::<ClaimIssued>().cause, cause::INITIAL);
}

/// The price of the USDC falls beside the recall: even with the USDe margin would be missing.
#[test]
fn where_the_price_alone_calls_the_recall_is_not_the_cause() {
    let w = traded();
    recall(&w, HOUSE, w.usde, w.now() + RECALL_SECONDS).ok();
    w.pass(RECALL_SECONDS);
    w.warp(10);
    w.post(&[(w.usdc.feed, price(7_000))]);
    let issued = w.prank(STRANGER).escrow(issueClaimCall { account: w.account(ALICE) }).ok().event::<ClaimIssued>();
    assert_eq!(issued.cause, cause::HAIRCUT);
}

#[test]
fn the_pledgor_answers_a_recall_with_a_substitution() {
    let w = traded();
    recall(&w, HOUSE, w.usde, w.now() + RECALL_SECONDS).ok();
    w.pass(RECALL_SECONDS);
    w.prank(STRANGER).escrow(issueClaimCall { account: w.account(ALICE) }).ok();
    let exchange = w.substitution(ALICE, (w.usdc, w.usdc.whole(60_000)), (w.usde, w.usde.whole(100_000)), 1);
    let account = w.account(ALICE);
    w.prank(ALICE).execute_own(exchange).expect_emit(ClaimSatisfied { account, number: 1, late: false }).ok();
    assert_eq!(w.balance(ALICE, w.usde).lots, 0);
    w.audit();
}

#[test]
fn a_recall_can_be_withdrawn() {
    let w = traded();
    recall(&w, HOUSE, w.usde, w.now() + RECALL_SECONDS).ok();
    recall(&w, HOUSE, w.usde, 0).ok();
    w.pass(RECALL_SECONDS);
    assert_eq!(w.balance(ALICE, w.usde).recallAt, 0);
    assert_eq!(w.state(ALICE).posted, usd(198_000) + usd(95_000));
}

#[test]
fn only_the_secured_party_recalls() {
    let w = traded();
    for caller in [ALICE, AGENT, STRANGER, RIVAL_HOUSE] {
        let refused = NotSecuredParty { house: w.house(), caller: caller.address() };
        recall(&w, caller, w.usde, w.now() + RECALL_SECONDS).expect_revert(refused);
    }
}

#[test]
fn a_recall_gives_a_days_notice() {
    let w = traded();
    let earliest = w.now() + RECALL_SECONDS;
    recall(&w, HOUSE, w.usde, earliest - 1).expect_revert(NoticeTooShort { at: earliest - 1, earliest });
    recall(&w, HOUSE, w.usde, earliest).ok();
}

#[test]
fn the_settlement_token_is_not_recalled() {
    let w = traded();
    let field = B256::right_padding_from(b"token");
    recall(&w, HOUSE, w.usdc, w.now() + RECALL_SECONDS).expect_revert(InvalidTerms { field });
}
