//! Gas of transactions, from their receipts.
use alloy::primitives::B256;
use alloy::providers::Provider;
use anyhow::{Context, Result};

/// Median, 99th percentile, largest and mean of a set of figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Spread {
    pub count: u64,
    pub mean: u64,
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

impl Spread {
    /// Percentiles by nearest rank, the mean rounded down; all zero of nothing.
    pub fn of(mut figures: Vec<u64>) -> Self {
        figures.sort_unstable();
        let count = figures.len() as u64;
        let rank = |per_cent: usize| {
            figures.get((figures.len() * per_cent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0)
        };
        let mean = figures.iter().sum::<u64>().checked_div(count).unwrap_or(0);
        Self { count, mean, p50: rank(50), p99: rank(99), max: rank(100) }
    }
}

/// Gas that a transaction used.
pub async fn used(provider: &impl Provider, tx: B256) -> Result<u64> {
    let receipt = provider.get_transaction_receipt(tx).await.with_context(|| format!("receipt of {tx}"))?;
    Ok(receipt.with_context(|| format!("transaction {tx} has no receipt"))?.gas_used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks() {
        let spread = Spread::of((1..=200).rev().collect());
        assert_eq!((spread.count, spread.mean, spread.p50, spread.p99, spread.max), (200, 100, 100, 198, 200));
        assert_eq!(Spread::of(vec![]), Spread::default());
    }
}
