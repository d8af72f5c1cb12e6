//! The oracle's medians by slot. Whoever has a statement's slot can look every mark up on chain.
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS};
use alloy::primitives::B256;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Slots kept: a little more than `mark` accepts.
const KEPT_SLOTS: u64 = MARK_SLOTS + 40;

/// One feed's median.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// 1e-8 USD.
    pub price: u64,
    /// Parts per million.
    pub confidence: u32,
}

impl Spot {
    /// The price after so many slots of its feed's silence. It holds for [`FRESH_SLOTS`]; from then on its confidence falls
    /// in equal steps, to nothing at [`MARK_SLOTS`].
    pub fn after(self, silent: u64) -> Self {
        let left = MARK_SLOTS.saturating_sub(silent.max(FRESH_SLOTS));
        let confidence = u64::from(self.confidence).saturating_mul(left) / (MARK_SLOTS - FRESH_SLOTS);
        Self { confidence: u32::try_from(confidence).unwrap_or(u32::MAX), ..self }
    }
}

/// The prices of one slot as they were when a set was built; of a feed without one, its newest of the [`FRESH_SLOTS`]
/// slots before; for a set without fills, of the [`MARK_SLOTS`] before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Slot that the prices are of.
    pub slot: u64,
    /// By feed.
    pub feeds: BTreeMap<B256, Spot>,
}

/// `BTC-USD` of a feed's 32 bytes.
pub fn feed_name(feed: B256) -> String {
    feed.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
}

/// The newest slots.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    slots: BTreeMap<u64, BTreeMap<B256, Spot>>,
    /// Slots whose marks a quorum committed to.
    committed: BTreeSet<u64>,
}

impl PriceBook {
    /// Keeps a feed's price of a slot; a later one of the same slot takes its place.
    pub fn insert(&mut self, feed: B256, slot: u64, spot: Spot) {
        self.slots.entry(slot).or_default().insert(feed, spot);
        let newest = self.slots.last_key_value().map_or(0, |(slot, _)| *slot);
        self.slots = self.slots.split_off(&newest.saturating_sub(KEPT_SLOTS));
    }

    /// A quorum committed to the marks of a slot.
    pub fn commit(&mut self, slot: u64) {
        self.committed.insert(slot);
        let newest = self.committed.last().copied().unwrap_or_default();
        self.committed = self.committed.split_off(&newest.saturating_sub(KEPT_SLOTS));
    }

    /// The prices that hold in a slot, where it has any of its own.
    pub fn at(&self, slot: u64) -> Option<Prices> {
        self.slots.contains_key(&slot).then(|| self.holding(slot))
    }

    /// The prices that hold in a slot.
    pub fn holding(&self, slot: u64) -> Prices {
        let recent = self.slots.range(slot.saturating_sub(FRESH_SLOTS)..=slot);
        let feeds = recent.flat_map(|(_, feeds)| feeds).map(|(feed, spot)| (*feed, *spot));
        Prices { slot, feeds: feeds.collect() }
    }

    /// The same with feeds that are silent for longer, as far as a mark may use them: see [`Spot::after`].
    pub fn with_silent(&self, mut prices: Prices) -> Prices {
        let slot = prices.slot;
        let silent = slot.saturating_sub(MARK_SLOTS)..slot.saturating_sub(FRESH_SLOTS);
        for (at, feeds) in self.slots.range(silent).rev() {
            for (feed, spot) in feeds {
                prices.feeds.entry(*feed).or_insert_with(|| spot.after(slot - at));
            }
        }
        prices
    }

    /// The newest slot not after `latest` that has all of `feeds`; where `committed`, one whose marks are.
    pub fn newest_with(&self, feeds: &[B256], latest: u64, committed: bool) -> Option<u64> {
        let priced = |slot: &u64| self.slots.get(slot).is_some_and(|at| feeds.iter().all(|feed| at.contains_key(feed)));
        let provable = |slot: &u64| !committed || self.committed.contains(slot);
        self.slots.range(..=latest).rev().map(|(slot, _)| *slot).find(|slot| priced(slot) && provable(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_slot_needs_every_feed() {
        let (btc, eth) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let spot = Spot { price: 1, confidence: 1 };
        let mut book = PriceBook::default();
        book.insert(btc, 10, spot);
        book.insert(eth, 10, spot);
        book.insert(btc, 11, spot);
        assert_eq!(book.newest_with(&[btc, eth], 11, false), Some(10));
        assert_eq!(book.newest_with(&[btc], 11, false), Some(11));
        assert_eq!(book.newest_with(&[btc], 9, false), None);
        assert_eq!(book.newest_with(&[btc], 11, true), None);
        book.commit(9);
        book.commit(10);
        assert_eq!(book.newest_with(&[btc], 11, true), Some(10));
    }

    #[test]
    fn a_price_holds_for_six_slots_more() {
        let (btc, vol) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let mut book = PriceBook::default();
        book.insert(vol, 10, Spot { price: 7, confidence: 1 });
        (10..=17).for_each(|slot| book.insert(btc, slot, Spot { price: slot, confidence: 1 }));
        let held = |slot| book.at(slot).unwrap().feeds;
        assert_eq!((held(16)[&btc].price, held(16)[&vol].price), (16, 7));
        assert_eq!(held(17).get(&vol), None);
        assert_eq!(book.at(18), None);
    }

    #[test]
    fn a_silent_feed_loses_confidence_and_then_its_price() {
        let (btc, vol) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let held = |slot: u64| {
            let mut book = PriceBook::default();
            book.insert(vol, 1_000, Spot { price: 7, confidence: 900_000 });
            book.insert(vol, 999, Spot { price: 6, confidence: 1_000_000 });
            book.insert(btc, slot, Spot { price: 1, confidence: 1 });
            book.with_silent(book.at(slot).unwrap()).feeds.get(&vol).map(|spot| (spot.price, spot.confidence))
        };
        assert_eq!(held(1_006), Some((7, 900_000)));
        assert_eq!(held(1_007), Some((7, 897_457)), "a 354th less");
        assert_eq!(held(1_183), Some((7, 450_000)), "half of it, halfway");
        assert_eq!(held(1_360), Some((7, 0)));
        assert_eq!(held(1_361), None);
    }

    #[test]
    fn old_slots_are_dropped() {
        let mut book = PriceBook::default();
        book.insert(B256::ZERO, 1, Spot { price: 1, confidence: 1 });
        book.insert(B256::ZERO, 1_000, Spot { price: 1, confidence: 1 });
        assert!(book.at(1).is_none());
    }
}
