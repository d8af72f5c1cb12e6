//! Check 5, first half: the agents signed exactly this set, for exactly this state and these fills.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::*;
use abi::packed::Bundle;
use alloy::primitives::{Address, B256};
use chain::sign::Domain;
use plumbline_tests::*;

fn trade(w: &World) -> Draft {
    w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000)), (CAROL, 0)]).fill(ALICE, BOB)
}

#[track_caller]
fn expect_refused(w: &World, bundle: &Bundle, expected: Actor) {
    let found = w.prank(RELAYER).settle(bundle).expect_revert_of::<InvalidSigner>();
    assert_eq!(found.expected, expected.address());
    assert_ne!(found.recovered, expected.address());
}

/// The agent signed; each change below makes it another set.
#[track_caller]
fn expect_set_refused(spoil: impl FnOnce(&mut Bundle)) {
    let w = World::open();
    w.pass(25);
    let mut bundle = trade(&w).sign();
    spoil(&mut bundle);
    expect_refused(&w, &bundle, AGENT);
}

#[test]
fn another_requirement_is_not_what_the_agent_signed() {
    expect_set_refused(|bundle| bundle.set.statements[0].requirement -= 1);
}

#[test]
fn another_root_is_not_what_the_agent_signed() {
    expect_set_refused(|bundle| bundle.set.statements[1].new_root = B256::repeat_byte(1));
}

#[test]
fn other_fill_variation_is_not_what_the_agent_signed() {
    expect_set_refused(|bundle| bundle.set.statements[0].fill_variation = 5);
}

#[test]
fn variation_redirected_is_not_what_the_agent_signed() {
    expect_set_refused(|bundle| {
        bundle.set.statements[0].cumulative_variation = 5;
        bundle.set.statements[1].cumulative_variation = -5;
    });
}

#[test]
fn a_set_applies_whole_or_not_at_all() {
    expect_set_refused(|bundle| bundle.set.statements.truncate(2));
}

#[test]
fn a_longer_validity_is_not_what_the_agent_signed() {
    expect_set_refused(|bundle| bundle.set.valid_until += 1);
}

#[test]
fn another_time_is_not_what_the_agent_signed() {
    expect_set_refused(|bundle| bundle.set.as_of -= 1);
}

#[test]
fn another_slot_is_not_what_the_agent_signed() {
    expect_set_refused(|bundle| bundle.set.slot -= 1);
}

#[test]
fn a_stranger_is_not_the_agent() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.agent = STRANGER).sign();
    let expected = InvalidSigner { expected: AGENT.address(), recovered: STRANGER.address() };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn the_secured_party_is_not_the_agent() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.agent = HOUSE).sign();
    let expected = InvalidSigner { expected: AGENT.address(), recovered: HOUSE.address() };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn an_impossible_signature_recovers_nobody() {
    let w = World::open();
    let mut bundle = trade(&w).sign();
    bundle.set.signature = [0; 64].into();
    let expected = InvalidSigner { expected: AGENT.address(), recovered: Address::ZERO };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_stranger_is_not_the_venue() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.venue_key = STRANGER).sign();
    let expected = InvalidSigner { expected: VENUE.address(), recovered: STRANGER.address() };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_statement_with_a_gap_in_its_sequence_reverts() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.statement(ALICE).sequence += 1).sign();
    expect_refused(&w, &bundle, AGENT);
}

#[test]
fn a_statement_on_another_history_reverts() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.statement(ALICE).previousHistory = B256::repeat_byte(1)).sign();
    expect_refused(&w, &bundle, AGENT);
}

#[test]
fn two_sets_on_the_same_state_cannot_both_apply() {
    let w = World::open();
    let (first, second) = (trade(&w).sign(), trade(&w).sign());
    w.prank(RELAYER).settle(&first).ok();
    expect_refused(&w, &second, AGENT);
}

#[test]
fn a_set_signed_for_other_fills_reverts() {
    let w = World::open();
    let draft = trade(&w).fill(BOB, ALICE);
    let signed = draft.clone().sign();
    let mut bundle = draft.with(|d| d.batches[0].left = vec![1]).sign();
    bundle.set = signed.set;
    expect_refused(&w, &bundle, AGENT);
}

#[test]
fn a_set_signed_for_no_fills_cannot_carry_one() {
    let w = World::open();
    let mut bundle = trade(&w).sign();
    bundle.set = w.draft_mark(&[(ALICE, usd(1_000)), (BOB, usd(1_000)), (CAROL, 0)]).sign_mark();
    expect_refused(&w, &bundle, AGENT);
}

#[test]
fn fills_in_another_order_revert() {
    let w = World::open();
    let draft = trade(&w).batch().fill(BOB, ALICE);
    let mut bundle = draft.sign();
    bundle.batches.swap(0, 1);
    expect_refused(&w, &bundle, AGENT);
}

#[test]
fn a_bundle_for_another_chain_reverts() {
    let w = World::open();
    let domain = Domain::escrow(42_161, w.escrow);
    let bundle = trade(&w).with(|d| d.domain = domain).sign();
    assert_eq!(w.node.chain_id(), 412_346);
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<InvalidSigner>();
}

#[test]
fn a_bundle_for_another_escrow_reverts() {
    let w = World::open();
    let domain = Domain::escrow(w.node.chain_id(), Address::repeat_byte(1));
    let bundle = trade(&w).with(|d| d.domain = domain).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<InvalidSigner>();
}

#[test]
fn agents_signature_for_another_chain_reverts() {
    let w = World::open();
    let domain = Domain::escrow(42_161, w.escrow);
    let draft = trade(&w);
    let mut bundle = draft.clone().sign();
    bundle.set = draft.with(|d| d.domain = domain).sign().set;
    expect_refused(&w, &bundle, AGENT);
}

/// An account whose house has two agents.
fn with_two_agents() -> Fork {
    let w = World::open();
    let terms = Agreement { secondAgent: SECOND_AGENT.address(), ..w.agreement(DAVE) };
    w.open_account(DAVE, terms);
    w.use_house_of(DAVE);
    w
}

#[test]
fn one_agent_of_two_is_not_enough() {
    let w = with_two_agents();
    let set = w.draft_mark(&[(DAVE, 0)]).sign_mark();
    assert!(w.prank(RELAYER).mark(&set).reverted());
    assert_eq!(w.state(DAVE).sequence, 0);
}

#[test]
fn the_second_signature_is_the_second_agents() {
    let w = with_two_agents();
    let set = w.draft_mark(&[(DAVE, 0)]).with(|d| d.second_agent = Some(AGENT)).sign_mark();
    let expected = InvalidSigner { expected: SECOND_AGENT.address(), recovered: AGENT.address() };
    w.prank(RELAYER).mark(&set).expect_revert(expected);
}

#[test]
fn a_second_signature_where_there_is_one_agent_reverts() {
    let w = World::open();
    let bundle = trade(&w).with(|d| d.second_agent = Some(SECOND_AGENT)).sign();
    assert!(w.prank(RELAYER).settle(&bundle).reverted());
}
