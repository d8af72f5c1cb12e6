//! Check 3: sequences, fill times, sides, the venue's signature.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::{B256, U256};
use plumbline_tests::*;

fn trade(w: &World) -> Draft {
    w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB)
}

#[test]
fn a_bundle_cannot_be_replayed() {
    let w = World::open();
    let draft = trade(&w);
    let sequence = draft.batches[0].first_sequence;
    let bundle = draft.sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.prank(RELAYER).settle(&bundle).expect_revert(FillAlreadyApplied { venue: VENUE.address(), sequence });
}

#[test]
fn a_fill_cannot_be_applied_again_under_a_new_set() {
    let w = World::open();
    let draft = trade(&w).fill(BOB, ALICE);
    let batches = draft.batches.clone();
    w.prank(RELAYER).settle(&draft.with(|d| d.batches[0].left = vec![0]).sign()).ok();
    let again = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).with(|d| d.batches = batches.clone()).sign();
    let sequence = batches[0].first_sequence + 1;
    w.prank(RELAYER).settle(&again).expect_revert(FillAlreadyApplied { venue: VENUE.address(), sequence });
}

#[test]
fn a_fill_cannot_be_applied_twice_in_one_bundle() {
    let w = World::open();
    let draft = trade(&w).with(|d| d.batches.push(d.batches[0].clone()));
    let sequence = draft.batches[0].first_sequence;
    w.prank(RELAYER).settle(&draft.sign()).expect_revert(FillAlreadyApplied { venue: VENUE.address(), sequence });
}

#[test]
fn the_same_sequence_of_another_venue_is_another_fill() {
    let w = World::open();
    let mut mandates = [ALICE, BOB].map(|desk| w.mandate_for(desk, 50));
    for (desk, mandate) in [ALICE, BOB].into_iter().zip(&mut mandates) {
        mandate.venue = OTHER_VENUE.address();
        w.register(desk, mandate.clone());
    }
    let draft = trade(&w);
    let sequence = draft.batches[0].first_sequence;
    w.prank(RELAYER).settle(&draft.sign()).ok();
    let draft = trade(&w).with(|d| {
        (d.venue, d.venue_key) = (OTHER_VENUE.address(), OTHER_VENUE);
        d.batches[0].first_sequence = sequence;
        d.first_fill().sequence = sequence;
    });
    w.prank(RELAYER).settle(&draft.sign()).ok();
    assert!(w.sequence_applied(OTHER_VENUE, sequence));
}

#[test]
fn a_fill_matched_in_the_future_reverts() {
    let w = World::open();
    let mut draft = trade(&w);
    draft.first_fill().matchedAt += 1_000;
    draft.first_fill().settleBy += 1_000;
    let (sequence, timestamp) = (draft.batches[0].first_sequence, w.now());
    let matched_at = timestamp * 1_000 + 1_000;
    w.prank(RELAYER).settle(&draft.sign()).expect_revert(FillFromFuture {
        venue: VENUE.address(),
        sequence,
        matchedAt: matched_at,
        timestamp,
    });
}

#[test]
fn a_fill_past_its_time_reverts() {
    let w = World::open();
    let mut draft = trade(&w);
    draft.first_fill().settleBy -= 999;
    let (sequence, settle_by) = (draft.batches[0].first_sequence, draft.first_fill().settleBy);
    w.warp(30);
    let expected = FillExpired { venue: VENUE.address(), sequence, settleBy: settle_by, timestamp: w.now() };
    w.prank(RELAYER).settle(&draft.sign()).expect_revert(expected);
}

#[test]
fn a_fill_settles_in_its_last_second() {
    let w = World::open();
    let bundle = trade(&w).sign();
    w.warp(30);
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn an_account_cannot_trade_with_itself() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1_000))]).fill(ALICE, ALICE).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(SelfTrade { account: w.account(ALICE) });
}

#[test]
fn a_side_without_a_statement_reverts() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1_000))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(AccountNotInSet { index: U256::from(255) });
}

#[test]
fn a_place_just_beyond_the_set_reverts() {
    let w = World::open();
    let mut bundle = trade(&w).sign();
    bundle.batches[0].fills[0].1.buyer = 2;
    w.prank(RELAYER).settle(&bundle).expect_revert(AccountNotInSet { index: U256::from(2) });
}

#[test]
fn an_agent_cannot_be_the_venue() {
    let w = World::open();
    w.set_roles(AGENT, abi::registry::role::CALCULATION_AGENT | abi::registry::role::VENUE);
    let bundle = trade(&w).with(|d| (d.venue, d.venue_key) = (AGENT.address(), AGENT)).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(VenueIsAgent { venue: AGENT.address() });
}

/// The venue signed the batch; each change below makes it another batch.
fn expect_venue_signature_refused(spoil: impl FnOnce(&mut abi::packed::Batch)) {
    let w = World::open();
    let draft = trade(&w).fill(BOB, ALICE).fill(ALICE, BOB).with(|d| d.batches[0].left = vec![2]);
    let mut bundle = draft.sign();
    spoil(&mut bundle.batches[0]);
    let found = w.prank(RELAYER).settle(&bundle).expect_revert_of::<InvalidSigner>();
    assert_eq!(found.expected, VENUE.address());
    assert_ne!(found.recovered, VENUE.address());
}

#[test]
fn another_first_sequence_is_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| batch.first_sequence += 1);
}

#[test]
fn another_previous_batch_is_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| batch.previous_batch_hash = B256::repeat_byte(1));
}

#[test]
fn other_terms_are_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| batch.fills[0].1.terms_hash = B256::repeat_byte(1));
}

#[test]
fn swapped_sides_are_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| {
        let fill = &mut batch.fills[0].1;
        (fill.buyer, fill.seller) = (fill.seller, fill.buyer);
    });
}

#[test]
fn a_longer_life_is_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| batch.fills[0].1.settle_within += 1_000);
}

#[test]
fn another_group_is_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| batch.fills[0].1.group = 9);
}

#[test]
fn another_base_time_is_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| batch.base_time -= 1);
}

#[test]
fn another_sibling_is_not_what_the_venue_signed() {
    expect_venue_signature_refused(|batch| batch.hashes[0] = B256::repeat_byte(1));
}

#[test]
fn a_missing_sibling_reverts() {
    let w = World::open();
    let mut bundle = trade(&w).fill(BOB, ALICE).with(|d| d.batches[0].left = vec![1]).sign();
    bundle.batches[0].hashes.clear();
    assert!(w.prank(RELAYER).settle(&bundle).reverted());
}

#[test]
fn a_sibling_too_many_reverts() {
    let w = World::open();
    let mut bundle = trade(&w).fill(BOB, ALICE).with(|d| d.batches[0].left = vec![1]).sign();
    bundle.batches[0].hashes.push(B256::ZERO);
    assert!(w.prank(RELAYER).settle(&bundle).reverted());
}
