//! The oracle's medians by slot, and the marks that follow from them.
//!
//! Perpetuals and dated futures are marked at the spot feed of their underlying: whoever has a statement's slot can
//! look every mark up on chain.
use crate::config::RiskConfig;
use alloy::primitives::B256;
use risk::{Instrument, Mark, Marks, Ppm, Price};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Slots kept: a little more than `mark` accepts.
const KEPT_SLOTS: u64 = abi::escrow::MARK_SLOTS + 40;

/// One feed's median.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// 1e-8 USD.
    pub price: u64,
    /// Parts per million.
    pub confidence: u32,
}

/// The prices of one slot as they were when a set was built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    pub slot: u64,
    pub feeds: BTreeMap<B256, Spot>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("no market for {0}: add its underlying to the markets file")]
    NoMarket(Instrument),
    #[error("slot {slot} has no price of feed {feed}")]
    NoPrice { slot: u64, feed: String },
    #[error(transparent)]
    Mark(#[from] risk::MarkError),
}

impl Prices {
    /// Marks of `instruments`; `settlement` is the feed of the settlement token.
    pub fn marks(
        &self,
        risk: &RiskConfig,
        settlement: B256,
        instruments: impl IntoIterator<Item = Instrument>,
    ) -> Result<Marks, PriceError> {
        let as_of = self.slot.saturating_mul(abi::SLOT_SECONDS);
        let mut marks = Marks::new(as_of, Price::from_raw(self.spot(settlement)?.price))?;
        for instrument in instruments {
            let market = risk.market(instrument.underlying).ok_or(PriceError::NoMarket(instrument))?;
            let spot = self.spot(market.feed)?;
            let mark = Mark::new(Price::from_raw(spot.price), Ppm::from_raw(i64::from(spot.confidence)))?;
            marks.set_spot(instrument.underlying, mark);
            marks.set_mark(instrument, mark);
        }
        Ok(marks)
    }

    fn spot(&self, feed: B256) -> Result<Spot, PriceError> {
        self.feeds.get(&feed).copied().ok_or_else(|| PriceError::NoPrice { slot: self.slot, feed: feed_name(feed) })
    }
}

/// `BTC-USD` of a feed's 32 bytes.
pub fn feed_name(feed: B256) -> String {
    feed.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
}

/// The newest slots.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    slots: BTreeMap<u64, BTreeMap<B256, Spot>>,
}

impl PriceBook {
    pub fn insert(&mut self, feed: B256, slot: u64, spot: Spot) {
        self.slots.entry(slot).or_default().insert(feed, spot);
        let newest = self.slots.last_key_value().map_or(0, |(slot, _)| *slot);
        self.slots = self.slots.split_off(&newest.saturating_sub(KEPT_SLOTS));
    }

    /// The prices of a slot, where it has any.
    pub fn at(&self, slot: u64) -> Option<Prices> {
        self.slots.get(&slot).map(|feeds| Prices { slot, feeds: feeds.clone() })
    }

    /// The newest slot not after `latest` that has all of `feeds`.
    pub fn newest_with(&self, feeds: &[B256], latest: u64) -> Option<u64> {
        let mut slots = self.slots.range(..=latest).rev();
        slots.find(|(_, priced)| feeds.iter().all(|feed| priced.contains_key(feed))).map(|(slot, _)| *slot)
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
        assert_eq!(book.newest_with(&[btc, eth], 11), Some(10));
        assert_eq!(book.newest_with(&[btc], 11), Some(11));
        assert_eq!(book.newest_with(&[btc], 9), None);
    }

    #[test]
    fn old_slots_are_dropped() {
        let mut book = PriceBook::default();
        book.insert(B256::ZERO, 1, Spot { price: 1, confidence: 1 });
        book.insert(B256::ZERO, 1_000, Spot { price: 1, confidence: 1 });
        assert!(book.at(1).is_none());
    }
}
