//! Rounds and roots as votes make them: every vote of a slot is told, and what came of it is computed anew.
use super::{Fault, Ledger};
use crate::events;
use abi::oracle::PriceOracle::{ReportersSet, SlotTaken};
use abi::oracle::{KEPT_SLOTS, Round};
use abi::packed::{Reports, TakenSlot};
use alloy::primitives::B256;
use std::collections::{BTreeMap, BTreeSet};

/// The number of its findings.
const INVARIANT: u8 = 12;
const PPM: u128 = 1_000_000;

/// What the oracle keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    /// Quorum, band in ppm, and the group of each reporter; none before there is a set.
    governed: Option<(usize, u128, Vec<u16>)>,
    rounds: BTreeMap<(u64, B256), Round>,
    roots: BTreeMap<u64, B256>,
}

/// Price and confidence of one vote.
type Vote = (u64, u32);

impl Ledger {
    pub(super) fn govern_prices(&mut self, event: &ReportersSet) -> Result<(), Fault> {
        self.slots.governed = Some((event.quorum.into(), event.bandPpm.into(), event.groups.clone()));
        Ok(())
    }

    /// Follows a slot.
    ///
    /// # Errors
    /// What was kept is not what the votes make, or was to be kept and was not.
    pub(super) fn take_slot(&mut self, event: &SlotTaken) -> Result<(), Fault> {
        let unreadable = || Fault::new(INVARIANT, "a slot's votes", "packed bytes", "something else");
        let taken = events::taken(event).ok_or_else(unreadable)?;
        let judged = self.slots.judge(&taken);
        self.slots.follow(&taken);
        judged
    }
}

impl Slots {
    fn judge(&self, taken: &TakenSlot) -> Result<(), Fault> {
        let Some((quorum, band, groups)) = &self.governed else { return Ok(()) };
        let slot = taken.reports.slot;
        for (place, (feed, kept)) in taken.reports.feeds.iter().zip(&taken.outcomes).enumerate() {
            let votes = votes(&taken.reports, place, groups)?;
            let held = self.rounds.get(&(slot, *feed));
            let expected = expected(slot, &votes, held, *quorum, *band);
            let found = Some(kept).filter(|round| round.price != 0).cloned();
            if expected != found {
                let what = format!("round of {} in slot {slot}", text(feed));
                return Err(Fault::new(INVARIANT, what, format!("{expected:?}"), format!("{found:?}")));
            }
        }
        let expected = if self.roots.contains_key(&slot) { None } else { root(&taken.reports, groups, *quorum) };
        let shown = |root: Option<B256>| root.map_or_else(|| "none".to_owned(), |root| root.to_string());
        super::fault::equal(INVARIANT, "root of a slot's marks", shown(expected), shown(taken.root()))
    }

    fn follow(&mut self, taken: &TakenSlot) {
        let slot = taken.reports.slot;
        self.rounds.extend(taken.rounds().map(|(feed, round)| ((slot, feed), round.clone())));
        self.roots.extend(taken.root().map(|root| (slot, root)));
        let newest = self.rounds.last_key_value().map_or(0, |((slot, _), _)| *slot);
        let oldest = newest.saturating_sub(KEPT_SLOTS);
        self.rounds = self.rounds.split_off(&(oldest, B256::ZERO));
        self.roots = self.roots.split_off(&oldest);
    }
}

/// Of one feed, ascending by price; each source group's once.
fn votes(reports: &Reports, place: usize, groups: &[u16]) -> Result<Vec<Vote>, Fault> {
    let (mut votes, mut voted) = (Vec::new(), BTreeSet::new());
    for report in &reports.reports {
        let said = report.quotes.iter().find(|quote| usize::from(quote.feed) == place);
        let Some(quote) = said else { continue };
        if !groups.get(usize::from(report.reporter)).is_some_and(|group| voted.insert(*group)) {
            let what = format!("vote of the reporter at place {}", report.reporter);
            return Err(Fault::new(INVARIANT, what, "one of each source group", "another one"));
        }
        votes.push((quote.price, quote.confidence));
    }
    votes.sort_unstable();
    Ok(votes)
}

/// What the slot holds from here on; none where that is what it held.
fn expected(slot: u64, votes: &[Vote], held: Option<&Round>, quorum: usize, band: u128) -> Option<Round> {
    let reports = held.map_or(0, Round::reports);
    let middle = median(votes)?;
    let near = |price: u64| u128::from(price.abs_diff(middle)) * PPM <= u128::from(middle) * band;
    let counted: Vec<Vote> = votes.iter().copied().filter(|(price, _)| near(*price)).collect();
    let farthest = |price: u64| {
        let distances = votes.iter().map(|(other, _)| u128::from(other.abs_diff(price)) * PPM);
        u32::try_from(distances.max().unwrap_or(0).div_ceil(u128::from(price))).unwrap_or(u32::MAX)
    };
    if votes.len() <= reports {
        return None;
    }
    let count = |votes: usize| u8::try_from(votes).unwrap_or(u8::MAX);
    if counted.len() < quorum {
        let held = held?;
        let dropped = count(votes.len().saturating_sub(held.votes.into()));
        return Some(Round { dispersion: held.dispersion.max(farthest(held.price)), dropped, ..held.clone() });
    }
    let price = median(&counted)?;
    let mut confidences: Vec<u32> = counted.iter().map(|(_, confidence)| *confidence).collect();
    confidences.sort_unstable();
    Some(Round {
        slot,
        price,
        confidence: *confidences.get((confidences.len() - 1) / 2)?,
        dispersion: farthest(price),
        votes: count(counted.len()),
        dropped: count(votes.len() - counted.len()),
    })
}

/// Of ascending votes; of an even number the mean of the middle two, rounded down.
fn median(votes: &[Vote]) -> Option<u64> {
    let (upper, _) = votes.get(votes.len() / 2)?;
    let (lower, _) = votes.get((votes.len() - 1) / 2)?;
    Some(lower.midpoint(*upper))
}

/// The first root that a quorum of source groups signed.
fn root(reports: &Reports, groups: &[u16], quorum: usize) -> Option<B256> {
    let signed = |place: usize| {
        let signers = reports.reports.iter().filter(|report| usize::from(report.root) == place + 1);
        signers.filter_map(|report| groups.get(usize::from(report.reporter))).collect::<BTreeSet<_>>().len()
    };
    (0..reports.roots.len()).find(|place| signed(*place) >= quorum).map(|place| reports.roots[place])
}

fn text(feed: &B256) -> String {
    feed.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::types::SlotReport;

    const SLOT: u64 = 176_013_001;
    const FEED: B256 = B256::repeat_byte(7);
    const ROOT: B256 = B256::repeat_byte(9);

    fn governed() -> Ledger {
        let mut ledger = Ledger::default();
        let (signers, groups) = (vec![], vec![1, 2, 3, 4, 4]);
        let set = ReportersSet { setHash: B256::ZERO, quorum: 3, bandPpm: 20_000, maxAgeSlots: 6, signers, groups };
        ledger.govern_prices(&set).unwrap();
        ledger
    }

    /// What the oracle would tell: reporter i says `prices[i]`, and signs the root.
    fn told(prices: &[u64], committed: u8, round: Option<(u64, u32, u8, u8)>) -> SlotTaken {
        let say = |(place, price): (u8, &u64)| {
            let (feeds, confidences) = (vec![FEED], vec![1_000_000]);
            (place, SlotReport { slot: SLOT, feeds, prices: vec![*price], confidences, marksRoot: ROOT })
        };
        let reports = Reports::of(SLOT, &(0..).zip(prices).map(say).collect::<Vec<_>>()).unwrap();
        let round = round.map(|(price, dispersion, votes, dropped)| Round {
            slot: SLOT,
            price,
            confidence: 1_000_000,
            dispersion,
            votes,
            dropped,
        });
        let mut taken = reports.encode().unwrap();
        TakenSlot::write_outcomes(committed, [round.as_ref()].into_iter(), &mut taken);
        SlotTaken { slot: SLOT, taken: taken.into() }
    }

    fn fault(ledger: &mut Ledger, event: &SlotTaken) -> String {
        ledger.take_slot(event).expect_err("it is seen").what
    }

    #[test]
    fn what_the_votes_make_holds() {
        let mut ledger = governed();
        let three = told(&[100, 101, 102], 1, Some((101, 9_901, 3, 0)));
        assert_eq!(ledger.take_slot(&three), Ok(()));
        let more = told(&[100, 101, 102, 150], 0, Some((101, 485_149, 3, 1)));
        assert_eq!(ledger.take_slot(&more), Ok(()));
    }

    #[test]
    fn a_price_that_nobody_voted_is_seen() {
        let of = |round| fault(&mut governed(), &told(&[100, 101, 102], 1, round));
        for round in [None, Some((102, 19_608, 3, 0)), Some((101, 1, 3, 0)), Some((101, 9_901, 2, 1))] {
            assert!(of(round).starts_with("round of"), "{round:?}");
        }
    }

    #[test]
    fn a_round_without_a_quorum_is_seen() {
        let mut ledger = governed();
        assert!(fault(&mut ledger, &told(&[100, 101], 0, Some((100, 10_000, 2, 0)))).starts_with("round of"));
    }

    #[test]
    fn a_round_that_more_reports_did_not_supersede_is_seen() {
        let mut ledger = governed();
        let three = told(&[100, 101, 102], 1, Some((101, 9_901, 3, 0)));
        ledger.take_slot(&three).unwrap();
        assert!(fault(&mut ledger, &three).starts_with("round of"));
    }

    #[test]
    fn a_group_that_votes_twice_is_seen() {
        let mut ledger = governed();
        let five = told(&[100, 100, 100, 100, 100], 1, Some((100, 0, 5, 0)));
        assert!(fault(&mut ledger, &five).starts_with("vote of the reporter at place 4"));
    }

    #[test]
    fn a_root_without_a_quorum_and_one_left_out_are_seen() {
        let round = Some((101, 9_901, 3, 0));
        assert_eq!(fault(&mut governed(), &told(&[100, 101, 102], 0, round)), "root of a slot's marks");
        let two = told(&[100, 101], 1, None);
        assert_eq!(fault(&mut governed(), &two), "root of a slot's marks");
    }

    #[test]
    fn bytes_of_somebody_else_are_seen() {
        let mut event = told(&[100, 101, 102], 1, None);
        event.slot += 1;
        assert_eq!(fault(&mut governed(), &event), "a slot's votes");
    }
}
