//! The checks on a slot: of when it is, whose its reports are, and what votes they hold.
use crate::storage;
use abi::{
    eip712,
    median::{Vote, Votes},
    oracle::{
        PriceOracle::{self, DuplicateGroup, InvalidPrice, InvalidSigner, NoMarksQuorum, NoQuorum},
        Reporter, ReporterSet, Round,
    },
    packed::{Report, Reports, SignedSlot, reporter_set_hash},
    slot_at,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use contract_kit::{
    host::Host,
    revert::{ensure, malformed},
    signature,
};

/// The votes of a slot whose every report is in order.
pub struct Poll<'a> {
    set: &'a ReporterSet,
    reports: &'a Reports,
    feeds: Vec<FeedPoll>,
    /// Groups that signed each root.
    roots: Vec<Groups>,
}

/// The votes on one feed.
#[derive(Clone, Default)]
struct FeedPoll {
    votes: Votes,
    groups: Groups,
}

/// Source groups as bits, each that of its first reporter in the set.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Groups(u32);

impl Groups {
    fn of(set: &ReporterSet, reporter: &Reporter) -> Self {
        let first = set.reporters.iter().position(|other| other.group == reporter.group);
        Self(1u32.wrapping_shl(first.unwrap_or_default() as u32))
    }

    /// Adds a group; false where it was there.
    #[must_use]
    fn add(&mut self, group: Self) -> bool {
        let new = self.0 & group.0 == 0;
        self.0 |= group.0;
        new
    }

    fn count(self) -> usize {
        self.0.count_ones() as usize
    }
}

impl<'a> Poll<'a> {
    /// Of the given set, which must be the governed one.
    pub fn of(host: Host, signed: &'a SignedSlot) -> Self {
        let SignedSlot { set, reports, .. } = signed;
        let (expected, given) = (storage::set_hash(host), reporter_set_hash(set).unwrap_or_else(|| malformed(0)));
        ensure(expected == given, || PriceOracle::WrongReporterSet { expected, given });
        timely(host, set, reports.slot);
        let mut poll = Self {
            set,
            reports,
            feeds: alloc::vec![FeedPoll::default(); reports.feeds.len()],
            roots: alloc::vec![Groups::default(); reports.roots.len()],
        };
        let domain = eip712::oracle_domain(host.chain_id(), host.this());
        let all = reports.feeds_hash();
        for (report, signature) in reports.reports.iter().zip(&signed.signatures) {
            let named = named(set, report.reporter);
            let digest = eip712::digest(domain, reports.hash(report, all));
            let (expected, recovered) = (named.signer, signature::recover(host, digest, signature));
            ensure(recovered == expected && !recovered.is_zero(), || InvalidSigner { expected, recovered });
            poll.count(report, &named);
        }
        poll
    }

    /// A group votes once on a feed; on a root it counts once.
    fn count(&mut self, report: &Report, by: &Reporter) {
        let group = Groups::of(self.set, by);
        for quote in &report.quotes {
            let Some(feed) = self.feeds.get_mut(usize::from(quote.feed)) else { continue };
            ensure(quote.price != 0, || InvalidPrice { feed: feed_of(self.reports, quote.feed.into()) });
            ensure(feed.groups.add(group), || DuplicateGroup { group: by.group });
            feed.votes.add(Vote { price: quote.price, confidence: quote.confidence });
        }
        if let Some(root) = usize::from(report.root).checked_sub(1).and_then(|at| self.roots.get_mut(at)) {
            let _counted_before = !root.add(group);
        }
    }

    pub fn slot(&self) -> u64 {
        self.reports.slot
    }

    /// What the votes make of the feed at `place`, where a quorum of them lies in the band.
    pub fn round(&self, place: usize) -> Result<Round, NoQuorum> {
        let outcome = self.votes(place).outcome(self.set.bandPpm);
        let (counted, quorum) = (outcome.map_or(0, |outcome| outcome.votes), usize::from(self.set.quorum));
        let feed = feed_of(self.reports, place);
        let short = || NoQuorum { feed, votes: U256::from(counted), quorum: U256::from(quorum) };
        let outcome = outcome.filter(|outcome| outcome.votes >= quorum).ok_or_else(short)?;
        Ok(Round {
            slot: self.reports.slot,
            price: outcome.price,
            confidence: outcome.confidence,
            dispersion: outcome.dispersion,
            votes: outcome.votes as u8,
            dropped: outcome.dropped as u8,
        })
    }

    /// The votes on the feed at `place`.
    pub fn votes(&self, place: usize) -> &Votes {
        const NONE: &Votes = &Votes::NONE;
        self.feeds.get(place).map_or(NONE, |feed| &feed.votes)
    }

    /// The first root that a quorum of groups signed, as a place counted from 1, and the root.
    pub fn root(&self) -> Result<(u8, B256), NoMarksQuorum> {
        let quorum = usize::from(self.set.quorum);
        let signed = (1u8..).zip(&self.roots).find(|(_, groups)| groups.count() >= quorum);
        let most = self.roots.iter().map(|groups| groups.count()).max().unwrap_or_default();
        let (slot, votes, quorum) = (self.reports.slot, U256::from(most), U256::from(quorum));
        signed.map(|(place, _)| (place, self.reports.root(place))).ok_or(NoMarksQuorum { slot, votes, quorum })
    }
}

/// Not in the future, and no older than the set allows.
fn timely(host: Host, set: &ReporterSet, slot: u64) {
    let current = slot_at(host.timestamp());
    let oldest = current.saturating_sub(set.maxAgeSlots.into());
    ensure(slot <= current, || PriceOracle::SlotInFuture { slot, current });
    ensure(slot >= oldest, || PriceOracle::SlotTooOld { slot, oldest });
}

/// A place outside the set is the zero address's, who cannot sign.
fn named(set: &ReporterSet, place: u8) -> Reporter {
    let nobody = Reporter { signer: Address::ZERO, group: 0 };
    set.reporters.get(usize::from(place)).cloned().unwrap_or(nobody)
}

fn feed_of(reports: &Reports, place: usize) -> B256 {
    reports.feeds.get(place).copied().unwrap_or_default()
}
