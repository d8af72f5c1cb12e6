//! The wider mark set of a slot: every source signs one root over the marks that follow from the medians on chain, and a
//! quorum of them commits it. Whoever disputes a statement of that slot can then prove any mark, and nobody else publishes any.
use crate::{Poster, oracle::Oracle};
use abi::oracle::PriceOracle::{NoRound, latestCall};
use abi::packed::{MarksVote, Signature, SignedMarks};
use abi::types::MarksRoot;
use alloy::primitives::B256;
use alloy::rpc::types::TransactionReceipt;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use chain::{ChainError, sign, view_as_of};
use futures::future::try_join_all;
use marks::{MarkSet, Market, Markets, Prices, Spot};

/// What the marks of a slot are computed from.
#[derive(Clone, Debug)]
pub struct Committer {
    pub markets: Vec<Market>,
    /// Feed of the settlement token.
    pub settlement: B256,
}

/// A mark set whose root is on chain.
#[derive(Clone, Debug)]
pub struct Committed {
    pub set: MarkSet,
    pub receipt: TransactionReceipt,
}

impl Committer {
    /// Of the markets file that the relayer works with.
    ///
    /// # Errors
    /// For people.
    pub fn parse(markets: &str, settlement: B256) -> Result<Self, String> {
        Ok(Self { markets: Markets::parse(markets)?.markets, settlement })
    }

    /// Commits the marks of a slot whose rounds have been posted.
    pub(crate) async fn commit(&self, poster: &Poster, slot: u64) -> Result<Committed> {
        let set = self.marks(&poster.oracle, slot).await?;
        let receipt = poster.commit(slot, set.root()?).await?;
        Ok(Committed { set, receipt })
    }

    /// The marks that follow from the medians on chain, as they hold in the slot whatever the latest block's.
    pub(crate) async fn marks(&self, oracle: &Oracle, slot: u64) -> Result<MarkSet> {
        let prices = self.medians(oracle, slot).await?;
        Ok(MarkSet::of(&self.markets, &prices, self.settlement)?)
    }

    async fn medians(&self, oracle: &Oracle, slot: u64) -> Result<Prices> {
        let spots = self.markets.iter().map(|market| market.feed);
        let dated = self.markets.iter().flat_map(Market::expiry_feeds);
        let feeds = [self.settlement].into_iter().chain(spots).chain(dated);
        let medians = try_join_all(feeds.map(|feed| median(oracle, slot, feed))).await;
        let feeds = medians.context("reading the oracle's medians")?.into_iter().flatten().collect();
        Ok(Prices { slot, feeds })
    }
}

/// A feed's median as it holds in a slot, where it has one.
async fn median(oracle: &Oracle, slot: u64, feed: B256) -> Result<Option<(B256, Spot)>, ChainError> {
    let call = latestCall { feed, maxAgeSlots: abi::escrow::MARK_SLOTS };
    let end = slot.saturating_mul(abi::SLOT_SECONDS).saturating_add(abi::SLOT_SECONDS - 1);
    match view_as_of(&oracle.provider, oracle.oracle, call, end).await {
        Ok(round) => {
            let spot = Spot { price: round.price, confidence: round.confidence };
            Ok(Some((feed, spot.after(slot.saturating_sub(round.slot)))))
        }
        Err(error) if has_no_round(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn has_no_round(error: &ChainError) -> bool {
    error.revert().is_some_and(|revert| revert.is::<NoRound>().is_some())
}

impl Poster {
    /// Has every source sign the root of a slot's marks, and posts it.
    pub async fn commit(&self, slot: u64, root: B256) -> Result<TransactionReceipt> {
        let vote = |(reporter, source): (u8, &crate::Source)| MarksVote {
            reporter,
            signature: self.oracle.sign_root(&source.key, slot, root),
        };
        let votes = self.sources.iter().map(vote).collect();
        self.send(&self.oracle.commit(&SignedMarks { set: self.sources.set.clone(), slot, root, votes })?).await
    }
}

impl Oracle {
    pub(crate) fn sign_root(&self, key: &PrivateKeySigner, slot: u64, root: B256) -> Signature {
        sign::sign(key, self.domain.marks(&MarksRoot { slot, root }))
    }
}
