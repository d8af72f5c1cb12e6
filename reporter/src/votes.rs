//! Signed votes of the present slots: taken from anyone, believed of nobody.
//!
//! A vote counts by its signature alone, so it does not matter who brings it. What is kept is bounded: of each reporter and feed one price a
//! slot, of three slots, and of each reporter and slot at most [`ROOTS`] roots. The first vote stands: a reporter that tells others something
//! else gains nothing by it.
use crate::Quote;
use crate::feed;
use crate::round::FULL_CONFIDENCE;
use abi::oracle::ReporterSet;
use abi::packed::{MarksVote, Report, Round, Signature};
use abi::types::{MarksRoot, PriceReport};
use alloy::primitives::{Address, B256, U256, uint};
use chain::sign::{self, Domain};
use std::collections::{BTreeMap, BTreeSet};

/// Roots of one reporter in a slot. Medians that are superseded bring another root.
pub const ROOTS: usize = 4;
/// Slots beside the present one whose votes are taken: clocks differ.
const NEAR: u64 = 1;
/// Slots beside the present one whose votes are kept.
const KEPT: u64 = 2;
/// Half the order of secp256k1: the oracle takes no signature whose `s` lies above it.
const HALF_ORDER: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// What one reporter says of one feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    pub reporter: Address,
    pub feed: B256,
    pub slot: u64,
    pub quote: Quote,
    pub signature: Signature,
}

/// One reporter's root over the marks of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootVote {
    pub reporter: Address,
    pub slot: u64,
    pub root: B256,
    pub signature: Signature,
}

/// Why a vote changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} is no reporter of the oracle's set")]
    Stranger(Address),
    #[error("feed {0} is not among this reporter's")]
    Feed(String),
    #[error("slot {given} is not near the present one, {present}")]
    Slot { given: u64, present: u64 },
    #[error("a price of zero, or a confidence above {FULL_CONFIDENCE} ppm")]
    Quote,
    #[error("{0} has said something else of it")]
    Contradicts(Address),
    #[error("{0} has signed {ROOTS} roots of this slot")]
    Roots(Address),
    #[error("not signed by {0}")]
    Signature(Address),
}

#[derive(Default)]
struct Slot {
    prices: BTreeMap<(B256, u8), (Quote, Signature)>,
    roots: BTreeMap<u8, Vec<(B256, Signature)>>,
}

pub struct VoteBook {
    domain: Domain,
    set: ReporterSet,
    feeds: BTreeSet<B256>,
    slots: BTreeMap<u64, Slot>,
}

impl VoteBook {
    pub fn new(domain: Domain, set: ReporterSet, feeds: BTreeSet<B256>) -> Self {
        Self { domain, set, feeds, slots: BTreeMap::new() }
    }

    pub fn set(&self) -> &ReporterSet {
        &self.set
    }

    /// Another set governs: votes of the old one are forgotten.
    pub fn govern(&mut self, set: ReporterSet) {
        (self.set, self.slots) = (set, BTreeMap::new());
    }

    /// Most votes and roots that one message can bring anything with.
    pub fn capacity(&self) -> (usize, usize) {
        (self.feeds.len() * self.set.reporters.len(), ROOTS * self.set.reporters.len())
    }

    /// Forgets what is not near the slot.
    pub fn keep_near(&mut self, slot: u64) {
        self.slots.retain(|kept, _| kept.abs_diff(slot) <= KEPT);
    }

    /// Takes a vote; true where it is new.
    ///
    /// # Errors
    /// Why it changes nothing.
    pub fn take(&mut self, vote: &Vote, present: u64) -> Result<bool, Refusal> {
        let place = self.admit(vote.reporter, vote.slot, present)?;
        if !self.feeds.contains(&vote.feed) {
            return Err(Refusal::Feed(feed::name(&vote.feed)));
        }
        let Quote { price, confidence } = vote.quote;
        if price == 0 || confidence > FULL_CONFIDENCE {
            return Err(Refusal::Quote);
        }
        match self.slots.get(&vote.slot).and_then(|slot| slot.prices.get(&(vote.feed, place))) {
            Some((held, _)) if *held == vote.quote => return Ok(false),
            Some(_) => return Err(Refusal::Contradicts(vote.reporter)),
            None => {}
        }
        let report = PriceReport { feed: vote.feed, slot: vote.slot, price, confidence };
        signed(self.domain.report(&report), &vote.signature, vote.reporter)?;
        let slot = self.slots.entry(vote.slot).or_default();
        slot.prices.insert((vote.feed, place), (vote.quote, vote.signature));
        Ok(true)
    }

    /// Takes a root; true where it is new.
    ///
    /// # Errors
    /// Why it changes nothing.
    pub fn take_root(&mut self, vote: &RootVote, present: u64) -> Result<bool, Refusal> {
        let place = self.admit(vote.reporter, vote.slot, present)?;
        let held = self.slots.get(&vote.slot).and_then(|slot| slot.roots.get(&place)).map_or(&[][..], Vec::as_slice);
        if held.iter().any(|(root, _)| *root == vote.root) {
            return Ok(false);
        }
        if held.len() >= ROOTS || vote.root.is_zero() {
            return Err(Refusal::Roots(vote.reporter));
        }
        let digest = self.domain.marks(&MarksRoot { slot: vote.slot, root: vote.root });
        signed(digest, &vote.signature, vote.reporter)?;
        let roots = &mut self.slots.entry(vote.slot).or_default().roots;
        roots.entry(place).or_default().push((vote.root, vote.signature));
        Ok(true)
    }

    /// The reporter's place in the set; only near slots have room.
    fn admit(&self, reporter: Address, slot: u64, present: u64) -> Result<u8, Refusal> {
        if slot.abs_diff(present) > NEAR {
            return Err(Refusal::Slot { given: slot, present });
        }
        self.place(reporter).ok_or(Refusal::Stranger(reporter))
    }

    pub fn place(&self, reporter: Address) -> Option<u8> {
        self.set.reporters.iter().position(|member| member.signer == reporter).and_then(|place| place.try_into().ok())
    }

    /// Rounds of all feeds that have votes in the slot; a source group speaks through its first reporter.
    pub fn rounds(&self, slot: u64) -> Vec<Round> {
        let Some(held) = self.slots.get(&slot) else { return Vec::new() };
        let mut rounds: BTreeMap<B256, (Vec<Report>, BTreeSet<u16>)> = BTreeMap::new();
        for ((feed, place), (Quote { price, confidence }, signature)) in &held.prices {
            let (reports, groups) = rounds.entry(*feed).or_default();
            if self.group(*place).is_some_and(|group| groups.insert(group)) {
                let (price, confidence, signature) = (*price, *confidence, *signature);
                reports.push(Report { reporter: *place, price, confidence, signature });
            }
        }
        rounds.into_iter().map(|(feed, (reports, _))| Round { feed, slot, reports }).collect()
    }

    /// A root of the slot that a quorum of source groups has signed, with their votes.
    pub fn quorate_root(&self, slot: u64) -> Option<(B256, Vec<MarksVote>)> {
        let held = self.slots.get(&slot)?;
        let mut by_root: BTreeMap<B256, (Vec<MarksVote>, BTreeSet<u16>)> = BTreeMap::new();
        for (place, roots) in &held.roots {
            for (root, signature) in roots {
                let (votes, groups) = by_root.entry(*root).or_default();
                if self.group(*place).is_some_and(|group| groups.insert(group)) {
                    votes.push(MarksVote { reporter: *place, signature: *signature });
                }
            }
        }
        let quorum = usize::from(self.set.quorum);
        by_root.into_iter().map(|(root, (votes, _))| (root, votes)).find(|(_, votes)| votes.len() >= quorum)
    }

    fn group(&self, place: u8) -> Option<u16> {
        self.set.reporters.get(usize::from(place)).map(|member| member.group)
    }

    /// Reporters with a vote in the slot.
    pub fn voters(&self, slot: u64) -> BTreeSet<u8> {
        self.slots.get(&slot).map(|held| held.prices.keys().map(|(_, place)| *place).collect()).unwrap_or_default()
    }

    /// Whether all have voted in the slot who voted in one of the two before it.
    pub fn all_voted(&self, slot: u64) -> bool {
        let before = &self.voters(slot.saturating_sub(1)) | &self.voters(slot.saturating_sub(2));
        let now = self.voters(slot);
        now.len() >= usize::from(self.set.quorum) && before.is_subset(&now)
    }

    /// All that is kept of a slot.
    pub fn of(&self, slot: u64) -> (Vec<Vote>, Vec<RootVote>) {
        let Some(held) = self.slots.get(&slot) else { return Default::default() };
        let signer = |place: u8| self.set.reporters.get(usize::from(place)).map(|member| member.signer);
        let votes = held.prices.iter().filter_map(|((feed, place), (quote, signature))| {
            Some(Vote { reporter: signer(*place)?, feed: *feed, slot, quote: *quote, signature: *signature })
        });
        let roots = held.roots.iter().flat_map(|(place, roots)| roots.iter().map(move |root| (*place, root)));
        let roots = roots.filter_map(|(place, (root, signature))| {
            Some(RootVote { reporter: signer(place)?, slot, root: *root, signature: *signature })
        });
        (votes.collect(), roots.collect())
    }
}

/// As the oracle judges it.
fn signed(digest: B256, signature: &Signature, by: Address) -> Result<(), Refusal> {
    let mut s = [0u8; 32];
    s.copy_from_slice(&signature[32..]);
    s[0] &= 0x7f;
    let canonical = U256::from_be_bytes(s) <= HALF_ORDER;
    if canonical && sign::recover(digest, signature) == Some(by) { Ok(()) } else { Err(Refusal::Signature(by)) }
}

#[cfg(test)]
#[path = "votes_tests.rs"]
mod tests;
