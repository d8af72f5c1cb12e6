//! A group's fills settle together or not at all: the high byte of its number says how many they are.
use abi::escrow::MarginEscrow::*;
use plumbline_tests::*;

const PAIR: u64 = 2 << 8 | 1;

/// Three fills, of which the first and the last are a pair.
fn spread(w: &World) -> Draft {
    let draft = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB).fill(BOB, ALICE).fill(BOB, ALICE);
    draft.with(|d| {
        d.batches[0].fills[0].group = PAIR;
        d.batches[0].fills[2].group = PAIR;
    })
}

fn incomplete(draft: &Draft, group: u64, taken: u16) -> GroupIncomplete {
    let first = draft.batches[0].first_sequence;
    GroupIncomplete { venue: VENUE.address(), firstSequence: first, group: group as u16, taken }
}

#[test]
fn a_group_settles_whole() {
    let w = World::open();
    w.prank(RELAYER).settle(&spread(&w).sign()).ok();
    w.audit();
}

#[test]
fn a_leg_does_not_settle_alone() {
    let w = World::open();
    for left in [0, 2] {
        let draft = spread(&w).with(|d| d.batches[0].left = vec![left]);
        let expected = incomplete(&draft, PAIR, 1);
        w.prank(RELAYER).settle(&draft.sign()).expect_revert(expected);
    }
}

#[test]
fn the_rest_of_a_batch_settles_without_the_group() {
    let w = World::open();
    let draft = spread(&w);
    w.prank(RELAYER).settle(&draft.clone().with(|d| d.batches[0].left = vec![0, 2]).sign()).ok();
    let legs = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).with(|d| {
        d.batches = draft.batches;
        d.batches[0].left = vec![1];
    });
    w.prank(RELAYER).settle(&legs.sign()).ok();
}

#[test]
fn two_groups_of_a_batch_are_told_apart() {
    let w = World::open();
    let draft = spread(&w).fill(ALICE, BOB).with(|d| d.batches[0].fills[3].group = PAIR + 1);
    let expected = incomplete(&draft, PAIR + 1, 1);
    w.prank(RELAYER).settle(&draft.sign()).expect_revert(expected);
}

/// Neither more fills than it says nor a number that says none: no bundle can take it.
#[test]
fn a_number_that_does_not_count_its_fills_never_settles() {
    let w = World::open();
    for (group, taken) in [(1 << 8 | 1, 2), (3 << 8, 2), (7, 2)] {
        let draft = spread(&w).with(|d| {
            d.batches[0].fills[0].group = group;
            d.batches[0].fills[2].group = group;
        });
        let expected = incomplete(&draft, group, taken);
        w.prank(RELAYER).settle(&draft.sign()).expect_revert(expected);
    }
}

/// Numbers count within a batch.
#[test]
fn legs_in_two_batches_are_no_group() {
    let w = World::open();
    let draft =
        w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB).batch().fill(BOB, ALICE).with(|d| {
            d.batches[0].fills[0].group = PAIR;
            d.batches[1].fills[0].group = PAIR;
        });
    let expected = incomplete(&draft, PAIR, 1);
    w.prank(RELAYER).settle(&draft.sign()).expect_revert(expected);
}
