//! Signed reports of the present slots: taken from anyone, believed of nobody.
//!
//! A report counts by its signature alone, so it does not matter who brings it. What is kept is bounded: of each reporter the prices of three
//! slots, and of each slot at most [`ROOTS`] roots, each with the prices and alone. The first prices stand: a reporter that tells others
//! something else gains nothing by it.
use crate::round::{FULL_CONFIDENCE, quotes};
use abi::oracle::ReporterSet;
use abi::packed::{Signature, SignedSlot};
use abi::types::SlotReport;
use alloy::primitives::{Address, B256, U256, uint};
use chain::sign::{self, Domain};
use std::collections::{BTreeMap, BTreeSet};

/// Roots of one reporter in a slot. Medians that are superseded bring another root.
pub const ROOTS: usize = 4;
/// Feeds of a report that this reporter has none of: each costs whoever posts some bytes.
pub const FOREIGN: usize = 8;
/// Reports of one reporter in a slot: prices without a root, and each root with them and alone.
pub const REPORTS: usize = 1 + 2 * ROOTS;
/// Slots beside the present one whose reports are taken: clocks differ.
const NEAR: u64 = 1;
/// Slots beside the present one whose reports are kept.
const KEPT: u64 = 2;
/// Half the order of secp256k1: the oracle takes no signature whose `s` lies above it.
const HALF_ORDER: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// What one reporter says of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Who signed.
    pub reporter: Address,
    /// Prices and root.
    pub report: SlotReport,
    /// EIP-712, with a low `s`.
    pub signature: Signature,
}

/// Why a report changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} is no reporter of the oracle's set")]
    Stranger(Address),
    #[error("more than {FOREIGN} of its feeds are not among this reporter's")]
    Feeds,
    #[error("slot {given} is not near the present one, {present}")]
    Slot { given: u64, present: u64 },
    #[error("a price of zero, a confidence above {FULL_CONFIDENCE} ppm, or feeds twice or out of order")]
    Quote,
    #[error("neither a price nor a root")]
    Nothing,
    #[error("{0} has said something else of it")]
    Contradicts(Address),
    #[error("{0} has signed {ROOTS} roots of this slot")]
    Roots(Address),
    #[error("not signed by {0}")]
    Signature(Address),
}

/// Reports of one reporter, the first first: with prices, all the same, and with a root alone.
type Held = Vec<(SlotReport, Signature)>;

/// Reports to be brought together, each with its reporter's place in the set.
pub type Chosen = Vec<(u8, SlotReport, Signature)>;

pub struct VoteBook {
    domain: Domain,
    set: ReporterSet,
    feeds: BTreeSet<B256>,
    slots: BTreeMap<u64, BTreeMap<u8, Held>>,
}

impl VoteBook {
    pub fn new(domain: Domain, set: ReporterSet, feeds: BTreeSet<B256>) -> Self {
        Self { domain, set, feeds, slots: BTreeMap::new() }
    }

    pub fn set(&self) -> &ReporterSet {
        &self.set
    }

    /// Another set governs: reports of the old one are forgotten.
    pub fn govern(&mut self, set: ReporterSet) {
        (self.set, self.slots) = (set, BTreeMap::new());
    }

    /// Most reports that one message can bring anything with.
    pub fn capacity(&self) -> usize {
        REPORTS * self.set.reporters.len()
    }

    /// Forgets what is not near the slot.
    pub fn keep_near(&mut self, slot: u64) {
        self.slots.retain(|kept, _| kept.abs_diff(slot) <= KEPT);
    }

    /// Takes a report; true where it is new.
    ///
    /// # Errors
    /// Why it changes nothing.
    pub fn take(&mut self, vote: &Vote, present: u64) -> Result<bool, Refusal> {
        let Vote { reporter, report, signature } = vote;
        let place = self.admit(*reporter, report.slot, present)?;
        self.readable(report)?;
        let held = self.slots.get(&report.slot).and_then(|slot| slot.get(&place)).map_or(&[][..], Vec::as_slice);
        if held.iter().any(|(known, _)| known == report) {
            return Ok(false);
        }
        let priced = held.iter().find(|(known, _)| !known.feeds.is_empty());
        if !report.feeds.is_empty() && priced.is_some_and(|(known, _)| !quotes(known).eq(quotes(report))) {
            return Err(Refusal::Contradicts(*reporter));
        }
        let roots = held.iter().map(|(known, _)| known.marksRoot).filter(|root| !root.is_zero());
        let roots: BTreeSet<B256> =
            roots.chain([report.marksRoot].into_iter().filter(|root| !root.is_zero())).collect();
        if roots.len() > ROOTS {
            return Err(Refusal::Roots(*reporter));
        }
        signed(self.domain.slot(report), signature, *reporter)?;
        let held = self.slots.entry(report.slot).or_default().entry(place).or_default();
        held.push((report.clone(), *signature));
        Ok(true)
    }

    /// As the oracle reads it, and not longer than it need be.
    fn readable(&self, report: &SlotReport) -> Result<(), Refusal> {
        let SlotReport { feeds, prices, confidences, marksRoot, .. } = report;
        let ascending = feeds.is_sorted_by(|one, next| one < next) && !feeds.first().is_some_and(|feed| feed.is_zero());
        let quoted = feeds.len() == prices.len() && feeds.len() == confidences.len();
        let priced = prices.iter().all(|price| *price != 0) && confidences.iter().all(|ppm| *ppm <= FULL_CONFIDENCE);
        if !(ascending && quoted && priced) {
            return Err(Refusal::Quote);
        }
        if feeds.is_empty() && marksRoot.is_zero() {
            return Err(Refusal::Nothing);
        }
        let foreign = feeds.iter().filter(|feed| !self.feeds.contains(*feed)).count();
        if foreign > FOREIGN { Err(Refusal::Feeds) } else { Ok(()) }
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

    /// One report with prices of each reporter: of those with this root where it signed it, else without any. Of a source group with
    /// several reporters those that its earlier ones leave room for: a group votes once on a feed.
    pub fn priced(&self, slot: u64, root: B256) -> Chosen {
        let mut voted: BTreeSet<(u16, B256)> = BTreeSet::new();
        let reports = self.held(slot).filter_map(|(place, held)| {
            let priced = || held.iter().filter(|(report, _)| !report.feeds.is_empty());
            let with = |root: B256| priced().find(|(report, _)| report.marksRoot == root);
            let (report, signature) = with(root).or_else(|| with(B256::ZERO)).or_else(|| priced().next())?;
            let group = self.group(place)?;
            if report.feeds.iter().any(|feed| voted.contains(&(group, *feed))) {
                return None;
            }
            voted.extend(report.feeds.iter().map(|feed| (group, *feed)));
            Some((place, report.clone(), *signature))
        });
        reports.collect()
    }

    /// The root that a quorum of source groups has signed with its prices.
    pub fn priced_root(&self, slot: u64) -> Option<B256> {
        let mut by_root: BTreeMap<B256, BTreeSet<u16>> = BTreeMap::new();
        for (place, held) in self.held(slot) {
            let priced = held.iter().map(|(report, _)| report).filter(|report| !report.feeds.is_empty());
            for report in priced.filter(|report| !report.marksRoot.is_zero()) {
                by_root.entry(report.marksRoot).or_default().extend(self.group(place));
            }
        }
        by_root.into_iter().find(|(_, groups)| groups.len() >= usize::from(self.set.quorum)).map(|(root, _)| root)
    }

    /// Reports of a quorum of source groups with this root, and with as little else as there is: to be brought alone.
    pub fn quorate(&self, slot: u64, root: B256) -> Option<Chosen> {
        let (mut groups, mut chosen) = (BTreeSet::new(), Chosen::new());
        for (place, held) in self.held(slot) {
            let signed = held.iter().filter(|(report, _)| report.marksRoot == root);
            let Some((report, signature)) = signed.min_by_key(|(report, _)| report.feeds.len()) else { continue };
            if self.group(place).is_some_and(|group| groups.insert(group)) {
                chosen.push((place, report.clone(), *signature));
            }
        }
        (chosen.len() >= usize::from(self.set.quorum)).then_some(chosen)
    }

    /// Whether a reporter has signed a root of the slot.
    pub fn has_signed(&self, reporter: Address, slot: u64, root: B256) -> bool {
        let of = self.place(reporter).and_then(|place| self.slots.get(&slot)?.get(&place));
        of.is_some_and(|held| held.iter().any(|(report, _)| report.marksRoot == root))
    }

    /// Reports to be brought to the chain in one call.
    pub fn call(&self, slot: u64, chosen: Chosen) -> Option<SignedSlot> {
        SignedSlot::of(self.set.clone(), slot, chosen)
    }

    fn held(&self, slot: u64) -> impl Iterator<Item = (u8, &Held)> {
        self.slots.get(&slot).into_iter().flatten().map(|(place, held)| (*place, held))
    }

    fn group(&self, place: u8) -> Option<u16> {
        self.set.reporters.get(usize::from(place)).map(|member| member.group)
    }

    /// Reporters with prices in the slot.
    pub fn voters(&self, slot: u64) -> BTreeSet<u8> {
        let priced = self.held(slot).filter(|(_, held)| held.iter().any(|(report, _)| !report.feeds.is_empty()));
        priced.map(|(place, _)| place).collect()
    }

    /// Whether all have voted in the slot who voted in one of the two before it.
    pub fn all_voted(&self, slot: u64) -> bool {
        let before = &self.voters(slot.saturating_sub(1)) | &self.voters(slot.saturating_sub(2));
        let now = self.voters(slot);
        now.len() >= usize::from(self.set.quorum) && before.is_subset(&now)
    }

    /// All that is kept of a slot.
    pub fn of(&self, slot: u64) -> Vec<Vote> {
        let votes = self.held(slot).filter_map(|(place, held)| {
            let reporter = self.set.reporters.get(usize::from(place))?.signer;
            let vote = move |(report, signature): &(SlotReport, Signature)| Vote {
                reporter,
                report: report.clone(),
                signature: *signature,
            };
            Some(held.iter().map(vote))
        });
        votes.flatten().collect()
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
