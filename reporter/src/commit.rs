//! The wider mark set of a slot: the marks that follow from its medians, and the root over them that a quorum of reporters signs with
//! its prices. Whoever disputes a statement of that slot can then prove any mark, and nobody else publishes any.
use crate::oracle::Oracle;
use abi::oracle::PriceOracle::{NoRound, latestCall};
use abi::oracle::Round;
use alloy::primitives::B256;
use anyhow::{Context, Result};
use chain::{ChainError, view_as_of};
use futures::future::try_join_all;
use marks::{MarkSet, Market, Markets, Prices, Spot};
use std::collections::BTreeMap;

/// What the marks of a slot are computed from.
#[derive(Clone, Debug)]
pub struct Committer {
    /// Each underlying once.
    pub markets: Vec<Market>,
    /// Feed of the settlement token.
    pub settlement: B256,
}

impl Committer {
    /// Of the markets file that the relayer works with.
    ///
    /// # Errors
    /// For people.
    pub fn parse(markets: &str, settlement: B256) -> Result<Self, String> {
        Ok(Self { markets: Markets::parse(markets)?.markets, settlement })
    }

    /// The marks that follow from the medians on chain once it has taken these rounds of the slot, as they hold in the slot whatever the
    /// latest block's. None for the rounds: from what it has.
    pub(crate) async fn marks(&self, oracle: &Oracle, slot: u64, rounds: &BTreeMap<B256, Round>) -> Result<MarkSet> {
        let spots = self.markets.iter().map(|market| market.feed);
        let dated = self.markets.iter().flat_map(Market::expiry_feeds);
        let feeds = [self.settlement].into_iter().chain(spots).chain(dated);
        let medians = try_join_all(feeds.map(async |feed| {
            let held = held(oracle, slot, feed).await?;
            Ok::<_, ChainError>(newer(slot, held, rounds.get(&feed)).map(|spot| (feed, spot)))
        }));
        let feeds = medians.await.context("reading the oracle's medians")?.into_iter().flatten().collect();
        Ok(MarkSet::of(&self.markets, &Prices { slot, feeds }, self.settlement)?)
    }
}

/// What the chain has as of a slot, or will have with one more round: the one that rests on more reports stands.
fn newer(slot: u64, held: Option<Round>, brought: Option<&Round>) -> Option<Spot> {
    let stands = |held: &Round| brought.is_none_or(|brought| held.slot == slot && held.reports() >= brought.reports());
    let round = held.filter(stands).or_else(|| brought.cloned())?;
    let spot = Spot { price: round.price, confidence: round.confidence };
    Some(spot.after(slot.saturating_sub(round.slot)))
}

/// A feed's median as it holds in a slot, where it has one.
async fn held(oracle: &Oracle, slot: u64, feed: B256) -> Result<Option<Round>, ChainError> {
    let call = latestCall { feed, maxAgeSlots: abi::escrow::MARK_SLOTS };
    let end = slot.saturating_mul(abi::SLOT_SECONDS).saturating_add(abi::SLOT_SECONDS - 1);
    match view_as_of(&oracle.provider, oracle.oracle, call, end).await {
        Ok(round) => Ok(Some(round)),
        Err(error) if error.revert().is_some_and(|revert| revert.is::<NoRound>().is_some()) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(slot: u64, price: u64, votes: u8) -> Round {
        Round { slot, price, confidence: 1_000_000, dispersion: 0, votes, dropped: 0 }
    }

    #[test]
    fn the_round_of_more_reports_stands() {
        let price = |held, brought: Option<Round>| newer(9, held, brought.as_ref()).map(|spot| spot.price);
        assert_eq!(price(None, None), None);
        assert_eq!(price(Some(round(8, 1, 5)), None), Some(1));
        assert_eq!(price(Some(round(8, 1, 5)), Some(round(9, 2, 3))), Some(2), "of an older slot");
        assert_eq!(price(Some(round(9, 1, 3)), Some(round(9, 2, 3))), Some(1), "as many");
        assert_eq!(price(Some(round(9, 1, 3)), Some(round(9, 2, 4))), Some(2));
        assert_eq!(price(None, Some(round(9, 2, 4))), Some(2));
    }
}
