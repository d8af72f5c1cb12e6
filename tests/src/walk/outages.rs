//! The sequencer goes down and up again, as a feed says that is not always honest; anybody records it.
use super::Walk;
use super::act::{Step, TAKEN};
use crate::actors::{GOVERNOR, STRANGER};
use crate::uptime::FeedMood;
use abi::registry::EligibilityRegistry::{recordOutageCall, setUptimeFeedCall};
use alloy::primitives::Address;
use rand::Rng;

impl Walk {
    pub(super) fn outage(&mut self) -> Step {
        match self.rng.random_range(0..8) {
            0..3 => self.turn(),
            3..6 => self.record_outage(),
            6 => self.feed_mood(),
            _ => self.set_uptime_feed(),
        }
    }

    /// Mostly an outage ends soon, so that walks get somewhere.
    pub(super) fn recover(&mut self) -> Option<Step> {
        (self.down && self.chance(20)).then(|| self.turn())
    }

    /// Down, and for a while, or up. Now and then with a time that is wrong.
    fn turn(&mut self) -> Step {
        self.down = !self.down;
        let shift = if self.chance(20) { self.rng.random_range(-4_000..100) } else { 0 };
        self.w.push_round(self.feed, self.down, self.w.now().saturating_add_signed(shift));
        if self.down {
            self.w.warp(self.rng.random_range(0..5_000));
        }
        self.note("sequencer turns", TAKEN);
        Step { name: "sequencer turns", ok: true }
    }

    fn record_outage(&mut self) -> Step {
        let outcome = self.w.prank(STRANGER).registry(recordOutageCall {});
        self.did("record outage", outcome)
    }

    /// It fails in one way or another, and mostly is calm again.
    fn feed_mood(&mut self) -> Step {
        let mood = self.pick(&[
            FeedMood::Calm,
            FeedMood::Calm,
            FeedMood::Silent,
            FeedMood::Loud,
            FeedMood::Short,
            FeedMood::Odd,
            FeedMood::Forgetful,
        ]);
        self.w.set_feed_mood(self.feed, mood);
        self.note("feed mood", TAKEN);
        Step { name: "feed mood", ok: true }
    }

    fn set_uptime_feed(&mut self) -> Step {
        let feed = if self.chance(80) { self.feed.0 } else { Address::ZERO };
        self.registry("set uptime feed", GOVERNOR, setUptimeFeedCall { feed })
    }
}
