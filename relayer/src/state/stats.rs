//! Counters and latencies since the process started.
use super::Kind;
use prometheus::{Histogram, HistogramOpts};
use std::collections::{BTreeMap, VecDeque};

/// Latencies kept for the quantiles.
const KEPT: usize = 65_536;

#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub accepted: u64,
    pub settled: u64,
    pub lapsed: u64,
    pub rejected: u64,
    pub bundles: u64,
    pub bundles_refused: u64,
    pub bundles_reverted: u64,
    pub mark_sets: u64,
    pub marked_accounts: u64,
    pub settle_gas: u64,
    pub mark_gas: u64,
    pub last_settle_gas: u64,
    /// Statements of this process whose effect was as predicted, and others: then the account was read again.
    pub predicted: u64,
    pub mispredicted: u64,
    /// What included transactions cost, by kind and house.
    pub costs: BTreeMap<(Kind, u32), Costs>,
    latencies: VecDeque<u32>,
    pub inclusion: Inclusion,
}

/// What an included transaction cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Execution and data.
    pub gas_used: u64,
    /// The part of it for data of the parent chain.
    pub data_gas: u64,
    pub wei: u64,
}

/// Seconds from accepted to included, in buckets.
#[derive(Clone, Debug)]
pub struct Inclusion(pub Histogram);

impl Default for Inclusion {
    fn default() -> Self {
        let bounds = vec![0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0];
        let named = HistogramOpts::new("plumbline_relayer_inclusion_seconds", "From accepted to included");
        Self(Histogram::with_opts(named.buckets(bounds)).unwrap_or_else(|_| unreachable!("the bounds ascend")))
    }
}

/// Sums over transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    pub transactions: u64,
    pub fills: u64,
    /// Calldata.
    pub bytes: u64,
    pub execution_gas: u64,
    pub data_gas: u64,
    pub wei: u128,
}

impl Stats {
    pub fn paid(&mut self, kind: Kind, house: u32, fills: u64, bytes: u64, cost: Cost) {
        let execution = cost.gas_used.saturating_sub(cost.data_gas);
        match kind {
            Kind::Settle => (self.settle_gas, self.last_settle_gas) = (self.settle_gas + cost.gas_used, cost.gas_used),
            Kind::Mark => self.mark_gas += cost.gas_used,
            Kind::Expiry | Kind::Lapse => {}
        }
        let costs = self.costs.entry((kind, house)).or_default();
        costs.transactions += 1;
        costs.fills += fills;
        costs.bytes += bytes;
        costs.execution_gas += execution;
        costs.data_gas += cost.data_gas;
        costs.wei += u128::from(cost.wei);
    }

    /// Accepted to included, milliseconds.
    pub fn included(&mut self, latency: u64) {
        if self.latencies.len() == KEPT {
            self.latencies.pop_front();
        }
        self.latencies.push_back(u32::try_from(latency).unwrap_or(u32::MAX));
        self.inclusion.0.observe(latency as f64 / 1_000.0);
    }

    pub fn latencies(&self) -> Quantiles {
        let mut sorted: Vec<u32> = self.latencies.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied();
        Quantiles { count: sorted.len(), p50: at(50), p99: at(99), max: sorted.last().copied() }
    }
}

/// Milliseconds; nothing where nothing was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantiles {
    pub count: usize,
    pub p50: Option<u32>,
    pub p99: Option<u32>,
    pub max: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_hundred() {
        let mut stats = Stats::default();
        (1..=100).rev().for_each(|latency| stats.included(latency));
        let quantiles = stats.latencies();
        assert_eq!(
            (quantiles.count, quantiles.p50, quantiles.p99, quantiles.max),
            (100, Some(50), Some(99), Some(100))
        );
        assert_eq!(Stats::default().latencies().p99, None);
    }
}
