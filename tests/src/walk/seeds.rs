//! Which walks are taken. A seed that broke something is kept in `snapshots/seeds.txt` and walked first ever after.
use super::{Tally, Walk};
use crate::artifacts;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

/// How many walks, of how many steps.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    pub runs: u64,
    pub calls: u64,
}

impl Depth {
    /// 64 × 32, or 1,024 × 32 with `PLUMBLINE_SLOW=1`.
    pub fn of_environment() -> Self {
        let slow = std::env::var_os("PLUMBLINE_SLOW").is_some();
        Self { runs: if slow { 1_024 } else { 64 }, calls: 32 }
    }
}

/// Walks all seeds and prints what became of each action. `PLUMBLINE_SEED` sets the first seed.
pub fn walk_all(depth: Depth) -> Tally {
    let first = std::env::var("PLUMBLINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("{} walks of {} calls from seed {first}, and {} kept seeds", depth.runs, depth.calls, kept().len());
    let mut tally = Tally::new();
    for seed in kept().into_iter().chain(first..first + depth.runs) {
        for (result, count) in walk(seed, depth.calls) {
            *tally.entry(result).or_default() += count;
        }
    }
    for ((action, result), count) in &tally {
        println!("{action:<24} {result:<26} {count:>6}");
    }
    tally
}

fn walk(seed: u64, calls: u64) -> Tally {
    let mut walk = Walk::new(seed);
    let result = catch_unwind(AssertUnwindSafe(|| (0..calls).for_each(|_| walk.step())));
    if let Err(panic) = result {
        keep(seed);
        eprintln!("seed {seed} broke something at step {}:\n{}", walk.steps.len(), walk.steps.join("\n"));
        resume_unwind(panic);
    }
    walk.tally.clone()
}

fn kept() -> Vec<u64> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

fn keep(seed: u64) {
    let mut seeds = kept();
    if !seeds.contains(&seed) {
        seeds.push(seed);
        let text: String = seeds.iter().map(|seed| format!("{seed}\n")).collect();
        std::fs::write(path(), text).expect("the seed can be kept");
    }
}

fn path() -> PathBuf {
    artifacts::workspace().join("tests/snapshots/seeds.txt")
}
