//! Which houses, accounts and mandates exist: from the events that opened them.
use super::logs::{NEAR, of_blocks, of_range};
use crate::rpc::read::Reader;
use crate::state::ledger::{Head, Terms, TopUps};
use abi::escrow::MarginEscrow::{AccountOpened, HouseOpened, MandateRegistered, MarginEscrowEvents, TopUpLimitSet};
use abi::registry::EligibilityRegistry::{EligibilityRegistryEvents, ParticipantSet};
use alloy::primitives::Address;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use chain::{ChainError, Event};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub houses: BTreeSet<u32>,
    pub terms: BTreeMap<u64, Terms>,
    /// Venues with a mandate, and the tokens it lets a bundle top up.
    pub venues: BTreeMap<u64, TopUps>,
    /// Whom the registry knows as a venue.
    pub admitted: BTreeSet<Address>,
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

    /// Who may trade, as the registry says.
    pub fn admit(&mut self, event: &EligibilityRegistryEvents) {
        let EligibilityRegistryEvents::ParticipantSet(set) = event else { return };
        if set.roles & abi::registry::role::VENUE != 0 {
            self.admitted.insert(set.participant);
        } else {
            self.admitted.remove(&set.participant);
        }
    }
}

/// Reads the directory up to a block of the chain.
pub async fn discover(reader: &Reader, to: Head) -> Result<Directory, ChainError> {
    let contracts = *reader.contracts();
    let events = vec![
        HouseOpened::SIGNATURE_HASH,
        AccountOpened::SIGNATURE_HASH,
        MandateRegistered::SIGNATURE_HASH,
        TopUpLimitSet::SIGNATURE_HASH,
        ParticipantSet::SIGNATURE_HASH,
    ];
    let filter = Filter::new().address(vec![contracts.escrow, contracts.registry]).event_signature(events);
    let first = contracts.first_block;
    // The last blocks one by one, as `logs` has it; what lies before them is in every node.
    let near = to.number.saturating_sub(NEAR).max(first.saturating_sub(1));
    let mut found = of_range(reader, first, near, &filter).await?;
    let last = (near.saturating_add(1)..=to.number).map(|number| reader.present(number));
    let last: Vec<Head> = stream::iter(last).buffered(8).try_collect().await?;
    found.extend(of_blocks(reader, &last, &filter).await?);
    let mut directory = Directory::default();
    for recorded in found {
        match &recorded.event {
            Event::Escrow(event) => directory.add(event),
            Event::Registry(event) => directory.admit(event),
            _ => {}
        }
    }
    Ok(directory)
}
