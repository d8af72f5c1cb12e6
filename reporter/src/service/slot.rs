//! One slot after the other: sign, tell the others, post at one's turn.
use super::Reporter;
use super::clock::SLOT_MILLIS;
use super::turn::{SIGN, Turns};
use super::wire::Message;
use crate::round::{self, Quote};
use crate::votes::{Refusal, Vote};
use abi::types::SlotReport;
use alloy::primitives::B256;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Pause between two looks at the clock.
const TICK: Duration = Duration::from_millis(100);
/// Pause between two looks at the chain.
const LOOK: Duration = Duration::from_millis(500);
/// A node that takes longer has not answered.
pub(super) const ANSWER: Duration = Duration::from_secs(3);
/// Pause between two looks at the marks of a slot, in milliseconds.
const MARKS: u64 = 600;
/// When a reporter computes the marks at the latest, milliseconds into the slot: it waits no longer for others' prices.
const ROOT: u64 = 2_000;

/// Keeps the clock at the chain's time, and the set at the governed one.
pub(super) async fn watch_chain(reporter: Arc<Reporter>) {
    loop {
        reporter.look().await;
        sleep(LOOK).await;
    }
}

/// A slot is a task of its own: one that hangs delays no other.
pub(super) async fn every_slot(reporter: Arc<Reporter>) {
    let (mut slots, mut last) = (JoinSet::new(), 0);
    loop {
        let now = reporter.clock().now();
        let slot = now / SLOT_MILLIS;
        if slot != last && now % SLOT_MILLIS >= SIGN {
            last = slot;
            slots.spawn(timeout(Duration::from_millis(SLOT_MILLIS), one(reporter.clone(), slot)));
        }
        while slots.try_join_next().is_some() {}
        sleep(TICK).await;
    }
}

async fn one(reporter: Arc<Reporter>, slot: u64) {
    reporter.book().keep_near(slot);
    let set = reporter.govern().await;
    let Some(place) = reporter.sign(slot) else { return };
    let telling = tell(reporter.clone(), slot);
    let mut turns = Turns::new(slot, place, set);
    tokio::join!(telling, async {
        let (mut rooted, mut marks_at) = (reporter.committer.is_none(), 0);
        while let Some(millis) = reporter.within(slot) {
            let all_voted = reporter.book().all_voted(slot);
            if !rooted && (all_voted || millis >= ROOT) {
                rooted = true;
                reporter.sign_with_root(slot).await;
            }
            let due = turns.due(millis, all_voted && reporter.has_root(slot));
            if due {
                reporter.post(slot).await;
            }
            if reporter.committer.is_some() && millis >= marks_at {
                marks_at = millis + MARKS;
                reporter.commit(slot, due || turns.is_first()).await;
            }
            sleep(TICK).await;
        }
    });
}

/// Sends what is known to the others. Whoever misses it asks.
async fn tell(reporter: Arc<Reporter>, slot: u64) {
    reporter.peers.send(&reporter.votes_of(slot)).await;
}

impl Reporter {
    /// Looks at the latest block.
    pub(super) async fn look(&self) {
        let asked = self.clock().machine();
        match timeout(ANSWER, self.oracle.latest_block()).await {
            Ok(Ok((block, seconds))) => {
                let answered = self.clock().machine();
                let before = self.clock().shift();
                self.clock().observe(block, seconds, asked, answered);
                let shift = self.clock().shift();
                if before.abs_diff(shift) >= 1_000 {
                    tracing::warn!(shift, "this machine's clock is not the chain's: slots follow the chain's");
                }
                self.done().node = Some(Instant::now());
            }
            Ok(Err(error)) => tracing::warn!("the chain does not say its time: {error:#}"),
            Err(_) => tracing::warn!("the node does not answer within {} s", ANSWER.as_secs()),
        }
    }

    /// Milliseconds into the slot; none before and after it.
    fn within(&self, slot: u64) -> Option<u64> {
        let now = self.clock().now();
        (now / SLOT_MILLIS == slot).then_some(now % SLOT_MILLIS)
    }

    /// Reads the set again where another governs; how many reporters it has.
    async fn govern(&self) -> usize {
        let held = abi::packed::reporter_set_hash(self.book().set());
        let governed = timeout(ANSWER, self.oracle.set_hash()).await;
        if matches!(&governed, Ok(Ok(hash)) if Some(*hash) != held) {
            match timeout(ANSWER, self.oracle.governed_set()).await {
                Ok(Ok(set)) => {
                    tracing::warn!(
                        reporters = set.reporters.len(),
                        quorum = set.quorum,
                        "another reporter set governs"
                    );
                    self.book().govern(set);
                }
                Ok(Err(error)) => tracing::warn!("the reporter set cannot be read: {error:#}"),
                Err(_) => tracing::warn!("the node does not answer within {} s", ANSWER.as_secs()),
            }
        }
        self.book().set().reporters.len()
    }

    /// Signs what the sources say, once for all feeds; this reporter's place in the set, where it has one.
    fn sign(&self, slot: u64) -> Option<u8> {
        let place = self.book().place(self.address())?;
        let (mut quotes, mut unsigned): (BTreeMap<B256, Quote>, _) = (BTreeMap::new(), Vec::new());
        for feed in self.board.inputs().feeds.keys().copied() {
            match self.board.read(feed) {
                Ok(reading) => drop(quotes.insert(feed, reading.quote)),
                Err(reason) => {
                    tracing::warn!(slot, "not signed: {reason}");
                    unsigned.push(reason);
                }
            }
        }
        tracing::debug!(slot, signed = quotes.len(), "signed");
        // A clock that was set back meets a slot again: the first prices stand.
        let report = round::report(slot, &quotes, B256::ZERO);
        let stands = !quotes.is_empty() && matches!(self.take_own(report), Ok(_) | Err(Refusal::Contradicts(_)));
        let mut done = self.done();
        done.unsigned = unsigned;
        if stands {
            done.signed = Some(slot);
        }
        Some(place)
    }

    /// Signs a report; true where it is new.
    pub(super) fn take_own(&self, report: SlotReport) -> Result<bool, Refusal> {
        let slot = report.slot;
        let signature = round::sign_report(&self.oracle.domain, &self.key, &report);
        self.book().take(&Vote { reporter: self.address(), report, signature }, slot)
    }

    /// What this reporter signed first of the slot's prices.
    pub(super) fn own_prices(&self, slot: u64) -> Option<SlotReport> {
        let own = self.book().of(slot).into_iter().filter(|vote| vote.reporter == self.address());
        own.map(|vote| vote.report).find(|report| !report.feeds.is_empty())
    }

    /// Sends the others what this reporter has signed of the slot.
    pub(super) async fn tell_own(&self, slot: u64) {
        let own: Vec<Vote> = self.book().of(slot).into_iter().filter(|vote| vote.reporter == self.address()).collect();
        self.peers.send(&Message::of(slot, &own)).await;
    }
}
