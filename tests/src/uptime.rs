//! A feed of the sequencer's uptime with moods, `UptimeFeed`, and what the registry makes of it.
use crate::actors::{GOVERNOR, STRANGER};
use crate::artifacts;
use crate::outcome::Outcome;
use crate::world::World;
use abi::registry::EligibilityRegistry::{graceBetweenCall, outagesCall, recordOutageCall, setUptimeFeedCall};
use abi::registry::Outage;
use alloy::primitives::Address;
use alloy::sol;

sol! {
    interface UptimeFeed {
        enum Mood {
            /// As a feed should be.
            Calm,
            /// Reverts.
            Silent,
            /// Burns all gas.
            Hungry,
            /// Answers as much as its gas allows.
            Loud,
            /// Reverts with as much.
            Bursting,
            /// Leaves the last word out.
            Short,
            /// Answers 2.
            Odd,
            /// A time that fits no clock.
            Wide,
            /// Knows the latest round alone.
            Forgetful,
        }

        function setMood(Mood mood) external;
        function updateStatus(bool down, uint64 timestamp) external;
        function pushRound(bool down, uint64 timestamp) external;
    }
}

pub use UptimeFeed::Mood as FeedMood;

/// A feed that the registry asks.
#[derive(Clone, Copy, Debug)]
pub struct Feed(pub Address);

impl World {
    /// A feed that says "up" since now, and that the governor names.
    pub fn watch_uptime(&self) -> Feed {
        let feed = self.node.deploy(GOVERNOR.address(), artifacts::token("UptimeFeed"));
        self.prank(GOVERNOR).registry(setUptimeFeedCall { feed }).ok();
        Feed(feed)
    }

    /// The sequencer is down, or up again, since now.
    pub fn turns(&self, feed: Feed, down: bool) {
        self.turned(feed, down, self.now());
    }

    /// The same since another time.
    pub fn turned(&self, feed: Feed, down: bool, timestamp: u64) {
        self.prank(STRANGER).send(feed.0, UptimeFeed::updateStatusCall { down, timestamp }).ok();
    }

    /// A round whatever the ones before say.
    pub fn push_round(&self, feed: Feed, down: bool, timestamp: u64) {
        self.prank(STRANGER).send(feed.0, UptimeFeed::pushRoundCall { down, timestamp }).ok();
    }

    /// From now on the feed answers like this.
    pub fn set_feed_mood(&self, feed: Feed, mood: FeedMood) {
        self.prank(STRANGER).send(feed.0, UptimeFeed::setMoodCall { mood }).ok();
    }

    /// Down from now on for so many seconds, seen by nobody; then up again.
    pub fn outage(&self, feed: Feed, seconds: u64) {
        self.turns(feed, true);
        self.warp(seconds);
        self.turns(feed, false);
    }

    /// A stranger lets the registry record what its feed shows.
    pub fn record_outage(&self) -> Outcome<recordOutageCall> {
        self.prank(STRANGER).registry(recordOutageCall {})
    }

    /// Those recorded, in the order of time.
    pub fn outages(&self) -> Vec<Outage> {
        let mut outages = self.view(self.registry, outagesCall {}).to_vec();
        outages.retain(|outage| outage.from != 0);
        outages.sort_by_key(|outage| outage.from);
        outages
    }

    /// Seconds that outages between two times add to a deadline.
    pub fn grace(&self, from: u64, to: u64) -> u64 {
        self.view(self.registry, graceBetweenCall { from, to })
    }
}
