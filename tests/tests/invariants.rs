//! What must always hold (design, invariants 1, 2, 3, 5, 6, 7, 9, 10), after every step of random walks over all entry points.
use plumbline_tests::runs::{Depth, Seeds, run_all};
use plumbline_tests::walk::Walk;
use std::collections::BTreeSet;

#[test]
fn invariants_hold_over_random_walks() {
    let tally = run_all(Seeds("seeds.txt"), Depth::of_environment(32), Walk::new);
    let tried: BTreeSet<_> = tally.keys().map(|(action, _)| *action).collect();
    let taken: BTreeSet<_> = tally.keys().filter(|(_, result)| result == "taken").map(|(action, _)| *action).collect();
    assert_eq!(tried, taken, "an action that never succeeded: the walks say nothing about it");
    assert_eq!(taken.len(), 48, "every action was tried: {taken:?}");
}
