//! What a transaction cost: execution, data of the parent chain, wei.
use super::Submitter;
use crate::hub::Hub;
use crate::state::Kind;
use crate::state::stats::Cost;
use alloy::primitives::{B256, U256};
use alloy::providers::{DynProvider, Provider};
use serde::Deserialize;
use std::time::Duration;

/// How often a receipt is asked for, and the pause between: its block is there already.
const LOOKS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// Of one transaction.
#[derive(Clone, Copy, Debug)]
pub struct Paid {
    pub kind: Kind,
    pub house: u32,
    pub fills: usize,
    pub bytes: usize,
    pub cost: Cost,
}

/// The fields of a receipt that say it; `gasUsedForL1` is Arbitrum's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Priced {
    gas_used: U256,
    #[serde(default)]
    gas_used_for_l1: U256,
    #[serde(default)]
    effective_gas_price: U256,
}

/// `None` where no node has it.
pub async fn receipt_of(provider: &DynProvider, tx: B256) -> Option<Paid> {
    for _ in 0..LOOKS {
        match provider.raw_request::<_, Option<Priced>>("eth_getTransactionReceipt".into(), (tx,)).await {
            Ok(Some(priced)) => return Some(Paid::new(&priced)),
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, %tx, "no answer about what a transaction cost"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

impl Paid {
    fn new(priced: &Priced) -> Self {
        let gas_used = priced.gas_used.saturating_to();
        let data_gas = priced.gas_used_for_l1.saturating_to();
        let wei = priced.gas_used.saturating_mul(priced.effective_gas_price).saturating_to();
        let cost = Cost { gas_used, data_gas, wei };
        Self { kind: Kind::Settle, house: 0, fills: 0, bytes: 0, cost }
    }

    pub const fn of(self, kind: Kind, house: u32, fills: usize, bytes: usize) -> Self {
        Self { kind, house, fills, bytes, ..self }
    }
}

impl Submitter {
    /// Into the counters.
    pub(super) fn book(&self, hub: &mut Hub, paid: &Paid) {
        let Paid { kind, house, fills, bytes, cost } = *paid;
        let Cost { gas_used, data_gas, wei } = cost;
        tracing::info!(kind = kind.name(), house, fills, gas_used, data_gas, bytes, wei, "paid");
        hub.world.write().stats.paid(kind, house, fills as u64, bytes as u64, cost);
    }
}
