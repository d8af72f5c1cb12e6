//! Random walks: anybody calls anything, time passes, and after each step everything that must hold is checked.
mod act;
mod checks;
mod dispute;
mod govern;
mod haircuts;
mod issuer;
mod orders;
mod outages;

use crate::actors::Actor;
use crate::fork::Fork;
use crate::runs::{Run, Tally};
use crate::uptime::Feed;
use crate::world::World;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// One run of a random walk.
pub struct Walk {
    w: Fork,
    /// As of the call under way.
    before: checks::Before,
    haircuts: haircuts::Haircuts,
    feed: Feed,
    /// The feed says so.
    down: bool,
    rng: StdRng,
    nonce: u64,
    steps: Vec<String>,
    tally: Tally,
}

impl Walk {
    /// A world with accounts, guardian, pauser and uptime feed; the same seed walks the same way.
    pub fn new(seed: u64) -> Self {
        let (w, rng) = (World::open(), StdRng::seed_from_u64(seed));
        w.appoint();
        let feed = w.watch_uptime();
        let (before, haircuts) = (checks::Before::of(&w), haircuts::Haircuts::of(&w));
        Self { before, haircuts, w, feed, down: false, rng, nonce: 1_000, steps: vec![], tally: Tally::new() }
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.random_range(0..of.len())]
    }

    fn desk(&mut self) -> Actor {
        self.pick(&crate::actors::DESKS)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn fresh_nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }
}

impl Run for Walk {
    fn step(&mut self) {
        self.before = checks::Before::of(&self.w);
        let paused = self.is_paused();
        let act::Step { name, ok } = self.act();
        assert!(!(paused && ok && checks::STOPPED_BY_A_PAUSE.contains(&name)), "{name} went through a pause");
        self.before.check(&self.w, name);
        self.haircuts.check(&self.w, name);
        self.w.audit();
    }

    fn steps(&self) -> &[String] {
        &self.steps
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
