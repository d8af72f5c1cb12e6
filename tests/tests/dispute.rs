//! Disputes: the pledgor's bond, what is held back, and who decides: the kernel, the second agent, or the end of the ruling.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, DISPUTE_BOND, DISPUTE_SLOTS, RULING_SECONDS, ruling, subject};
use abi::oracle::KEPT_SLOTS;
use abi::packed::Examination;
use abi::types::DisputeRuling;
use alloy::primitives::{B256, U256};
use alloy::sol_types::SolCall;
use plumbline_tests::disputes::{Stated, number};
use plumbline_tests::*;

const TOO_MUCH: u64 = 5_000_000_000;

fn stakes(w: &World) -> (U256, U256) {
    (w.inventory(ALICE, w.usdc), w.inventory(AGENT, w.usdc))
}

fn enforce(w: &World, desk: Actor) -> Outcome<enforceCall> {
    w.prank(STRANGER).escrow(enforceCall { account: w.account(desk) })
}

/// Alice's requirement is stated 5,000 USD too high, and she says so; the agent has an inventory for its stake.
fn disputed() -> (Fork, Stated) {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let stated = w.make_disputable(ALICE, TOO_MUCH, true);
    w.prank(ALICE).dispute_claim(ALICE, TOO_MUCH).ok();
    (w, stated)
}

#[test]
fn a_dispute_takes_both_stakes_and_keeps_the_statement() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(300));
    let stated = w.make_disputable(ALICE, TOO_MUCH, true);
    let (before, state, account) = (stakes(&w), w.state(ALICE), w.account(ALICE));
    let (until, agent_stake) = (w.now() + RULING_SECONDS, usd(300));
    w.prank(ALICE)
        .dispute_claim(ALICE, TOO_MUCH)
        .expect_emit(ClaimDisputed {
            account,
            number: 1,
            subject: subject::REQUIREMENT,
            amount: TOO_MUCH,
            root: stated.root(),
            slot: stated.slot,
            requirement: state.requirement,
            until,
            stake: DISPUTE_BOND,
            agentStake: agent_stake,
        })
        .ok();
    assert_eq!(stakes(&w), (before.0 - w.usdc.units(DISPUTE_BOND), U256::ZERO));
    let dispute = w.dispute(ALICE);
    assert!(dispute.open);
    assert_eq!((dispute.number, dispute.amount, dispute.until, dispute.agentStake), (1, TOO_MUCH, until, agent_stake));
    assert_eq!((dispute.root, dispute.slot, dispute.sequence), (stated.root(), stated.slot, state.sequence));
    w.audit();
}

#[test]
fn the_kernel_upholds_a_dispute_and_corrects_the_requirement() {
    let (w, stated) = disputed();
    let (account, before) = (w.account(ALICE), stakes(&w));
    let stakes_of_both = 2 * DISPUTE_BOND;
    w.prank(ALICE)
        .reveal_portfolio(ALICE, &stated.reveal())
        .expect_emit(DisputeRuled {
            account,
            number: 1,
            ruling: ruling::UPHELD,
            found: number(stated.requirement),
            winner: ALICE.address(),
            stakes: stakes_of_both,
        })
        .expect_emit(RequirementCorrected { account, requirement: stated.requirement })
        .expect_emit(ClaimSatisfied { account, number: 1, late: false })
        .ok();
    assert_eq!(w.state(ALICE).requirement, stated.requirement);
    assert!(!w.claim(ALICE).open && !w.dispute(ALICE).open);
    assert_eq!(stakes(&w), (before.0 + w.usdc.units(stakes_of_both), before.1));
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
    w.prank(ALICE).dispute_claim(ALICE, usd(50)).ok();
    w.prank(ALICE)
        .reveal_portfolio(ALICE, &stated.reveal())
        .expect_emit(DisputeRuled {
            account,
            number: 1,
            ruling: ruling::REJECTED,
            found: number(stated.requirement),
            winner: AGENT.address(),
            stakes: DISPUTE_BOND,
        })
        .expect_no_emit::<RequirementCorrected>()
        .ok();
    assert!(w.claim(ALICE).open);
    assert_eq!(stakes(&w).1, w.usdc.units(DISPUTE_BOND));
    w.audit();
}

#[test]
fn who_names_more_than_was_wrong_loses_and_is_still_corrected() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let stated = w.make_disputable(ALICE, TOO_MUCH, true);
    w.post_margin(ALICE, w.usdc, w.usdc.whole(1_000));
    assert!(w.claim(ALICE).open);
    // 2,000 USD above the kernel's; the claim asks for 5,000.
    let named = TOO_MUCH;
    let set = w.draft_mark(&[(ALICE, stated.requirement + usd(2_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(ALICE).dispute_claim(ALICE, named).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert_eq!(done.event::<RequirementCorrected>().requirement, stated.requirement);
    w.audit();
}

#[test]
fn only_the_named_amount_is_held_back() {
    let (w, stated) = disputed();
    let until = w.dispute(ALICE).until;
    w.pass(3_601);
    let mark = |requirement| {
        let set = w.draft_mark(&[(ALICE, requirement)]).sign_mark();
        w.prank(RELAYER).mark(&set).ok();
    };
    mark(stated.requirement + TOO_MUCH);
    let account = w.account(ALICE);
    enforce(&w, ALICE).expect_revert(DisputeHolds { account, amount: TOO_MUCH, until });
    // What a second tranche asks has its own deadline; what no tranche asks for has none.
    for more in [200, 400] {
        w.pass(10);
        mark(stated.requirement + TOO_MUCH + usd(more));
        assert_eq!(enforce(&w, ALICE).reverted(), more == 200, "{more}");
    }
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn a_ruling_ends_what_is_held_back() {
    let (w, stated) = disputed();
    w.pass(RULING_SECONDS + 1);
    let set = w.draft_mark(&[(ALICE, stated.requirement + TOO_MUCH)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    let done = w.prank(STRANGER).close_dispute(ALICE).ok();
    assert_eq!(done.event::<DisputeRuled>().winner, AGENT.address());
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
    let done = w.prank(STRANGER).close_dispute(ALICE).ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.found, ruled.winner), (ruling::UNPROVEN, B256::ZERO, AGENT.address()));
    w.prank(STRANGER).close_dispute(ALICE).expect_revert(NoDispute { account });
    w.audit();
}

#[test]
fn marks_that_nobody_committed_count_against_the_agent() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let stated = w.make_disputable(ALICE, TOO_MUCH, false);
    w.prank(ALICE).dispute_claim(ALICE, TOO_MUCH).ok();
    let refused = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_revert_of::<NotTheStatement>();
    assert_eq!((refused.stated, refused.shown), (B256::ZERO, stated.marks_root()));
    w.pass(RULING_SECONDS + 1);
    let done = w.prank(STRANGER).close_dispute(ALICE).ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner), (ruling::MARKS_UNAVAILABLE, ALICE.address()));
    assert_eq!(ruled.stakes, 2 * DISPUTE_BOND);
    w.audit();
}

/// The oracle keeps a root for a day; afterwards it cannot say that there was none.
#[test]
fn whoever_waits_until_the_marks_are_gone_proves_nothing() {
    let w = World::open();
    let stated = w.make_disputable(ALICE, TOO_MUCH, false);
    w.prank(ALICE).dispute_claim(ALICE, TOO_MUCH).ok();
    w.warp((stated.slot + KEPT_SLOTS) * 10 - w.now());
    let done = w.prank(STRANGER).close_dispute(ALICE).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UNPROVEN);
    w.audit();
}

#[test]
fn a_later_statement_stands_whatever_the_ruling() {
    let (w, stated) = disputed();
    w.pass(10);
    let set = w.draft_mark(&[(ALICE, stated.requirement + usd(4_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let shown = w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).expect_no_emit::<RequirementCorrected>().ok();
    assert_eq!(shown.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert_eq!(w.state(ALICE).requirement, stated.requirement + usd(4_000));
    w.audit();
}

#[test]
fn nobody_else_can_cause_the_publication_of_a_book() {
    let (w, stated) = disputed();
    let account = w.account(ALICE);
    for caller in [HOUSE, AGENT, STRANGER] {
        let refused = NotPledgor { account, caller: caller.address() };
        w.prank(caller).reveal_portfolio(ALICE, &stated.reveal()).expect_revert(refused.clone());
        w.prank(caller).dispute_claim(ALICE, TOO_MUCH).expect_revert(refused);
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
    assert_eq!(spoiled(|shown| shown.portfolio.underlyings[0].expiries[0].options[0].quantity += 1), "root");
    assert_eq!(spoiled(|shown| shown.salts[0] = B256::repeat_byte(1)), "root");
    assert_eq!(spoiled(|shown| shown.portfolio.parameters.factors[0] += 1), "parametersHash");
    assert_eq!(spoiled(|shown| shown.portfolio.underlyings[0].spot.price -= 1), "marksRoot");
    assert_eq!(spoiled(|shown| shown.portfolio.as_of -= 10), "marksRoot");
    assert!(w.dispute(ALICE).open);
}

#[test]
fn a_claim_is_disputed_once_and_before_its_deadline() {
    let (w, stated) = disputed();
    let account = w.account(ALICE);
    let refused = NotDisputable { account, number: 1 };
    w.prank(ALICE).dispute_claim(ALICE, TOO_MUCH).expect_revert(refused.clone());
    w.prank(ALICE).reveal_portfolio(ALICE, &stated.reveal()).ok();
    w.prank(ALICE).dispute_claim(ALICE, TOO_MUCH).expect_revert(NoClaim { account });

    let w = World::open();
    w.make_disputable(ALICE, TOO_MUCH, true);
    w.pass(3_601);
    let late = NotDisputable { account, number: 1 };
    w.prank(ALICE).dispute_claim(ALICE, TOO_MUCH).expect_revert(late);
}

#[test]
fn a_disputed_amount_is_more_than_the_tolerance_and_no_more_than_the_claim() {
    let w = World::open();
    w.make_disputable(ALICE, TOO_MUCH, true);
    let claim = w.claim(ALICE);
    let (least, most) = (1_000_001, claim.first.amount + claim.second.amount);
    for amount in [0, least - 1, most + 1] {
        w.prank(ALICE).dispute_claim(ALICE, amount).expect_revert(DisputedAmount { amount, least, most });
    }
    w.prank(ALICE).dispute_claim(ALICE, most).ok();
}

#[test]
fn a_bond_must_be_there() {
    let w = World::open();
    w.make_disputable(ALICE, TOO_MUCH, true);
    let held = w.inventory(ALICE, w.usdc);
    w.prank(ALICE).withdraw(w.usdc, held).ok();
    let (holder, token, asked) = (ALICE.address(), w.usdc.address, w.usdc.units(DISPUTE_BOND));
    let short = InventoryShort { holder, token, asked, held: U256::ZERO };
    w.prank(ALICE).dispute_claim(ALICE, TOO_MUCH).expect_revert(short);
}

#[test]
fn a_statement_whose_marks_would_be_gone_is_not_disputable() {
    let w = World::open();
    let long = Agreement { resolutionTime: 86_400, ..w.agreement(DAVE) };
    w.stock(DAVE, w.usdc, w.usdc.whole(2_000));
    w.join(DAVE, long);
    w.post_margin(DAVE, w.usdc, w.usdc.whole(1_000));
    w.make_short(DAVE, usd(2_000));
    let slot = w.state(DAVE).slot;
    w.warp((DISPUTE_SLOTS + 1) * 10);
    let oldest = w.slot() - DISPUTE_SLOTS;
    w.prank(DAVE).dispute_claim(DAVE, usd(500)).expect_revert(StaleSlot { slot, oldest });
}

fn before_two_agents() -> Fork {
    let w = World::open();
    w.dispute_before_two_agents(DAVE);
    w
}

#[test]
fn the_second_agent_recomputes_without_a_publication() {
    let w = before_two_agents();
    let account = w.account(DAVE);
    w.prank(STRANGER)
        .rule_dispute(w.ruling(DAVE, usd(1_200)), SECOND_AGENT)
        .expect_emit(RequirementCorrected { account, requirement: usd(1_200) })
        .ok();
    assert_eq!(w.state(DAVE).requirement, usd(1_200));
    assert!(!w.dispute(DAVE).open && w.claim(DAVE).open, "1,000 USDC do not cover it");
    w.audit();
}

#[test]
fn nobody_else_rules() {
    let w = before_two_agents();
    for other in [AGENT, HOUSE, DAVE, STRANGER] {
        w.prank(STRANGER).rule_dispute(w.ruling(DAVE, 0), other).expect_revert_of::<InvalidSigner>();
    }
    for spoil in [
        |of: &mut DisputeRuling| of.first -= 1,
        |of: &mut DisputeRuling| of.last += 1,
        |of: &mut DisputeRuling| of.subject = subject::ROOT,
    ] {
        let mut other = w.ruling(DAVE, 0);
        spoil(&mut other);
        w.prank(STRANGER).rule_dispute(other, SECOND_AGENT).expect_revert_of::<NotTheStatement>();
    }
    // Where there is no second agent, no signature is its.
    let (w, _) = disputed();
    w.prank(STRANGER).rule_dispute(w.ruling(ALICE, 0), SECOND_AGENT).expect_revert_of::<InvalidSigner>();
}

#[test]
fn a_ruling_serves_one_dispute() {
    let w = before_two_agents();
    let ruling = w.ruling(DAVE, usd(1_200));
    w.prank(STRANGER).rule_dispute(ruling.clone(), SECOND_AGENT).ok();
    w.prank(STRANGER).rule_dispute(ruling, SECOND_AGENT).expect_revert(NoDispute { account: w.account(DAVE) });
}

#[test]
fn bytes_that_are_no_examination_are_refused() {
    let (w, stated) = disputed();
    let account = w.account(ALICE).to_be_bytes();
    let head = [&[0; 24][..], &account].concat();
    let bytes = stated.reveal().encode().expect("it fits");
    for cut in [0, 1, 40, bytes.len() - 1] {
        let data = [&revealPortfolioCall::SELECTOR[..], &head, &bytes[..cut]].concat();
        let outcome: Outcome<revealPortfolioCall> = w.prank(ALICE).send_raw(w.escrow, data);
        assert!(outcome.reverted(), "{cut} bytes");
    }
    assert!(w.dispute(ALICE).open);
}
