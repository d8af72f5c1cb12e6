//! Which houses, accounts and mandates exist: from the events that opened them.
use crate::ledger::{Terms, TopUps, read::Reader};
use abi::escrow::MarginEscrow::{AccountOpened, HouseOpened, MandateRegistered, MarginEscrowEvents, TopUpLimitSet};
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use chain::{ChainError, Event, Recorded};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks asked for at once; few events match, so the range is wide.
const RANGE: u64 = 100_000;

#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub houses: BTreeSet<u32>,
    pub terms: BTreeMap<u64, Terms>,
    /// Venues with a mandate, and the tokens it lets a bundle top up.
    pub venues: BTreeMap<u64, TopUps>,
    /// Limits of the mandate whose own event comes next.
    limits: BTreeMap<u64, BTreeSet<Address>>,
}

impl Directory {
    pub fn add(&mut self, event: &MarginEscrowEvents) {
        match event {
            MarginEscrowEvents::HouseOpened(opened) => {
                self.houses.insert(opened.house);
            }
            MarginEscrowEvents::AccountOpened(opened) => {
                self.terms.insert(opened.account, Terms::of(&opened.agreement));
            }
            MarginEscrowEvents::MandateRegistered(mandate) => {
                let tokens = self.limits.remove(&mandate.account).unwrap_or_default();
                self.venues.entry(mandate.account).or_default().insert(mandate.venue, tokens);
            }
            MarginEscrowEvents::TopUpLimitSet(limit) => {
                self.limits.entry(limit.account).or_default().insert(limit.token);
            }
            _ => {}
        }
    }
}

/// Reads the directory up to block `to`.
pub async fn discover(reader: &Reader, to: u64) -> Result<Directory, ChainError> {
    let mut directory = Directory::default();
    let mut from = reader.contracts().first_block;
    while from <= to {
        let end = to.min(from.saturating_add(RANGE - 1));
        let filter =
            Filter::new().address(reader.contracts().escrow).from_block(from).to_block(end).event_signature(vec![
                HouseOpened::SIGNATURE_HASH,
                AccountOpened::SIGNATURE_HASH,
                MandateRegistered::SIGNATURE_HASH,
                TopUpLimitSet::SIGNATURE_HASH,
            ]);
        let logs = reader.provider().get_logs(&filter).await.map_err(|error| ChainError::rpc("eth_getLogs", error))?;
        for recorded in logs.iter().filter_map(Recorded::from_log) {
            if let Event::Escrow(event) = &recorded.event {
                directory.add(event);
            }
        }
        from = end.saturating_add(1);
    }
    Ok(directory)
}
