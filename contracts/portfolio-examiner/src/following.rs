//! What fills, expiries and funding make of a revealed book, and of the history that the chain keeps of it.
use crate::refused;
use abi::SLOT_SECONDS;
use abi::escrow::MARK_SLOTS;
use abi::examiner::reason;
use abi::history::{self, SettledExpiry};
use abi::packed::{Applied, Following, ShownBook, ShownFill, ShownPosition};
use alloc::vec::Vec;
use alloy_primitives::B256;
use contract_kit::{Result, Revert};
use risk::{
    Cash, Expiry, Funding, Instrument, Kind, Price, Quantity, Revealed, RevealedCash, RevealedPosition, RiskError,
    Underlying,
};

/// What following a book's steps comes to.
pub struct Followed {
    /// Histories at the book before, and after the steps.
    pub start: B256,
    /// The history that the steps lead to.
    pub end: B256,
    /// Root of the book after, as it is shown; zero where a step is hidden: then nobody can tell what it is.
    pub after: B256,
    /// Root of the book that the steps make.
    pub root: B256,
    /// Every leaf of it has a salt.
    pub salted: bool,
    /// The oracle's rounds that expiries among the steps settled at, in order.
    pub rounds: Vec<SettledExpiry>,
}

/// Carries out the steps on the book before, as far as they are shown.
///
/// # Errors
/// `NotShown` with its [`reason`]: a book, fill or expiry that is none, or a figure out of range.
pub fn follow(shown: &Following) -> Result<Followed> {
    let (mut book, after) = (revealed(&shown.before)?, revealed(&shown.after)?);
    let known = shown.steps.iter().all(|step| step.applied.is_shown());
    let start = start(shown, &book)?;
    let (mut end, mut rounds) = (start, Vec::new());
    for step in &shown.steps {
        end = history::after(end, step.root, step.applied.digest());
        if known {
            apply(&mut book, shown.account, &step.applied, &mut rounds)?;
        }
    }
    if !known {
        return Ok(Followed { start, end, after: B256::ZERO, root: B256::ZERO, salted: false, rounds });
    }
    book.take_salts(&after);
    Ok(Followed { start, end, after: after.root(), root: book.root(), salted: book.is_salted(), rounds })
}

/// The history at the book before: zero at the account's beginning, where there is none.
fn start(shown: &Following, before: &Revealed) -> Result<B256> {
    if !shown.digest.is_zero() || !shown.previous_history.is_zero() {
        return Ok(history::after(shown.previous_history, before.root(), shown.digest));
    }
    if before.is_empty() { Ok(B256::ZERO) } else { Err(refused(reason::BEGINNING)) }
}

#[inline(never)]
fn revealed(book: &ShownBook) -> Result<Revealed> {
    let position = |shown: &ShownPosition| {
        let ShownPosition { salt, instrument, quantity } = *shown;
        RevealedPosition { salt, instrument, quantity: Quantity::from_raw(quantity) }
    };
    let cash = RevealedCash { salt: book.cash_salt, amount: Cash::from_raw(book.cash) };
    Revealed::new(cash, book.positions.iter().map(position)).ok_or_else(|| refused(reason::INSTRUMENT))
}

#[inline(never)]
fn apply(book: &mut Revealed, account: u64, applied: &Applied, rounds: &mut Vec<SettledExpiry>) -> Result<()> {
    match applied {
        Applied::Fills(fills) => fills.iter().try_for_each(|fill| {
            let (change, price) = (change(account, fill)?, Price::from_raw(fill.terms.price));
            book.trade(fill.terms.instrument, change, price).map_err(overflow)
        }),
        Applied::Expiry(expiries) => expiries.iter().try_for_each(|settled| {
            let (underlying, expiry) = expiring(settled)?;
            rounds.push(*settled);
            book.expire(underlying, expiry, Price::from_raw(settled.price)).map_err(overflow)
        }),
        Applied::Funding { instrument, per_unit } => {
            book.fund(instrument, Funding::from_raw(*per_unit)).map_err(overflow)
        }
        Applied::HiddenFills { .. } | Applied::HiddenEvent(_) => Ok(()),
    }
}

/// What the account's position changes by.
fn change(account: u64, fill: &ShownFill) -> Result<Quantity> {
    let bought = Quantity::try_from(fill.terms.quantity).map_err(|_| refused(reason::OVERFLOW))?;
    match (fill.buyer == account, fill.seller == account) {
        (true, false) => Ok(bought),
        (false, true) => bought.checked_neg().ok_or_else(|| refused(reason::OVERFLOW)),
        _ => Err(refused(reason::FILL)),
    }
}

/// The date that a round settles: the round is of a feed of its underlying, not after it and not long before.
fn expiring(of: &SettledExpiry) -> Result<(Underlying, Expiry)> {
    let future = Instrument::from_id(of.future).map_err(|_| refused(reason::EXPIRY))?;
    let Kind::Future { expiry } = future.kind else { return Err(refused(reason::EXPIRY)) };
    let last = expiry.unix() / SLOT_SECONDS;
    let in_time = (last.saturating_sub(MARK_SLOTS)..=last).contains(&of.slot);
    if in_time && prices(&of.feed, future.underlying) {
        Ok((future.underlying, expiry))
    } else {
        Err(refused(reason::EXPIRY))
    }
}

/// Whether a feed's name begins with the underlying's and a hyphen.
fn prices(feed: &B256, underlying: Underlying) -> bool {
    let name = underlying.to_bytes();
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    feed.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&b'-'))
}

fn overflow(_: RiskError) -> Revert {
    refused(reason::OVERFLOW)
}
