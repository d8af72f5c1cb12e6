//! Disputes of a requirement: the pledgor's stake, what is held back, and who decides: the kernel, the second agent, or the end of
//! the ruling.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, BINDING_SECONDS, DISPUTE_SLOTS, RULING_SECONDS, ruling, subject};
use abi::oracle::KEPT_SLOTS;
use abi::packed::Examination;
use abi::types::DisputeRuling;
use alloy::primitives::{B256, U256};
use alloy::sol_types::SolCall;
use plumbline_tests::disputes::{Stated, number};
use plumbline_tests::*;

const TOO_MUCH: u64 = 5_000_000_000;
/// 1,000 tokens: more than a thousandth of what is named here.
const STAKE: u64 = 1_000_000_000;
const REQUIREMENT: u8 = subject::REQUIREMENT;

fn stakes(w: &World) -> (U256, U256) {
    (w.inventory(ALICE, w.usdc), w.inventory(AGENT, w.usdc))
}

fn enforce(w: &World, desk: Actor) -> Outcome<enforceCall> {
    w.prank(STRANGER).escrow(enforceCall { account: w.account(desk) })
}

fn mark(w: &World, desk: Actor, requirement: u64) {
    let set = w.draft_mark(&[(desk, requirement)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

/// Alice's requirement is stated 5,000 USD too high, and she says so; the agent has an inventory for its stake.
fn disputed() -> (Fork, Stated) {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(10_500));
    let stated = w.make_disputable(ALICE, TOO_MUCH, true);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok();
    (w, stated)
}

#[test]
fn a_dispute_takes_stakes_and_keeps_what_is_on_the_books() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(300));
    let stated = w.make_disputable(ALICE, TOO_MUCH, true);
    let (before, state, account) = (stakes(&w), w.state(ALICE), w.account(ALICE));
    let (until, house) = (w.now() + RULING_SECONDS, w.house_state().balance);
    w.prank(ALICE)
        .dispute(ALICE, REQUIREMENT, TOO_MUCH)
        .expect_emit(DisputeOpened {
            account,
            dispute: 1,
            subject: REQUIREMENT,
            amount: TOO_MUCH,
            history: state.history,
            slot: stated.slot,
            requirement: state.requirement,
            cumulativeVariation: state.cumulativeVariation,
            until,
            stake: STAKE,
            agentStake: usd(300),
            houseStake: usd(700),
            owedStake: 0,
        })
        .ok();
    assert_eq!(stakes(&w), (before.0 - w.usdc.units(STAKE), U256::ZERO));
    assert_eq!(w.house_state().balance, house - usd(700), "an empty inventory is no excuse");
    let dispute = w.dispute(ALICE);
    assert_eq!((dispute.open, dispute.dispute, dispute.amount, dispute.until), (true, 1, TOO_MUCH, until));
    assert_eq!((dispute.history, dispute.slot), (state.history, stated.slot));
    w.audit();
}

#[test]
fn stakes_are_a_thousandth_of_what_is_named() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    w.make_short(ALICE, usd(900_000_000));
    w.stock(ALICE, w.usdc, w.usdc.whole(1_000_000));
    let opened = w.prank(ALICE).dispute(ALICE, REQUIREMENT, usd(800_000_000)).ok().event::<DisputeOpened>();
    assert_eq!((opened.stake, opened.agentStake), (usd(800_000), usd(1_500)));
    assert_eq!(opened.agentStake + opened.houseStake + opened.owedStake, usd(800_000));
    w.audit();
}

#[test]
fn what_the_house_lacks_of_the_agents_stake_it_owes_to_the_winner() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, TOO_MUCH, true);
    w.drain_house();
    let opened = w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok().event::<DisputeOpened>();
    assert_eq!((opened.agentStake, opened.houseStake, opened.owedStake), (0, 0, STAKE));
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<HouseClaimIssued>().amount, STAKE);
    assert_eq!(w.state(ALICE).houseOwes, STAKE);
    w.audit();
}

#[test]
fn the_agents_stake_doubles_with_each_ruling_against_it_within_a_day() {
    let (w, stated) = disputed();
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    for (times, expected) in [(1, 2), (2, 4)] {
        mark(&w, ALICE, stated.requirement + TOO_MUCH);
        let opened = w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok().event::<DisputeOpened>();
        assert_eq!((opened.stake, opened.agentStake), (STAKE, expected * STAKE), "after {times} rulings");
        w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    }
    w.pass(BINDING_SECONDS + 1);
    let next = Stated::of(stated.book.clone(), w.slot(), 0);
    mark(&w, ALICE, next.requirement + TOO_MUCH);
    let opened = w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok().event::<DisputeOpened>();
    assert_eq!(opened.agentStake + opened.houseStake, STAKE, "a day later");
    w.audit();
}

#[test]
fn the_kernel_upholds_a_dispute_and_corrects_the_requirement() {
    let (w, stated) = disputed();
    let (account, before) = (w.account(ALICE), stakes(&w));
    w.prank(ALICE)
        .reveal_portfolio(ALICE, &stated.reveal())
        .expect_emit(DisputeRuled {
            account,
            dispute: 1,
            ruling: ruling::UPHELD,
            found: number(stated.requirement),
            winner: ALICE.address(),
            stakes: 2 * STAKE,
        })
        .expect_emit(RequirementCorrected { account, requirement: stated.requirement })
        .expect_emit(ClaimSatisfied { account, number: 1, late: false })
        .ok();
    assert_eq!(w.state(ALICE).requirement, stated.requirement);
    assert!(!w.claim(ALICE).open && !w.dispute(ALICE).open);
    assert_eq!(stakes(&w), (before.0 + w.usdc.units(2 * STAKE), before.1));
    w.audit();
}

#[test]
fn what_is_found_replaces_what_was_stated_upwards_too() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, 0, true);
    mark(&w, ALICE, stated.requirement - usd(3_000));
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, usd(50)).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert_eq!(done.event::<RequirementCorrected>().requirement, stated.requirement);
    w.audit();
}

#[test]
fn the_kernel_rejects_a_dispute_of_a_right_requirement() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, 0, true);
    w.pass(10);
    // The margin falls short of it by a rise of the haircut alone.
    w.stress(w.usdc, 97_000_000);
    w.pass(10);
    let account = w.account(ALICE);
    w.prank(STRANGER).escrow(issueClaimCall { account }).ok();
    assert!(w.claim(ALICE).open, "no claim");
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, usd(50)).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_no_emit::<RequirementCorrected>().ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner, ruled.stakes), (ruling::REJECTED, AGENT.address(), STAKE));
    assert!(w.claim(ALICE).open);
    assert_eq!(stakes(&w).1, w.usdc.units(STAKE));
    w.audit();
}

#[test]
fn who_held_back_in_vain_pays_interest_on_it() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, 0, true);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, usd(10_000)).ok();
    w.pass(3_600);
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    // 8 % a year on 10,000 USD for an hour.
    let expected = (u128::from(usd(10_000)) * 80_000 * 3_600).div_ceil(1_000_000 * 365 * 86_400) as u64;
    assert_eq!(done.event::<LateInterestCharged>().amount, expected);
    assert_eq!(done.event::<OwedPaid>().amount, expected);
    w.audit();
}

#[test]
fn who_names_more_than_was_wrong_loses_and_is_still_corrected() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let stated = w.make_disputable(ALICE, usd(2_000), true);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert_eq!(done.event::<RequirementCorrected>().requirement, stated.requirement);
    w.audit();
}

#[test]
fn only_the_named_amount_is_held_back() {
    let (w, stated) = disputed();
    let (account, until) = (w.account(ALICE), w.dispute(ALICE).until);
    w.pass(1_800);
    mark(&w, ALICE, stated.requirement + TOO_MUCH + usd(400));
    w.pass(1_801);
    mark(&w, ALICE, stated.requirement + TOO_MUCH + usd(400));
    enforce(&w, ALICE).expect_revert(DisputeHolds { account, amount: TOO_MUCH, until });
    // The increase has a deadline of its own, and nobody disputes it.
    w.pass(1_800);
    mark(&w, ALICE, stated.requirement + TOO_MUCH + usd(400));
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn a_dispute_holds_until_it_is_ruled_and_anybody_ends_it() {
    let (w, stated) = disputed();
    w.pass(RULING_SECONDS + 1);
    mark(&w, ALICE, stated.requirement + TOO_MUCH);
    enforce(&w, ALICE).expect_revert_of::<DisputeHolds>();
    let done = w.prank(STRANGER).close_dispute(ALICE).ok();
    assert_eq!(done.event::<DisputeRuled>().winner, AGENT.address());
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

/// The hold is the account's: whatever number the claim has, whatever is given up, issued or stated again.
#[test]
fn a_disputed_claim_cannot_be_given_up() {
    let (w, stated) = disputed();
    let account = w.account(ALICE);
    w.prank(HOUSE).escrow(cancelClaimCall { account }).expect_revert(DisputeOpen { account, dispute: 1 });
    w.prank(STRANGER).escrow(issueClaimCall { account }).ok();
    w.pass(3_601);
    mark(&w, ALICE, stated.requirement + TOO_MUCH);
    enforce(&w, ALICE).expect_revert_of::<DisputeHolds>();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert!(!w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn one_lot_more_voids_no_hold() {
    let (w, stated) = disputed();
    w.pass(10);
    let set = w.draft_mark(&[(ALICE, stated.requirement + TOO_MUCH + 1)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.pass(3_601);
    mark(&w, ALICE, stated.requirement + TOO_MUCH + 1);
    enforce(&w, ALICE).expect_revert_of::<DisputeHolds>();
    w.audit();
}

/// No default rests for a day on what was found wrong, whatever is stated again; and a new dispute may be opened at once.
#[test]
fn an_upheld_ruling_binds() {
    let (w, stated) = disputed();
    w.pass(10);
    mark(&w, ALICE, stated.requirement + TOO_MUCH);
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    let binds = w.now() + BINDING_SECONDS;
    assert_eq!((w.dispute(ALICE).shield, w.dispute(ALICE).shieldUntil), (TOO_MUCH, binds));
    w.pass(10);
    mark(&w, ALICE, stated.requirement + TOO_MUCH);
    w.pass(3_601);
    mark(&w, ALICE, stated.requirement + TOO_MUCH);
    enforce(&w, ALICE).expect_revert(DisputeHolds { account: w.account(ALICE), amount: TOO_MUCH, until: binds });
    let again = Stated::of(stated.book.clone(), w.state(ALICE).slot, 0);
    w.commit(&again);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok();
    w.prank(ALICE)
        .reveal_portfolio(ALICE, &again.reveal())
        .expect_emit(RequirementCorrected { account: w.account(ALICE), requirement: again.requirement })
        .ok();
    assert!(!w.claim(ALICE).open);
    w.audit();
}

#[test]
fn an_upheld_ruling_binds_for_a_day_and_no_longer() {
    let (w, stated) = disputed();
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    w.pass(10);
    let next = Stated::of(stated.book.clone(), w.slot(), 0);
    mark(&w, ALICE, next.requirement + TOO_MUCH);
    w.pass(BINDING_SECONDS + 1);
    mark(&w, ALICE, next.requirement + TOO_MUCH);
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn who_was_right_is_not_late_and_pays_no_interest() {
    let (w, stated) = disputed();
    w.pass(3_600 + 3_600);
    let lots = w.balance(ALICE, w.usdc).lots;
    let account = w.account(ALICE);
    w.prank(ALICE)
        .reveal_portfolio(ALICE, &stated.reveal())
        .expect_emit(ClaimSatisfied { account, number: 1, late: false })
        .expect_no_emit::<LateInterestCharged>()
        .ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, lots);
    w.audit();
}

#[test]
fn silence_counts_against_the_pledgor() {
    let (w, stated) = disputed();
    let (account, until) = (w.account(ALICE), w.dispute(ALICE).until);
    w.pass(RULING_SECONDS);
    w.prank(STRANGER).close_dispute(ALICE).expect_revert(RulingOpen { account, until });
    w.warp(1);
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_revert(RulingOver { account, until });
    let ruled = w.prank(STRANGER).close_dispute(ALICE).ok().event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.found, ruled.winner), (ruling::UNPROVEN, B256::ZERO, AGENT.address()));
    w.prank(STRANGER).close_dispute(ALICE).expect_revert(NoDispute { account });
    w.audit();
}

/// Another slot's marks are there, so the oracle was not out.
#[test]
fn marks_that_nobody_committed_count_against_the_agent() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let stated = w.make_disputable(ALICE, TOO_MUCH, false);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok();
    let refused = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_revert_of::<NotTheStatement>();
    assert_eq!((refused.stated, refused.shown), (B256::ZERO, stated.marks_root()));
    w.pass(10);
    w.commit(&Stated::of(stated.book.clone(), w.slot(), 0));
    w.pass(RULING_SECONDS + 1);
    let ruled = w.prank(STRANGER).close_dispute(ALICE).ok().event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner, ruled.stakes), (ruling::MARKS_UNAVAILABLE, ALICE.address(), 2 * STAKE));
    // No default rests on what nobody could show; and it may be disputed again.
    assert_eq!(w.dispute(ALICE).shield, TOO_MUCH);
    w.pass(3_601);
    mark(&w, ALICE, w.state(ALICE).requirement);
    enforce(&w, ALICE).expect_revert_of::<DisputeHolds>();
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok();
    w.audit();
}

#[test]
fn an_open_dispute_may_be_raised_and_holds_back_more() {
    let (w, stated) = disputed();
    w.pass(60);
    mark(&w, ALICE, stated.requirement + 2 * TOO_MUCH);
    let account = w.account(ALICE);
    w.prank(ALICE).dispute(ALICE, subject::VARIATION, 2 * TOO_MUCH).expect_revert_of::<NotDisputable>();
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).expect_revert_of::<NotDisputable>();
    let (before, until) = (stakes(&w), w.dispute(ALICE).until);
    let raised = w.prank(ALICE).dispute(ALICE, REQUIREMENT, 2 * TOO_MUCH).ok().event::<DisputeOpened>();
    assert_eq!((raised.dispute, raised.amount, raised.until, raised.stake), (1, 2 * TOO_MUCH, until, STAKE));
    assert_eq!(stakes(&w), before, "a thousand tokens are enough for both");
    w.pass(3_601);
    mark(&w, ALICE, stated.requirement + 2 * TOO_MUCH);
    enforce(&w, ALICE).expect_revert(DisputeHolds { account, amount: 2 * TOO_MUCH, until });
    w.audit();
}

#[test]
fn an_agent_stakes_no_more_than_is_disputed_or_sixteen_times_the_other_stake() {
    let (w, stated) = disputed();
    w.stock(AGENT, w.usdc, w.usdc.whole(100_000));
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    for lost in 1..6 {
        mark(&w, ALICE, stated.requirement + TOO_MUCH);
        let opened = w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok().event::<DisputeOpened>();
        assert_eq!(opened.agentStake, (STAKE << lost).min(16 * STAKE));
        w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    }
    w.audit();
}

#[test]
fn what_is_not_wrong_beyond_the_tolerance_wins_nothing() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let stated = w.make_disputable(ALICE, 1_000_000, true);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, 1_000_001).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    w.audit();
}

#[test]
fn who_delivers_what_it_disputes_pays_no_interest_on_it_meanwhile() {
    let (w, stated) = disputed();
    w.pass(3_600 + 3_600);
    let pledged = w.usdc.whole(6_000);
    w.deal(w.usdc, ALICE, pledged);
    w.prank(ALICE)
        .pledge(ALICE, w.usdc, pledged)
        .expect_emit(ClaimSatisfied { account: w.account(ALICE), number: 1, late: false })
        .expect_no_emit::<LateInterestCharged>()
        .ok();
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_no_emit::<LateInterestCharged>().ok();
    w.audit();
}

/// The oldest demand is the one held back: what is left of the later one is in time by that one's deadline.
#[test]
fn what_is_left_of_a_later_demand_is_in_time_by_its_deadline() {
    let (w, stated) = disputed();
    w.pass(1_800);
    let set = w.draft_mark(&[(ALICE, stated.requirement + TOO_MUCH + usd(3_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let claim = w.claim(ALICE);
    assert_eq!((claim.first.amount, claim.second.amount), (TOO_MUCH, usd(3_000)));
    w.warp(claim.second.deadline - w.now());
    w.post(&[]);
    let pledged = w.usdc.whole(3_000);
    w.deal(w.usdc, ALICE, pledged);
    w.prank(ALICE).pledge(ALICE, w.usdc, pledged).expect_no_emit::<LateInterestCharged>().ok();
    assert_eq!(w.claim(ALICE).first.amount, TOO_MUCH - usd(3_000) * 99 / 100);
    w.audit();
}

#[test]
fn an_outage_of_the_oracle_lengthens_the_window_and_counts_against_nobody() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let stated = w.make_disputable(ALICE, TOO_MUCH, false);
    let before = stakes(&w);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok();
    let account = w.account(ALICE);
    for _ in 0..8 {
        if !w.dispute(ALICE).open {
            break;
        }
        w.warp(w.dispute(ALICE).until + 1 - w.now());
        w.prank(STRANGER).close_dispute(ALICE).ok();
    }
    assert!(!w.dispute(ALICE).open, "{:?}", w.dispute(ALICE));
    assert_eq!(stakes(&w), before, "every stake went back");
    assert!(w.now() > stated.slot * 10 + RULING_SECONDS * 3, "the window was longer");
    let ruled = w.events().into_iter().rev().find_map(|recorded| match recorded.event {
        chain::Event::Escrow(MarginEscrowEvents::DisputeRuled(ruled)) if ruled.account == account => Some(ruled),
        _ => None,
    });
    assert_eq!(ruled.map(|ruled| ruled.ruling), Some(ruling::VOID));
    w.audit();
}

#[test]
fn marks_that_come_late_are_shown_in_the_longer_window() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, TOO_MUCH, false);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).ok();
    w.pass(RULING_SECONDS + 1);
    w.prank(STRANGER).close_dispute(ALICE).ok().event::<DisputeExtended>();
    // Reporters that were out for hours sign what they missed, where the set lets them.
    let set = abi::oracle::ReporterSet { maxAgeSlots: 4_000, ..w.reporters.clone() };
    w.prank(GOVERNOR).send(w.oracle, abi::oracle::PriceOracle::setReportersCall { set: set.clone() }).ok();
    let marks = w.marks(stated.slot, stated.marks_root(), &[0, 1, 2]);
    w.send_marks(&abi::packed::SignedSlot { set, ..marks }).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    w.audit();
}

#[test]
fn a_later_statement_of_another_slot_stands_and_what_was_wrong_is_held_back() {
    let (w, stated) = disputed();
    w.pass(10);
    mark(&w, ALICE, stated.requirement + usd(4_000));
    let shown = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_no_emit::<RequirementCorrected>().ok();
    assert_eq!(shown.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert_eq!(w.state(ALICE).requirement, stated.requirement + usd(4_000));
    assert_eq!(w.dispute(ALICE).shield, TOO_MUCH);
    w.audit();
}

#[test]
fn a_later_statement_of_the_same_slot_is_replaced() {
    let (w, stated) = disputed();
    mark(&w, ALICE, stated.requirement + usd(4_000));
    let account = w.account(ALICE);
    let corrected = RequirementCorrected { account, requirement: stated.requirement };
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_emit(corrected).ok();
    w.audit();
}

#[test]
fn a_figure_that_was_put_right_meanwhile_is_not_disputed() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, TOO_MUCH, true);
    let wrong = number(stated.requirement + TOO_MUCH);
    mark(&w, ALICE, stated.requirement);
    let refused =
        w.prank(ALICE).dispute_stated(ALICE, REQUIREMENT, TOO_MUCH, wrong).expect_revert_of::<NotTheStatement>();
    assert_eq!((refused.stated, refused.shown), (number(stated.requirement), wrong));
    w.prank(ALICE).dispute_stated(ALICE, REQUIREMENT, usd(50), number(stated.requirement)).ok();
}

#[test]
fn nobody_else_can_cause_the_publication_of_a_book() {
    let (w, stated) = disputed();
    let account = w.account(ALICE);
    for caller in [HOUSE, AGENT, STRANGER] {
        let refused = NotPledgor { account, caller: caller.address() };
        w.prank(caller).reveal_portfolio(ALICE, &stated.reveal()).expect_revert(refused.clone());
        w.prank(caller).dispute(ALICE, REQUIREMENT, TOO_MUCH).expect_revert(refused);
    }
}

#[test]
fn another_book_parameters_marks_or_moment_is_not_the_statement() {
    let (w, stated) = disputed();
    let shown = stated.reveal();
    let spoiled = |spoil: fn(&mut Examination)| {
        let mut wrong = shown.clone();
        spoil(&mut wrong);
        let refused = w.prank(ALICE).reveal_portfolio(ALICE, &wrong).expect_revert_of::<NotTheStatement>();
        String::from_utf8(refused.field.0.into_iter().take_while(|byte| *byte != 0).collect()).expect("ASCII")
    };
    assert_eq!(spoiled(|shown| shown.portfolio.underlyings[0].expiries[0].options[0].quantity += 1), "history");
    assert_eq!(spoiled(|shown| shown.portfolio.cash += 1), "history");
    assert_eq!(spoiled(|shown| shown.salts[0] = B256::repeat_byte(1)), "history");
    assert_eq!(spoiled(|shown| shown.portfolio.parameters.factors[0] += 1), "parametersHash");
    assert_eq!(spoiled(|shown| shown.portfolio.underlyings[0].spot.price -= 1), "marksRoot");
    assert_eq!(spoiled(|shown| shown.portfolio.as_of -= 10), "marksRoot");
    assert!(w.dispute(ALICE).open);
}

/// Without a claim too: whoever is stated wrong need not wait until it hurts.
#[test]
fn one_dispute_at_a_time_and_none_past_a_deadline() {
    let (w, stated) = disputed();
    let account = w.account(ALICE);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).expect_revert(NotDisputable { account, dispute: 1 });
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, usd(50)).ok();

    let w = World::open();
    w.make_disputable(ALICE, TOO_MUCH, true);
    w.pass(3_601);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).expect_revert(NotDisputable { account, dispute: 0 });
}

#[test]
fn a_disputed_amount_is_more_than_the_tolerance_and_no_more_than_is_stated() {
    let w = World::open();
    w.make_disputable(ALICE, TOO_MUCH, true);
    let (least, most) = (1_000_001, w.state(ALICE).requirement);
    for amount in [0, least - 1, most + 1] {
        w.prank(ALICE).dispute(ALICE, REQUIREMENT, amount).expect_revert(DisputedAmount { amount, least, most });
    }
    w.prank(ALICE).dispute(ALICE, 9, usd(50)).expect_revert(UnknownSubject { subject: 9 });
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, most).ok();
}

#[test]
fn a_stake_must_be_there() {
    let w = World::open();
    w.make_disputable(ALICE, TOO_MUCH, true);
    let held = w.inventory(ALICE, w.usdc);
    w.prank(ALICE).withdraw(w.usdc, held).ok();
    let (holder, token, asked) = (ALICE.address(), w.usdc.address, w.usdc.units(STAKE));
    let short = InventoryShort { holder, token, asked, held: U256::ZERO };
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, TOO_MUCH).expect_revert(short);
}

#[test]
fn a_statement_whose_marks_would_be_gone_is_not_disputable() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, 0, true);
    w.warp((DISPUTE_SLOTS + 1) * 10);
    let oldest = w.slot() - DISPUTE_SLOTS;
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, usd(50)).expect_revert(StaleSlot { slot: stated.slot, oldest });
    const { assert!(DISPUTE_SLOTS < KEPT_SLOTS) };
}

fn before_two_agents() -> Fork {
    let w = World::open();
    w.dispute_before_two_agents(DAVE);
    w
}

fn end(w: &World, desk: Actor) -> DisputeRuled {
    w.warp(w.dispute(desk).until + 1 - w.now());
    w.prank(STRANGER).close_dispute(desk).ok().event::<DisputeRuled>()
}

#[test]
fn the_second_agents_word_stands_once_the_window_is_over() {
    let w = before_two_agents();
    let account = w.account(DAVE);
    let found = DisputeFound { account, dispute: 1, found: number(usd(1_200)), steps: 0 };
    w.prank(STRANGER).rule_dispute(w.ruling(DAVE, usd(1_200)), SECOND_AGENT).expect_emit(found).ok();
    assert_eq!(w.state(DAVE).requirement, usd(2_000), "the kernel may still be asked");
    assert_eq!(end(&w, DAVE).ruling, ruling::UPHELD);
    assert_eq!(w.state(DAVE).requirement, usd(1_200));
    w.audit();
}

/// One agent alone binds nobody where the agreement has two.
#[test]
fn the_second_agent_rules_no_further_than_was_named_and_never_against_the_pledgor() {
    for (says, found) in [(usd(500), usd(1_200)), (usd(500_000_000), usd(2_000))] {
        let w = before_two_agents();
        w.prank(STRANGER).rule_dispute(w.ruling(DAVE, says), SECOND_AGENT).ok();
        assert_eq!(end(&w, DAVE).found, number(found));
        assert_eq!(w.state(DAVE).requirement, found);
        w.audit();
    }
}

/// Dave holds no position, so that his book requires nothing: the first agent was wrong by more than the second says.
#[test]
fn either_side_may_ask_the_kernel_after_the_second_agent_has_ruled() {
    let w = before_two_agents();
    for caller in [AGENT, HOUSE, SECOND_AGENT] {
        w.prank(caller).reveal_packed(DAVE, &[]).expect_revert_of::<NotPledgor>();
    }
    w.prank(STRANGER).rule_dispute(w.ruling(DAVE, usd(1_200)), SECOND_AGENT).ok();
    w.prank(STRANGER).reveal_packed(DAVE, &[]).expect_revert_of::<NotPledgor>();
    let done = w.prank(HOUSE).reveal_packed(DAVE, &[]).ok();
    assert_eq!(done.event::<RequirementCorrected>().requirement, 0);
    w.audit();
}

#[test]
fn nobody_else_rules() {
    let w = before_two_agents();
    for other in [AGENT, HOUSE, DAVE, STRANGER] {
        w.prank(STRANGER).rule_dispute(w.ruling(DAVE, 0), other).expect_revert_of::<InvalidSigner>();
    }
    for spoil in [|of: &mut DisputeRuling| of.dispute += 1, |of: &mut DisputeRuling| of.subject = subject::BOOK] {
        let mut other = w.ruling(DAVE, 0);
        spoil(&mut other);
        w.prank(STRANGER).rule_dispute(other, SECOND_AGENT).expect_revert_of::<NotTheStatement>();
    }
    let old = DisputeRuling { validUntil: w.now() - 1, ..w.ruling(DAVE, 0) };
    w.prank(STRANGER).rule_dispute(old, SECOND_AGENT).expect_revert_of::<Expired>();
    // Where there is no second agent, no signature is its.
    let (w, _) = disputed();
    w.prank(STRANGER).rule_dispute(w.ruling(ALICE, 0), SECOND_AGENT).expect_revert_of::<InvalidSigner>();
}

#[test]
fn a_ruling_serves_one_dispute() {
    let w = before_two_agents();
    let ruling = DisputeRuling { validUntil: w.now() + DAY, ..w.ruling(DAVE, usd(1_200)) };
    let account = w.account(DAVE);
    w.prank(STRANGER).rule_dispute(ruling.clone(), SECOND_AGENT).ok();
    let twice = NotDisputable { account, dispute: 1 };
    w.prank(STRANGER).rule_dispute(ruling.clone(), SECOND_AGENT).expect_revert(twice);
    end(&w, DAVE);
    w.prank(STRANGER).rule_dispute(ruling, SECOND_AGENT).expect_revert(NoDispute { account });
}

#[test]
fn bytes_that_are_no_examination_are_refused() {
    let (w, stated) = disputed();
    let account = w.account(ALICE).to_be_bytes();
    let head = [&[0; 24][..], &account].concat();
    let bytes = w.evidence(ALICE, &stated.reveal());
    for cut in [0, 1, 40, 64, bytes.len() - 1] {
        let data = [&revealPortfolioCall::SELECTOR[..], &head, &bytes[..cut]].concat();
        let outcome: Outcome<revealPortfolioCall> = w.prank(ALICE).send_raw(w.escrow, data);
        assert!(outcome.reverted(), "{cut} bytes");
    }
    assert!(w.dispute(ALICE).open);
}

#[test]
fn a_disputed_account_does_not_leave() {
    let w = World::open();
    w.trade_all(20_000);
    w.prank(ALICE).dispute(ALICE, REQUIREMENT, usd(50)).ok();
    let migration = w.migration(ALICE, w.successor(successor::Mood::Takes), 77);
    let (one, other) = (w.sign_migration(ALICE, &migration), w.sign_migration(HOUSE, &migration));
    let account = w.account(ALICE);
    w.prank(ALICE).migrate(&migration, one, other).expect_revert(DisputeOpen { account, dispute: 1 });
}

#[test]
fn terms_of_another_second_agent_are_refused() {
    let w = World::open();
    let field = |agreement: Agreement| {
        let digest = w.domain().agreement(&agreement);
        let (pledgor, party) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
        w.prank(RELAYER).open_account(agreement, pledgor, party)
    };
    let second = |agent: Actor| Agreement { secondAgent: agent.address(), ..w.agreement(DAVE) };
    let refused = InvalidTerms { field: B256::right_padding_from(b"secondAgent") };
    field(second(HOUSE)).expect_revert(refused.clone());
    field(second(AGENT)).expect_revert(refused.clone());
    field(second(DAVE)).expect_revert(refused.clone());
    field(second(VENUE)).expect_revert_of::<MissingRole>();
    // Another key of the first agent's institution.
    let role = abi::registry::role::CALCULATION_AGENT;
    w.set_lei(STRANGER, w.lei_of(AGENT), role);
    field(second(STRANGER)).expect_revert(refused.clone());
    w.set_lei(STRANGER, w.lei_of(HOUSE), role);
    field(second(STRANGER)).expect_revert(refused);
    w.set_lei(VENUE, w.lei_of(VENUE), role | abi::registry::role::VENUE);
    field(second(VENUE)).expect_revert(VenueIsAgent { venue: VENUE.address() });
    field(second(SECOND_AGENT)).ok();
}

/// A desk and the second agent together take no money that the kernel does not find: the other side has time to ask it.
#[test]
fn a_ruling_of_the_last_second_can_still_be_appealed() {
    let w = World::open();
    w.join(ALICE, Agreement { secondAgent: SECOND_AGENT.address(), ..w.agreement(ALICE) });
    w.use_house_of(ALICE);
    w.deal(w.usdc, HOUSE, w.usdc.whole(10_000));
    w.prank(HOUSE).fund_house(w.usdc.whole(10_000)).ok();
    w.stock(AGENT, w.usdc, w.usdc.whole(2_000));
    // She has neither positions nor cash.
    w.prank(ALICE).dispute(ALICE, subject::VARIATION, usd(5_000)).ok();
    w.warp(w.dispute(ALICE).until - w.now());
    w.prank(STRANGER).rule_dispute(w.ruling(ALICE, usd(5_000)), SECOND_AGENT).ok();
    w.warp(60);
    let done = w.prank(HOUSE).reveal_packed(ALICE, &[]).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert_eq!((w.state(ALICE).cumulativeVariation, w.house_state().balance), (0, usd(10_000)));
    w.audit();
}

/// What was rightly disputed is not late, though the agent puts it right before the ruling and after the deadline.
#[test]
fn what_the_agent_puts_right_itself_bears_no_interest() {
    let (w, stated) = disputed();
    w.pass(3_700);
    let next = Stated::of(stated.book.clone(), w.slot(), 0);
    let set = w.draft_mark(&[(ALICE, next.requirement)]).sign_mark();
    let done = w.prank(RELAYER).mark(&set).expect_no_emit::<LateInterestCharged>().ok();
    assert!(!done.event::<ClaimSatisfied>().late);
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    w.audit();
}

/// Who was right may pay what it owes: what a ruling found wrong keeps nobody's payment back.
#[test]
fn what_is_owed_can_be_paid_while_a_ruling_binds() {
    let (w, stated) = disputed();
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    w.pass(10);
    w.make_owing(ALICE, usd(3_000));
    w.post_margin(ALICE, w.usdc, w.usdc.whole(3_000));
    assert_eq!(w.state(ALICE).owed, 0);
    w.audit();
}
