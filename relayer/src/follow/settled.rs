//! What events of one transaction do to books, lineages and accounts.
use super::digest::{Change, Digest, Moved, Spent, Stated};
use crate::config::Keys;
use crate::journal::{ExpiredPosition, IncludedFill, Landed};
use crate::rpc::read::AccountRead;
use crate::state::fill::FillId;
use crate::state::ledger::Account;
use crate::state::{Expected, Flights, Lineage, World};
use abi::escrow::MarginEscrow::BookCorrected;
use abi::packed::{Lifecycle, fills_digest, lifecycle_digest};
use alloy::primitives::B256;
use risk::Position;
use std::collections::BTreeMap;

/// A change of the account's history is one of ours if it leads from the one before to it by our book and our fills.
pub fn trace(world: &mut World, keys: &Keys, stated: &Stated, digest: B256) -> Option<(u64, Lineage)> {
    let (id, history) = (stated.statement.account, stated.statement.history);
    let held = world.books.entry(id);
    let changed = held.lineage.history != history;
    if changed {
        held.lineage = held.lineage.then(history, digest);
    }
    let lineage = held.lineage;
    world.books.check(id, keys.of_account(id), history);
    changed.then_some((id, lineage))
}

pub fn correct(world: &mut World, keys: &Keys, event: &BookCorrected) -> (u64, Lineage) {
    let (id, cause) = (event.account, abi::escrow::lifecycle::CORRECTION);
    let digest = lifecycle_digest(&Lifecycle { cause, reference: event.root });
    let held = world.books.entry(id);
    held.lineage = held.lineage.then(event.history, digest);
    let lineage = held.lineage;
    world.books.check(id, keys.of_account(id), event.history);
    (id, lineage)
}

/// Transactions with events, each once; those in flight have landed.
pub fn landed(flights: &mut Flights, digest: &Digest) -> Vec<Landed> {
    let spent = digest.settled.iter().chain(&digest.lapsed);
    let spent = spent.map(|Spent { tx, block_number, block_hash, .. }| (*tx, (*block_number, *block_hash)));
    let stated = digest.changes.iter().filter_map(|change| match change {
        Change::Stated(stated) => Some((stated.tx, (stated.block_number, stated.block_hash))),
        Change::Corrected(_) => None,
    });
    let landed: BTreeMap<B256, (u64, B256)> = spent.chain(stated).collect();
    for tx in landed.keys() {
        if let Some(flight) = flights.with_mut(*tx) {
            flight.landed = Some(*tx);
        }
    }
    landed.into_iter().map(|(tx, (block_number, block_hash))| Landed { tx, block_number, block_hash }).collect()
}

/// With an expiry, what has expired at the statement's slot leaves the book.
pub fn expire(world: &mut World, stated: &Stated, digest: &Digest) -> Vec<ExpiredPosition> {
    let moved = digest.moved.get(&stated.tx).filter(|moved| moved.event.cause == abi::escrow::lifecycle::EXPIRY);
    let Some(Moved { block_number, block_hash, event }) = moved.copied() else { return Vec::new() };
    let (account, tx, reference) = (stated.statement.account, stated.tx, event.reference);
    let expired = world.books.expire(account, &world.settlements, stated.statement.slot);
    let expired = expired.into_iter().map(|Position { instrument, quantity }| ExpiredPosition {
        account,
        instrument,
        quantity,
        reference,
        tx,
        block_number,
        block_hash,
    });
    expired.collect()
}

pub fn by_tx(spent: &[Spent]) -> BTreeMap<B256, Vec<&Spent>> {
    let mut by_tx: BTreeMap<B256, Vec<&Spent>> = BTreeMap::new();
    spent.iter().for_each(|spent| by_tx.entry(spent.tx).or_default().push(spent));
    by_tx
}

pub fn included(spent: &Spent, included_at: u64) -> IncludedFill {
    let Spent { fill, tx, block_number, block_hash } = *spent;
    IncludedFill { fill, tx, block_number, block_hash, included_at }
}

impl World {
    /// Turns a live fill into positions; false where it is not live (it was before, or it is not ours).
    pub fn settle(&mut self, id: FillId, included_at: u64) -> bool {
        let Some(fill) = self.live.get(&id).and_then(|live| live.fill()).cloned() else { return false };
        if let Err(error) = self.books.settle(&fill) {
            tracing::error!(fill = %id, %error, "the books cannot hold this fill");
        }
        self.stats.settled += 1;
        self.stats.included(included_at.saturating_sub(fill.accepted_at));
        true
    }

    /// What each account's statement signed of the fills of its transaction, as far as they are ours.
    pub fn fills_digests(&self, settled: &[Spent]) -> BTreeMap<(B256, u64), B256> {
        let mut digests: BTreeMap<(B256, u64), B256> = BTreeMap::new();
        for Spent { fill, tx, .. } in settled {
            let Some(live) = self.live.get(fill) else { continue };
            let (Some(fill), Some(leaf)) = (live.fill(), live.batch.leaves.get(live.place)) else { continue };
            for account in fill.accounts() {
                let digest = digests.entry((*tx, account)).or_default();
                *digest = fills_digest(*digest, *leaf);
            }
        }
        digests
    }

    /// Whether a lapsed fill was live.
    pub fn lapse(&mut self, id: FillId) -> bool {
        let live = self.live.contains_key(&id);
        self.stats.lapsed += u64::from(live);
        live
    }

    pub fn commit(&mut self, expected: &Expected, history: B256) {
        let mut account = Account { history, ..expected.after.clone() };
        account.version = self.ledger.accounts.get(&account.id).map_or(0, |held| held.version + 1);
        for (asset, lots) in &expected.moves {
            let held = self.ledger.inventory.entry((account.pledgor, *asset)).or_default();
            *held = held.saturating_sub(*lots);
        }
        self.ledger.accounts.insert(account.id, account);
    }

    /// An account as read; its version grows only if something changed.
    pub fn replace(&mut self, mut read: AccountRead) {
        let held = self.ledger.accounts.get(&read.account.id);
        read.account.version = held.map_or(0, |held| held.version);
        let changed = held.is_none_or(|held| *held != read.account);
        let holder = read.account.pledgor;
        let mut moved = false;
        for (asset, lots) in read.inventory {
            moved |= self.ledger.inventory.insert((holder, asset), lots) != Some(lots);
        }
        read.account.version += u64::from(changed || moved);
        self.ledger.accounts.insert(read.account.id, read.account);
    }
}
