//! `lapse`: a fill that nobody settled in its time is spent, and an event says so.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use chain::ledger::FailRate;
use plumbline_tests::*;

fn trade(w: &World) -> Draft {
    w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB)
}

/// Five fills of which the first, third and fourth are taken.
fn some_of_five(w: &World) -> Draft {
    let draft = trade(w).fill(BOB, ALICE).fill(ALICE, BOB).fill(ALICE, BOB).fill(BOB, ALICE);
    draft.with(|d| d.batches[0].left = vec![1, 4])
}

#[test]
fn a_fill_past_its_time_lapses_by_anyones_hand() {
    let w = World::open();
    let draft = some_of_five(&w);
    w.warp(31);
    let (first, batch_hash) = (draft.batches[0].first_sequence, draft.batches[0].hash(VENUE.address()));
    let expected =
        FillsLapsed { venue: VENUE.address(), firstSequence: first, batchHash: batch_hash, taken: U256::from(0b01101) };
    w.prank(STRANGER).lapse(&draft.sign_lapse()).expect_emit(expected).ok();
    let spent: Vec<_> = (0..5).filter(|place| w.sequence_applied(VENUE, first + place)).collect();
    assert_eq!(spent, [0, 2, 3]);
    assert_eq!(w.audit().ledger.lapsed.len(), 3);
}

#[test]
fn a_fill_lapses_in_the_second_after_the_last_in_which_it_settles() {
    for late in [0, 1, 999] {
        let w = World::open();
        let mut draft = trade(&w);
        draft.first_fill().settleBy += late;
        let (bundle, lapse) = (draft.clone().sign(), draft.sign_lapse());
        let (sequence, settle_by) = (draft.batches[0].first_sequence, draft.first_fill().settleBy);
        w.warp(30);
        let early = FillNotExpired { venue: VENUE.address(), sequence, settleBy: settle_by, timestamp: w.now() };
        w.prank(STRANGER).lapse(&lapse).expect_revert(early);
        let point = w.snapshot();
        w.prank(RELAYER).settle(&bundle).ok();
        w.revert(point);
        w.warp(1);
        let over = FillExpired { venue: VENUE.address(), sequence, settleBy: settle_by, timestamp: w.now() };
        w.prank(RELAYER).settle(&bundle).expect_revert(over);
        w.prank(STRANGER).lapse(&lapse).ok();
    }
}

#[test]
fn a_lapsed_fill_never_settles() {
    let w = World::open();
    let draft = trade(&w);
    let sequence = draft.batches[0].first_sequence;
    w.warp(31);
    w.prank(STRANGER).lapse(&draft.sign_lapse()).ok();
    let again = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB).with(|d| {
        d.batches[0].first_sequence = sequence;
        d.first_fill().sequence = sequence;
    });
    w.prank(RELAYER).settle(&again.sign()).expect_revert(FillAlreadyApplied { venue: VENUE.address(), sequence });
}

#[test]
fn a_fill_lapses_once() {
    let w = World::open();
    let lapse = trade(&w).sign_lapse();
    let sequence = lapse.batches[0].first_sequence;
    w.warp(31);
    w.prank(STRANGER).lapse(&lapse).ok();
    w.prank(STRANGER).lapse(&lapse).expect_revert(FillAlreadyApplied { venue: VENUE.address(), sequence });
}

#[test]
fn a_settled_fill_never_lapses() {
    let w = World::open();
    let draft = trade(&w);
    let (lapse, sequence) = (draft.sign_lapse(), draft.batches[0].first_sequence);
    w.prank(RELAYER).settle(&draft.sign()).ok();
    w.warp(31);
    w.prank(STRANGER).lapse(&lapse).expect_revert(FillAlreadyApplied { venue: VENUE.address(), sequence });
}

#[test]
fn what_is_left_of_a_settled_batch_lapses() {
    let w = World::open();
    let draft = some_of_five(&w);
    let rest = draft.clone().with(|d| d.batches[0].left = vec![0, 2, 3]);
    w.prank(RELAYER).settle(&draft.sign()).ok();
    w.warp(31);
    let done = w.prank(STRANGER).lapse(&rest.sign_lapse()).ok();
    assert_eq!(done.event::<FillsLapsed>().taken, U256::from(0b10010));
    let rate = w.audit().ledger.fail_rate(VENUE.address());
    assert_eq!((rate, rate.ppm()), (FailRate { settled: 3, lapsed: 2 }, 400_000));
}

#[test]
fn one_fill_in_time_keeps_the_others_from_lapsing() {
    let w = World::open();
    let draft = trade(&w).fill(BOB, ALICE).with(|d| d.batches[0].fills[1].settleBy += 60_000);
    let (first, settle_by) = (draft.batches[0].first_sequence, draft.batches[0].fills[1].settleBy);
    w.warp(31);
    let early = FillNotExpired { venue: VENUE.address(), sequence: first + 1, settleBy: settle_by, timestamp: w.now() };
    w.prank(STRANGER).lapse(&draft.sign_lapse()).expect_revert(early);
    assert!(!w.sequence_applied(VENUE, first));
}

/// A stranger's signature, a shorter life or another account: none is what the venue signed.
#[test]
fn nothing_lapses_but_what_the_venue_signed() {
    let w = World::open();
    let forged = trade(&w).with(|d| d.venue_key = STRANGER).sign_lapse();
    let lapse = trade(&w).sign_lapse();
    let mut shorter = lapse.clone();
    shorter.batches[0].fills[0].1.settle_within = 0;
    let mut others = lapse;
    others.accounts.reverse();
    w.warp(31);
    for wrong in [forged, shorter, others] {
        assert_eq!(w.prank(STRANGER).lapse(&wrong).expect_revert_of::<InvalidSigner>().expected, VENUE.address());
    }
}

#[test]
fn a_place_that_names_no_account_reverts() {
    let w = World::open();
    let mut lapse = trade(&w).sign_lapse();
    lapse.accounts.pop();
    w.warp(31);
    w.prank(STRANGER).lapse(&lapse).expect_revert(AccountNotInSet { index: U256::from(1) });
}

#[test]
fn a_lapse_of_nothing_or_of_broken_calldata_reverts() {
    let w = World::open();
    let mut lapse = trade(&w).sign_lapse();
    w.warp(31);
    let mut bytes = lapse.encode().unwrap();
    bytes.push(0);
    w.prank(STRANGER).packed::<lapseCall>(lapseCall::SELECTOR, bytes).expect_revert_of::<Malformed>();
    lapse.batches.clear();
    w.prank(STRANGER).lapse(&lapse).expect_revert(NoFills {});
}

#[test]
fn a_lapse_moves_no_margin() {
    let w = World::open();
    let lapse = trade(&w).sign_lapse();
    w.warp(31);
    let before = [ALICE, BOB].map(|desk| w.state(desk));
    w.prank(STRANGER).lapse(&lapse).expect_no_emit::<MarginStated>().ok();
    assert_eq!([ALICE, BOB].map(|desk| w.state(desk)), before);
}
