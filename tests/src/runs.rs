//! Runs of random calls, each from a seed. A seed that broke something is kept in a file of `snapshots` and run first ever after.
use crate::artifacts;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// What became of an action: taken, or refused with which error.
pub type Tally = BTreeMap<(&'static str, String), u64>;

/// What a seed makes.
pub trait Run {
    /// One call by somebody, and the checks after it.
    fn step(&mut self);

    /// What must hold when all is over.
    fn end(&mut self) {}

    /// Steps so far, to be read when one breaks something.
    fn steps(&self) -> &[String];

    /// What became of each kind of action so far.
    fn tally(&self) -> &Tally;
}

/// Where the seeds of a kind of run are kept.
#[derive(Clone, Copy, Debug)]
pub struct Seeds(pub &'static str);

/// How many runs, of how many calls.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// One for each seed.
    pub runs: u64,
    /// In each run.
    pub calls: u64,
}

impl Depth {
    /// 64 runs, or 1,024 with `PLUMBLINE_SLOW=1`.
    pub fn of_environment(calls: u64) -> Self {
        let slow = std::env::var_os("PLUMBLINE_SLOW").is_some();
        Self { runs: if slow { 1_024 } else { 64 }, calls }
    }
}

/// Runs all seeds, prints what became of each action and panics where one broke something. `PLUMBLINE_SEED` sets the first seed;
/// `PLUMBLINE_RUNS` their number, without the kept ones.
pub fn run_all<R: Run>(seeds: Seeds, depth: Depth, new: impl Fn(u64) -> R) -> Tally {
    let (first, alone) = (number("PLUMBLINE_SEED").unwrap_or(1), number("PLUMBLINE_RUNS"));
    let (runs, kept) = (alone.unwrap_or(depth.runs), if alone.is_some() { vec![] } else { seeds.kept() });
    println!("{runs} runs of {} calls from seed {first}, and {} kept seeds", depth.calls, kept.len());
    let (mut tally, mut broken) = (Tally::new(), Vec::new());
    for seed in kept.into_iter().chain(first..first + runs) {
        match run(new(seed), depth.calls) {
            Ok(result) => result.into_iter().for_each(|(kind, count)| *tally.entry(kind).or_default() += count),
            Err((steps, reason)) => {
                seeds.keep(seed);
                eprintln!("seed {seed} broke something at step {}:\n{}\n{reason}", steps.len(), steps.join("\n"));
                broken.push(format!("{seed}: {}", reason.lines().collect::<Vec<_>>().join(", ")));
            }
        }
    }
    for ((action, result), count) in &tally {
        println!("{action:<24} {result:<26} {count:>6}");
    }
    assert!(broken.is_empty(), "seeds that broke something:\n{}", broken.join("\n"));
    tally
}

/// Its tally; or its steps, and what broke.
fn run<R: Run>(mut run: R, calls: u64) -> Result<Tally, (Vec<String>, String)> {
    let all = AssertUnwindSafe(|| {
        (0..calls).for_each(|_| run.step());
        run.end();
        if std::env::var_os("PLUMBLINE_STEPS").is_some() {
            println!("{}", run.steps().join("\n"));
        }
    });
    match catch_unwind(all) {
        Ok(()) => Ok(run.tally().clone()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let steps = run.steps().to_vec();
            // What it left behind is nobody's to use.
            std::mem::forget(run);
            Err((steps, text.unwrap_or_default()))
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

impl Seeds {
    /// One a line; what follows it is a remark.
    fn kept(self) -> Vec<u64> {
        let text = std::fs::read_to_string(self.path()).unwrap_or_default();
        text.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
    }

    fn keep(self, seed: u64) {
        if !self.kept().contains(&seed) {
            let text = std::fs::read_to_string(self.path()).unwrap_or_default();
            std::fs::write(self.path(), format!("{text}{seed}\n")).expect("the seed can be kept");
        }
    }

    fn path(self) -> PathBuf {
        artifacts::workspace().join("tests/snapshots").join(self.0)
    }
}
