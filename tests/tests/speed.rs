//! How fast the local chain settles: `cargo xtask bench settle`.
use abi::packed::Bundle;
use plumbline_tests::*;
use std::time::{Duration, Instant};

/// Settles bundles one after the other, each signed on what the one before left; the time of the transactions alone.
fn settle_all(w: &World, count: u32, fills: usize) -> Duration {
    let mut taken = Duration::ZERO;
    for _ in 0..count {
        let bundle = next(w, fills);
        let started = Instant::now();
        w.prank(RELAYER).settle(&bundle).ok();
        taken += started.elapsed();
    }
    taken
}

fn next(w: &World, fills: usize) -> Bundle {
    let draft = w.draft(&[(ALICE, usd(50_000)), (BOB, usd(50_000))]);
    (0..fills).fold(draft, |draft, _| draft.fill(ALICE, BOB)).sign()
}

#[test]
#[ignore = "a measurement"]
fn settlements_per_second() {
    let w = World::open();
    for (count, fills) in [(2_000, 1), (200, 100)] {
        let each = settle_all(&w, count, fills) / count;
        let second = 1.0 / each.as_secs_f64();
        println!(
            "settle, 2 accounts, {fills:>3} fills, a block each: {each:?}, {second:.0} bundles/s, {:.0} fills/s",
            second * fills as f64
        );
    }
}
