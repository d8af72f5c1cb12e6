//! What `/healthz` says: how things are, and what is wrong with them.
use super::Reporter;
use super::peers::PeerView;
use alloy::primitives::{Address, B256};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Slots that may pass without what each slot should bring.
const GRACE_SLOTS: u64 = 2;
/// Without an answer of the node for as long, nothing is known.
const NODE: Duration = Duration::from_secs(15);

/// What has happened so far.
#[derive(Clone, Debug)]
pub struct Done {
    pub started: Instant,
    /// When the node last answered.
    pub node: Option<Instant>,
    pub signed: Option<u64>,
    /// The newest slot for which the chain has a round of any of the feeds.
    pub round: Option<u64>,
    pub posted: Option<Transaction>,
    pub synced: Option<u64>,
    pub marks: Option<u64>,
    /// Feeds that were not signed in the last slot, and why.
    pub unsigned: Vec<String>,
    /// Why the last try at posting failed.
    pub failure: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Transaction {
    pub slot: u64,
    pub transaction: B256,
    pub gas: u64,
}

/// Healthy where `problems` is empty.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthView {
    pub status: &'static str,
    pub problems: Vec<String>,
    pub reporter: Address,
    /// Its place in the oracle's set.
    pub place: Option<u8>,
    /// The present slot.
    pub slot: u64,
    pub last_signed: Option<u64>,
    pub last_round: Option<u64>,
    pub last_posted: Option<Transaction>,
    pub last_synced: Option<u64>,
    pub last_marks: Option<u64>,
    /// Milliseconds by which this machine's clock is moved to the chain's time.
    pub clock_shift: i64,
    pub peers: Vec<PeerView>,
}

impl Default for Done {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            node: None,
            signed: None,
            round: None,
            posted: None,
            synced: None,
            marks: None,
            unsigned: Vec::new(),
            failure: None,
        }
    }
}

impl Reporter {
    /// As `GET /healthz` shows it.
    pub fn health(&self) -> HealthView {
        let (done, clock) = (self.done().clone(), *self.clock());
        let slot = abi::slot_at(clock.now() / 1_000);
        let place = self.book().place(self.address());
        let problems = self.problems(&done, slot, place);
        HealthView {
            status: if problems.is_empty() { "ok" } else { "degraded" },
            problems,
            reporter: self.address(),
            place,
            slot,
            last_signed: done.signed,
            last_round: done.round,
            last_posted: done.posted,
            last_synced: done.synced,
            last_marks: done.marks,
            clock_shift: clock.shift(),
            peers: self.peers().views(),
        }
    }

    fn problems(&self, done: &Done, slot: u64, place: Option<u8>) -> Vec<String> {
        let mut problems = done.unsigned.clone();
        if place.is_none() {
            problems.push(format!("{} is not in the oracle's reporter set", self.address()));
        }
        if done.node.unwrap_or(done.started).elapsed() > NODE {
            problems.push("the node does not answer".to_owned());
        }
        let starting = done.started.elapsed() < Duration::from_secs((GRACE_SLOTS + 1) * abi::SLOT_SECONDS);
        let late = |last: Option<u64>| match last {
            Some(last) => last + GRACE_SLOTS < slot,
            None => !starting,
        };
        if late(done.signed) {
            problems.push("nothing has been signed of late".to_owned());
        }
        if late(done.round) {
            let why = done.failure.as_ref().map_or(String::new(), |failure| format!(": {failure}"));
            problems.push(format!("the chain has no round of late{why}"));
        }
        problems
    }
}
