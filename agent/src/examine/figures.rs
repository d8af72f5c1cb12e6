//! Root, requirement and variation of each account, by the kernel.
use super::fills::{Taken, Trade};
use super::{Known, Read, book_of};
use alloy::primitives::B256;
use chain::ledger::Account;
use chain::proposal::{Reason, Refusal, account_key};
use marks::expiry::expired;
use marks::{MarksError, Prices};
use risk::{Book, Instrument, Marks, Position, RiskError, book_root, fill_variation, requirement, variation_level};
use std::collections::{BTreeMap, BTreeSet};

/// What figures are computed from.
pub struct Scene<'a> {
    /// Accounts, books and configuration.
    pub known: Known<'a>,
    /// Of the set's slot.
    pub prices: Prices,
    /// Feed of the house's settlement token.
    pub settlement: B256,
}

/// An account as the agent finds it after the set.
#[derive(Clone, Debug)]
pub struct Computed {
    /// Its positions and cash then.
    pub book: Book,
    /// Zero where positions do not move.
    pub new_root: B256,
    /// Micro-USD.
    pub requirement: u64,
    /// Cumulative variation, micro-USD.
    pub level: i64,
    /// What its fills gain against the marks, micro-USD.
    pub filled: i64,
}

/// Every account of the set, by number.
///
/// # Errors
/// A book or a price is missing, a position has expired, the kernel refuses, or an expiry names other rounds.
pub fn compute(scene: &Scene<'_>, read: &Read<'_>, taken: &Taken) -> Result<BTreeMap<u64, Computed>, Refusal> {
    let (mut books, mut missing) = (Vec::with_capacity(read.accounts.len()), Vec::new());
    for (statement, account) in read.set.statements.iter().zip(&read.accounts) {
        let id = u64::from(statement.account);
        let book = book_of(&scene.known, id, account, &mut missing);
        books.extend(book.map(|book| (id, *account, book)));
    }
    if !missing.is_empty() {
        let detail = format!("the books of {} accounts are not here: show them", missing.len());
        return Err(Refusal { accounts: missing, ..Refusal::new(Reason::BooksUnknown, detail) });
    }
    let mut gone = Vec::new();
    let mut computed = BTreeMap::new();
    for (id, account, book) in books {
        computed.insert(id, scene.state(id, account, book, taken, &mut gone).map_err(|refusal| refusal.of(id))?);
    }
    referred(scene, taken, &gone)?;
    Ok(computed)
}

/// An expiry names the rounds that its instruments settled at.
fn referred(scene: &Scene<'_>, taken: &Taken, gone: &[Position]) -> Result<(), Refusal> {
    let Some(proposed) = taken.reference else { return Ok(()) };
    let computed = scene.known.settlements.reference(gone.iter().map(|position| &position.instrument));
    if proposed == computed { Ok(()) } else { Err(Refusal::differs("reference", proposed, computed)) }
}

impl Scene<'_> {
    fn state(
        &self,
        id: u64,
        account: &Account,
        mut book: Book,
        taken: &Taken,
        gone: &mut Vec<Position>,
    ) -> Result<Computed, Refusal> {
        let slot = self.prices.slot;
        let mut filled = 0i64;
        if taken.reference.is_some() {
            let left = self.known.settlements.settle(&mut book, slot);
            gone.extend(left.map_err(|error| Refusal::new(Reason::Prices, error.to_string()))?);
        } else if let Some(Position { instrument, .. }) = expired(&book, slot).next() {
            let detail = format!("{instrument} has expired and leaves the book first");
            return Err(Refusal::new(Reason::Account, detail));
        }
        let trades = taken.trades.get(&id).map(Vec::as_slice).unwrap_or_default();
        // Of what it held, and of what it trades: a mark that both need is there once.
        let marks = self.marks(&book, trades)?;
        for trade in trades {
            let gain = take(&mut book, &marks, trade)?;
            filled = filled.checked_add(gain).ok_or_else(overflow)?;
        }
        let parameters = &self.known.config.parameters;
        let needed = requirement(&book, &marks, parameters).map_err(refused)?.initial;
        let level = variation_level(&book, &marks).map_err(refused)?.raw();
        let before = self.known.ahead.account(id, account).cumulative_variation;
        level.checked_sub(before).ok_or_else(overflow)?;
        let key = account_key(self.known.config.positions, id);
        let new_root = if taken.digest_of(id).is_zero() { B256::ZERO } else { book_root(&book, key) };
        let requirement = u64::try_from(needed).map_err(|_| overflow())?;
        Ok(Computed { book, new_root, requirement, level, filled })
    }

    fn marks(&self, book: &Book, trades: &[Trade]) -> Result<Marks, Refusal> {
        let held = book.positions().map(|position| position.instrument);
        let instruments: BTreeSet<Instrument> = held.chain(trades.iter().map(|trade| trade.instrument)).collect();
        let marks = self.prices.marks(&self.known.config.markets, self.settlement, instruments);
        marks.map_err(|error: MarksError| Refusal::new(Reason::Prices, error.to_string()))
    }
}

/// What the side gains against the mark.
fn take(book: &mut Book, marks: &Marks, trade: &Trade) -> Result<i64, Refusal> {
    let Trade { instrument, quantity, price, bought } = *trade;
    let mark = marks.price(&instrument).map_err(refused)?;
    let variation = fill_variation(quantity, price, mark).map_err(refused)?;
    let sold = quantity.checked_neg().ok_or_else(overflow)?;
    let (change, gain) = if bought { (quantity, variation.buyer) } else { (sold, variation.seller) };
    book.trade(&instrument, change, price).map_err(refused)?;
    Ok(gain.raw())
}

fn refused(error: RiskError) -> Refusal {
    Refusal::new(Reason::Prices, format!("the kernel refuses: {error}"))
}

fn overflow() -> Refusal {
    Refusal::new(Reason::Malformed, "a figure is out of range")
}
