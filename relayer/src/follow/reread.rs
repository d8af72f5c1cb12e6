//! What only a view can tell is read again, as of the newest block absorbed.
use super::Follow;
use super::prices::read_statement_prices;
use crate::error::EngineError;
use crate::hub::Hub;
use crate::rpc::read::AccountRead;
use alloy::primitives::Address;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::sync::Arc;

/// Accounts read at once, each with about ten calls.
const AT_ONCE: usize = 8;

impl Follow {
    pub async fn read_again(&mut self, hub: &mut Hub) -> Result<(), EngineError> {
        if hub.dirty.assets {
            let assets = hub.here().assets().await?;
            hub.world.write().ledger.assets = assets;
            hub.dirty.assets = false;
        }
        while let Some(id) = hub.dirty.houses.first().copied() {
            read_house(hub, id).await?;
            hub.dirty.houses.remove(&id);
        }
        while let Some((holder, token)) = hub.dirty.inventory.first().copied() {
            read_inventory(hub, holder, token).await?;
            hub.dirty.inventory.remove(&(holder, token));
        }
        let unknown = hub.dirty.prices.clone();
        read_statement_prices(hub, &unknown).await?;
        hub.dirty.prices.clear();
        self.read_accounts(hub).await
    }

    pub async fn read_accounts(&mut self, hub: &mut Hub) -> Result<(), EngineError> {
        if hub.dirty.accounts.is_empty() {
            return Ok(());
        }
        let assets = Arc::new(hub.world.read().ledger.assets.clone());
        let known = hub.dirty.accounts.iter().filter_map(|id| {
            let terms = self.directory.terms.get(id)?.clone();
            Some((*id, terms, self.directory.venues.get(id).cloned().unwrap_or_default()))
        });
        let known: Vec<_> = known.collect();
        let here = hub.here();
        let reads = known.into_iter().map(|(id, terms, venues)| {
            let (here, assets) = (here.clone(), Arc::clone(&assets));
            async move { here.account(id, terms, &venues, &assets).await }
        });
        let reads: Vec<AccountRead> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut world = hub.world.write();
        for read in reads {
            let (id, history) = (read.account.id, read.account.history);
            world.replace(read);
            if !world.books.check(id, hub.config.keys.of_account(id), history) {
                tracing::error!(account = id, %history, "the journal does not reproduce this account's book: its fills wait");
            }
        }
        hub.dirty.accounts.clear();
        Ok(())
    }
}

pub async fn read_house(hub: &mut Hub, id: u32) -> Result<(), EngineError> {
    let assets = hub.world.read().ledger.assets.clone();
    let mut house = hub.here().house(id, &assets).await?;
    let mut world = hub.world.write();
    let held = world.ledger.houses.get(&id);
    house.version = held.map_or(0, |held| held.version);
    house.version += u64::from(held.is_some_and(|held| *held != house));
    world.ledger.houses.insert(id, house);
    Ok(())
}

async fn read_inventory(hub: &mut Hub, holder: Address, token: Address) -> Result<(), EngineError> {
    let Some(asset) = hub.world.read().ledger.asset_of(token).cloned() else { return Ok(()) };
    let lots = hub.here().inventory(holder, &asset).await?;
    let mut world = hub.world.write();
    world.ledger.inventory.insert((holder, asset.index), lots);
    let owned = world.ledger.accounts.values_mut().filter(|account| account.pledgor == holder);
    owned.for_each(|account| account.version += 1);
    Ok(())
}
