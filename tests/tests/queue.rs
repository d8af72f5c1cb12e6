//! A claim is a queue of demands: every increase has its own full cure, what is delivered counts to the oldest first, and
//! enforcement takes what is there before it defaults anybody.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{ENFORCE_WAIT_SECONDS, cause, lifecycle};
use abi::registry::EligibilityRegistry::{setGuardianCall, suspendCall, windDownCall};
use plumbline_tests::*;

const USD: i64 = 1_000_000;

fn enforce(w: &World, desk: Actor) -> Outcome<enforceCall> {
    w.prank(STRANGER).escrow(enforceCall { account: w.account(desk) })
}

fn issue(w: &World, desk: Actor) -> Outcome<issueClaimCall> {
    w.prank(STRANGER).escrow(issueClaimCall { account: w.account(desk) })
}

fn mark(w: &World, desk: Actor, requirement: u64) {
    let set = w.draft_mark(&[(desk, requirement)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

/// After a haircut of 1 %.
fn worth(w: &World, dollars: u64) -> alloy::primitives::U256 {
    w.usdc.units((usd(dollars) * 100).div_ceil(99))
}

#[test]
fn an_increase_after_a_part_was_delivered_has_its_own_cure() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    let first = w.claim(ALICE).first;
    assert_eq!((first.amount, first.deadline), (usd(52_000), START + 3_600));
    w.post_margin(ALICE, w.usdc, worth(&w, 40_000));
    assert_eq!(w.claim(ALICE).first.amount, usd(12_000));
    w.pass(3_590);
    mark(&w, ALICE, usd(262_000));
    let second = w.claim(ALICE).second;
    assert_eq!((second.amount, second.deadline), (usd(12_000), w.now() + 3_600));
    w.post_margin(ALICE, w.usdc, worth(&w, 12_000));
    let first = w.claim(ALICE).first;
    assert_eq!(first.deadline, second.deadline, "the oldest is met, the increase takes its place");
    assert!(first.amount.abs_diff(second.amount) <= 2);
    w.pass(11);
    mark(&w, ALICE, usd(262_000));
    enforce(&w, ALICE).expect_revert_of::<ClaimNotOverdue>();
    w.post_margin(ALICE, w.usdc, worth(&w, 12_000));
    assert!(!w.claim(ALICE).open);
    w.audit();
}

#[test]
fn what_no_demand_asks_for_is_not_overdue_and_is_asked_for_once_there_is_room() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(600);
    mark(&w, ALICE, usd(270_000));
    w.pass(600);
    mark(&w, ALICE, usd(290_000));
    assert_eq!((w.claim(ALICE).first.amount, w.claim(ALICE).second.amount), (usd(52_000), usd(20_000)));
    w.post_margin(ALICE, w.usdc, worth(&w, 52_000));
    issue(&w, ALICE).ok();
    let claim = w.claim(ALICE);
    assert_eq!((claim.first.amount, claim.second.amount), (usd(20_000), usd(20_000)));
    assert_eq!(claim.second.deadline, w.now() + 3_600, "a full cure from when it was asked for");
    w.pass(3_001);
    mark(&w, ALICE, usd(290_000));
    enforce(&w, ALICE).ok();
    let record = w.view(w.escrow, defaultOfCall { account: w.account(ALICE) });
    assert_eq!(record.required, usd(290_000));
    w.audit();
}

#[test]
fn a_recovery_of_prices_shrinks_no_demand_but_ends_all_of_them_when_the_account_is_whole() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(10);
    mark(&w, ALICE, usd(210_000));
    assert_eq!(w.claim(ALICE).first.amount, usd(52_000));
    w.pass(10);
    let account = w.account(ALICE);
    let set = w.draft_mark(&[(ALICE, usd(198_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_emit(ClaimSatisfied { account, number: 1, late: false }).ok();
    w.audit();
}

/// Prices recover, and before anybody says so a statement asks for more: that is a new claim, with its full cure.
#[test]
fn an_account_that_is_whole_again_has_a_new_cure_for_what_a_statement_makes_missing() {
    let w = World::open();
    mark(&w, ALICE, usd(197_000));
    w.warp(10);
    w.post(&[(w.usdc.feed, price(9_900))]);
    issue(&w, ALICE).ok();
    w.pass(3_601);
    w.warp(10);
    w.post(&[(w.usdc.feed, price(10_000))]);
    assert!(w.state(ALICE).posted >= usd(197_000), "whole again");
    let account = w.account(ALICE);
    let set = w.draft_mark(&[(ALICE, usd(210_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_emit(ClaimSatisfied { account, number: 1, late: true }).ok();
    let claim = w.claim(ALICE);
    assert_eq!((claim.number, claim.first.deadline), (2, w.now() + 3_600));
    assert_eq!(claim.first.amount, usd(210_000) - w.state(ALICE).posted);
    assert_eq!((claim.owed, claim.second.amount), (0, 0));
    enforce(&w, ALICE).expect_revert_of::<ClaimNotOverdue>();
    w.audit();
}

/// The same of variation that the account cannot pay.
#[test]
fn a_new_debt_of_an_account_that_is_whole_again_has_its_own_cure() {
    let w = World::open();
    mark(&w, ALICE, usd(197_000));
    w.warp(10);
    w.post(&[(w.usdc.feed, price(9_900))]);
    issue(&w, ALICE).ok();
    w.pass(3_601);
    w.warp(10);
    w.post(&[(w.usdc.feed, price(10_000))]);
    let set = w.draft_mark(&[(ALICE, usd(50_000))]).variation(ALICE, -500_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let claim = w.claim(ALICE);
    assert_eq!((claim.number, claim.first.deadline), (2, w.now() + 3_600));
    let missing = claim.owed + usd(50_000) - w.state(ALICE).posted;
    assert_eq!((claim.first.amount, claim.first.cause), (missing, cause::VARIATION));
    assert!(claim.owed > 0);
    enforce(&w, ALICE).expect_revert_of::<ClaimNotOverdue>();
    w.audit();
}

/// Less is missing than the oldest demand asks: only that is overdue.
#[test]
fn no_more_is_overdue_than_is_missing() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_601);
    mark(&w, ALICE, usd(198_050));
    // 50 USD, below the minimum transfer amount of 100: nobody would ask for it, and nobody enforces it.
    assert!(!w.claim(ALICE).open, "a mark ends the claim");
    w.make_short(BOB, usd(250_000));
    w.post_margin(BOB, w.usdc, worth(&w, 51_950));
    w.pass(3_601);
    mark(&w, BOB, usd(250_000));
    assert!(!w.claim(BOB).open);
    w.audit();
}

/// The same state, asked twice: a claim that is not issued is not enforced either.
#[test]
fn issue_and_enforce_agree() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.post_margin(ALICE, w.usdc, worth(&w, 51_901));
    w.pass(3_601);
    assert!(w.claim(ALICE).open);
    let set = w.draft_mark(&[(BOB, 0)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    // 99 USD are missing.
    let before = w.snapshot();
    issue(&w, ALICE).expect_emit(ClaimSatisfied { account: w.account(ALICE), number: 1, late: true }).ok();
    w.revert(before);
    w.pass(ENFORCE_WAIT_SECONDS);
    enforce(&w, ALICE).expect_emit(ClaimSatisfied { account: w.account(ALICE), number: 1, late: true }).ok();
    assert!(!w.state(ALICE).inDefault);
}

#[test]
fn variation_received_counts_as_delivered() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(10);
    let set = w.draft_mark(&[(ALICE, usd(250_000))]).variation(ALICE, 20_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    assert_eq!(w.claim(ALICE).first.amount, usd(52_000) - usd(20_000) * 99 / 100);
    w.audit();
}

#[test]
fn a_fill_that_lowers_what_is_required_counts_as_delivered() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(10);
    let bundle = w.draft(&[(ALICE, usd(220_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.claim(ALICE).first.amount, usd(22_000));
    w.audit();
}

/// Past a deadline an account takes no new risk, but nothing that cures it is refused.
#[test]
fn an_overdue_account_may_lower_its_risk() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_601);
    let settle = |requirement| {
        let bundle = w.draft(&[(ALICE, usd(requirement)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
        w.prank(RELAYER).settle(&bundle)
    };
    settle(250_000).expect_revert_of::<ClaimOverdue>();
    settle(260_000).expect_revert_of::<MarginShort>();
    settle(240_000).ok();
    settle(100_000).ok();
    w.audit();
}

/// What it owes is not paid by closing what it holds margin for.
#[test]
fn an_overdue_account_that_only_closes_its_positions_cures_nothing() {
    let w = World::open();
    w.post_margin(ALICE, w.usdc, w.usdc.units(usd(500_000)));
    let set = w.draft_mark(&[(ALICE, usd(1_000))]).variation(ALICE, -600_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let deadline = w.claim(ALICE).first.deadline;
    w.pass(deadline - w.now() + 1);
    let bundle = w.draft(&[(ALICE, 0), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(ClaimOverdue { account: w.account(ALICE), deadline });
    w.audit();
}

#[test]
fn a_claim_says_that_variation_took_the_margin() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, usd(190_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.pass(10);
    let set = w.draft_mark(&[(ALICE, usd(190_000))]).variation(ALICE, -30_000 * USD).sign_mark();
    let issued = w.prank(RELAYER).mark(&set).ok().event::<ClaimIssued>();
    assert_eq!((issued.cause, issued.owed), (cause::VARIATION, 0));
    w.audit();
}

/// An agent that is silent, or states old times only, delays enforcement by an hour; then the last statement counts.
#[test]
fn silent_agents_delay_enforcement_by_an_hour() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_600 + ENFORCE_WAIT_SECONDS);
    enforce(&w, ALICE).expect_revert_of::<StatementTooOld>();
    w.warp(1);
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn times_that_are_always_old_delay_it_no_longer() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_600 + ENFORCE_WAIT_SECONDS + 1);
    let old = w
        .draft_mark(&[(ALICE, usd(250_000))])
        .with(|draft| (draft.set.asOf, draft.set.slot) = (draft.set.asOf - 61, draft.set.slot - 7));
    w.prank(RELAYER).mark(&old.sign_mark()).ok();
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
}

/// What the house owes the account, and what the account holds of what it owes, is taken first.
#[test]
fn enforcement_takes_what_the_house_owes_the_account() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, usd(210_000))]).variation(BOB, 30_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    assert_eq!((w.claim(BOB).first.amount, w.state(BOB).houseOwes), (usd(12_000), usd(30_000)));
    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    w.pass(3_601);
    mark(&w, BOB, usd(210_000));
    let account = w.account(BOB);
    // It was the house that was late.
    let done = enforce(&w, BOB).expect_emit(ClaimSatisfied { account, number: 1, late: false });
    done.expect_no_emit::<LateInterestCharged>().ok();
    assert!(!w.state(BOB).inDefault && w.state(BOB).houseOwes == 0);
    w.audit();
}

/// A token without a price counts at the most it can be worth, but only what was there before the demand.
#[test]
fn a_token_without_a_price_that_came_late_shields_nothing() {
    let short = |early: bool| {
        let w = World::open();
        if early {
            w.post_margin(ALICE, w.usde, w.usde.whole(52_000));
        }
        w.warp(3_700);
        w.post_only(w.usdc);
        w.make_short(ALICE, usd(250_000));
        if !early {
            w.post_margin(ALICE, w.usde, w.usde.whole(52_000));
        }
        w.warp(3_700);
        w.post_only(w.usdc);
        mark(&w, ALICE, usd(250_000));
        w
    };
    let w = short(false);
    assert_eq!(w.balance(ALICE, w.usde).lateLots, usd(52_000));
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(52_000));
    w.make_short(ALICE, usd(260_000));
    w.warp(3_700);
    w.post_only(w.usdc);
    mark(&w, ALICE, usd(250_000));
    enforce(&w, ALICE).expect_revert_of::<StaleValuation>();
}

/// What pays a debt comes from what was brought for it: the rest alone came late.
#[test]
fn what_paid_a_debt_is_not_late() {
    let w = World::open();
    w.make_owing(ALICE, usd(10));
    w.warp(3_700);
    w.post_only(w.usde);
    w.post_margin(ALICE, w.usdc, w.usdc.whole(30));
    let balance = w.balance(ALICE, w.usdc);
    // All that is left of it came late, and no more: but for the interest, 20 of 30.
    assert_eq!((w.claim(ALICE).owed, balance.lateLots), (0, balance.lots));
    assert!((usd(20) - 10..=usd(20)).contains(&balance.lots), "{}", balance.lots);
    w.audit();
}

/// Late lots are counted in whole tokens: who may pledge for another brings no part of one, and so takes no shield away.
#[test]
fn others_pledge_no_part_of_a_token_without_a_price_while_a_claim_is_open() {
    let w = World::open();
    w.prank(ALICE).allow_pledges(ALICE, true).ok();
    w.deal(w.usde, STRANGER, w.usde.whole(20));
    let pledge = |who: Actor, lots: u64| w.prank(who).pledge(ALICE, w.usde, w.usde.units(lots));
    pledge(STRANGER, 1).ok();
    w.warp(3_700);
    w.post_only(w.usdc);
    pledge(STRANGER, 1).ok();
    w.make_short(ALICE, usd(250_000));
    for lots in [1, 999_999, 1_000_001] {
        pledge(STRANGER, lots).expect_revert_of::<StaleValuation>();
    }
    pledge(STRANGER, 2_000_000).ok();
    assert_eq!(w.balance(ALICE, w.usde).lateLots, 2_000_000);
    w.deal(w.usde, ALICE, w.usde.whole(1));
    pledge(ALICE, 1).ok();
    w.audit();
    w.warp(10);
    w.post(&[]);
    pledge(STRANGER, 1).ok();
    assert_eq!(w.balance(ALICE, w.usde).lateLots, 0);
    w.audit();
}

#[test]
fn a_price_that_comes_back_counts_for_what_came_late() {
    let w = World::open();
    w.warp(3_700);
    w.post_only(w.usdc);
    w.make_short(ALICE, usd(250_000));
    w.post_margin(ALICE, w.usde, w.usde.whole(60_000));
    assert!(w.claim(ALICE).open);
    w.warp(10);
    w.post(&[]);
    issue(&w, ALICE).expect_emit(ClaimSatisfied { account: w.account(ALICE), number: 1, late: false }).ok();
    w.audit();
}

/// What cures is never refused: not while the token is suspended, not while it is wound down.
#[test]
fn a_suspended_settlement_token_still_pays_what_is_owed() {
    for wound_down in [false, true] {
        let w = World::open();
        w.prank(GOVERNOR).registry(setGuardianCall { guardian: GUARDIAN.address() }).ok();
        w.make_owing(ALICE, usd(10));
        let index = w.usdc.index;
        if wound_down {
            w.prank(GUARDIAN).registry(windDownCall { index }).ok();
        } else {
            w.prank(GUARDIAN).registry(suspendCall { index }).ok();
        }
        w.deal(w.usdc, ALICE, w.usdc.whole(10));
        w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(10)).ok();
        assert_eq!((w.state(ALICE).owed, w.claim(ALICE).open), (0, false));
        w.deal(w.usdc, BOB, w.usdc.whole(10));
        w.prank(BOB).pledge(BOB, w.usdc, w.usdc.whole(10)).expect_revert_of::<AssetSuspended>();
        w.audit();
    }
}

/// A lifecycle event applies as a mark does.
#[test]
fn an_expiry_that_an_account_cannot_carry_becomes_a_claim() {
    let w = World::open();
    let draft = w.draft(&[(ALICE, usd(250_000))]).variation(ALICE, -10_000 * USD).lifecycle(lifecycle::EXPIRY);
    let issued = w.prank(RELAYER).settle(&draft.sign()).ok().event::<ClaimIssued>();
    assert_eq!(issued.amount, usd(250_000) - usd(190_000) * 99 / 100);
    let moved = w.draft(&[(ALICE, usd(1))]).lifecycle(lifecycle::EXPIRY);
    let moved = moved.top_up(ALICE, w.usdc.index, 1).sign();
    w.prank(RELAYER).settle(&moved).expect_revert(NoTopUps {});
    w.audit();
}

/// A claim for what is owed is given up only for a new one, with a full cure.
#[test]
fn the_secured_party_gives_more_time_for_what_is_owed() {
    let w = World::open();
    w.make_owing(ALICE, usd(10));
    let account = w.account(ALICE);
    w.pass(3_000);
    let done =
        w.prank(HOUSE).escrow(cancelClaimCall { account }).expect_emit(ClaimCancelled { account, number: 1 }).ok();
    let issued = done.event::<ClaimIssued>();
    assert_eq!((issued.number, issued.amount, issued.deadline), (2, usd(10), w.now() + 3_600));
    w.audit();
}

/// What the house paid met the oldest demand; the next has its own deadline, and is not overdue with it.
#[test]
fn what_enforcement_takes_may_leave_a_demand_that_is_not_due_yet() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, usd(250_000))]).variation(BOB, 60_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.pass(1_800);
    mark(&w, BOB, usd(280_000));
    assert_eq!((w.claim(BOB).first.amount, w.claim(BOB).second.amount), (usd(52_000), usd(30_000)));
    w.prank(HOUSE).fund_house(w.usdc.whole(60_000)).ok();
    w.pass(1_801);
    mark(&w, BOB, usd(280_000));
    enforce(&w, BOB).ok();
    assert!(!w.state(BOB).inDefault, "22,600 USD are missing, and asked for in half an hour");
    assert!(w.claim(BOB).first.deadline > w.now());
    enforce(&w, BOB).expect_revert_of::<ClaimNotOverdue>();
    w.audit();
}

/// A claim that stays open without a demand has no deadline that could have passed.
#[test]
fn a_claim_without_a_demand_is_not_overdue() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    // 60 USD are left missing, less than the minimum.
    w.post_margin(ALICE, w.usdc, worth(&w, 52_000));
    w.pass(10);
    let bundle = w.draft(&[(ALICE, w.state(ALICE).requirement), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.audit();
}
