//! The checks on a round: of when it is, whose its reports are, and what they come to.
use crate::{
    median::{Outcome, Vote, Votes},
    storage,
};
use abi::{
    PPM, eip712,
    oracle::{self, PriceOracle, Reporter, ReporterSet},
    packed::{Report, Round, Signature, reporter_set_hash},
    slot_at,
    types::PriceReport,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use contract_kit::{
    host::Host,
    revert::{ensure, malformed},
    signature,
};

/// What all rounds of one call are checked against.
pub struct Rules<'a> {
    host: Host,
    set: &'a ReporterSet,
    domain: B256,
    current: u64,
    oldest: u64,
}

impl<'a> Rules<'a> {
    /// Those of the given set, which must be the governed one.
    pub fn of(host: Host, set: &'a ReporterSet) -> Self {
        let (expected, given) = (storage::set_hash(host), reporter_set_hash(set).unwrap_or_else(|| malformed(0)));
        ensure(expected == given, || PriceOracle::WrongReporterSet { expected, given });
        let domain = eip712::domain_separator(eip712::ORACLE, host.chain_id(), host.this());
        let current = slot_at(host.timestamp());
        Self { host, set, domain, current, oldest: current.saturating_sub(set.maxAgeSlots.into()) }
    }

    /// The votes of a round whose every report is in order.
    pub fn votes(&self, round: &Round) -> Votes {
        self.timely(round.slot);
        let (mut votes, mut groups) = (Votes::default(), Vec::with_capacity(round.reports.len()));
        for report in &round.reports {
            self.vote(round, report, &mut votes, &mut groups);
        }
        votes
    }

    /// What a quorum of these votes makes of the round.
    pub fn judge(&self, round: &Round, votes: &Votes) -> Result<oracle::Round, PriceOracle::NoQuorum> {
        self.quorate(round, votes.outcome(self.set.bandPpm))
    }

    pub fn timely(&self, slot: u64) {
        let (current, oldest) = (self.current, self.oldest);
        ensure(slot <= current, || PriceOracle::SlotInFuture { slot, current });
        ensure(slot >= oldest, || PriceOracle::SlotTooOld { slot, oldest });
    }

    /// Counts a report's price.
    fn vote(&self, round: &Round, report: &Report, votes: &mut Votes, groups: &mut Vec<u16>) {
        let Report { price, confidence, .. } = *report;
        ensure(price != 0, || PriceOracle::InvalidPrice { feed: round.feed });
        ensure(confidence <= PPM, || PriceOracle::InvalidConfidence { confidence });
        let signed = PriceReport { feed: round.feed, slot: round.slot, price, confidence };
        self.count(report.reporter, eip712::report_hash(&signed), &report.signature, groups);
        votes.add(Vote { price, confidence });
    }

    /// Counts the group of the reporter at `place`, who must have signed; a group counts once.
    pub fn count(&self, place: u8, signed: B256, signature: &Signature, groups: &mut Vec<u16>) {
        let digest = eip712::digest(self.domain, signed);
        let (named, recovered) = (self.named(place), signature::recover(self.host, digest, signature));
        let (expected, group) = (named.signer, named.group);
        ensure(recovered == expected && !recovered.is_zero(), || PriceOracle::InvalidSigner { expected, recovered });
        ensure(!groups.contains(&group), || PriceOracle::DuplicateGroup { group });
        groups.push(group);
    }

    pub fn quorum(&self) -> usize {
        self.set.quorum.into()
    }

    /// A place outside the set is the zero address's, who cannot sign.
    fn named(&self, place: u8) -> Reporter {
        let nobody = Reporter { signer: Address::ZERO, group: 0 };
        self.set.reporters.get(usize::from(place)).cloned().unwrap_or(nobody)
    }

    fn quorate(&self, round: &Round, outcome: Option<Outcome>) -> Result<oracle::Round, PriceOracle::NoQuorum> {
        let (counted, quorum) = (outcome.map_or(0, |outcome| outcome.votes), self.quorum());
        let short =
            || PriceOracle::NoQuorum { feed: round.feed, votes: U256::from(counted), quorum: U256::from(quorum) };
        let outcome = outcome.filter(|outcome| outcome.votes >= quorum).ok_or_else(short)?;
        Ok(oracle::Round {
            slot: round.slot,
            price: outcome.price,
            confidence: outcome.confidence,
            dispersion: outcome.dispersion,
            votes: outcome.votes as u8,
            dropped: outcome.dropped as u8,
        })
    }
}
