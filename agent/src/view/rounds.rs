//! Rounds of the oracle, which it keeps for a day.
use abi::oracle::PriceOracle::roundCall;
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::providers::DynProvider;
use chain::ChainError;
use marks::Spot;

/// Rounds asked for at once.
const AT_ONCE: u64 = 40;

/// The newest round of a feed from `most` slots before `last` to it, as of a block.
///
/// # Errors
/// The node does not answer.
pub async fn newest_round(
    provider: &DynProvider,
    oracle: Address,
    feed: B256,
    last: u64,
    most: u64,
    block: BlockId,
) -> Result<Option<(u64, Spot)>, ChainError> {
    let (first, mut end) = (last.saturating_sub(most), last);
    loop {
        let begin = end.saturating_sub(AT_ONCE - 1).max(first);
        let rounds = (begin..=end).map(|slot| async move {
            let round = chain::view::view_at(provider, oracle, roundCall { feed, slot }, block).await?;
            Ok::<_, ChainError>((slot, Spot { price: round.price, confidence: round.confidence }))
        });
        let rounds = futures::future::try_join_all(rounds).await?;
        if let Some(newest) = rounds.into_iter().rfind(|(_, spot)| spot.price > 0) {
            return Ok(Some(newest));
        }
        if begin == first {
            return Ok(None);
        }
        end = begin - 1;
    }
}
