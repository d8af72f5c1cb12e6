//! What fills make of a revealed book, and what they cost.
use crate::refused;
use abi::examiner::reason;
use abi::packed::{Following, ShownFill, ShownPosition, fill_hash, fills_digest, span_digest};
use alloy_primitives::B256;
use contract_kit::{Result, Revert};
use risk::{Quantity, Revealed, RevealedPosition};

/// A quantity of 1e-8 at a price of 1e-8 USD, in a micro-USD.
const NOTIONAL_A_MICRO: i128 = 10_000_000_000;

pub struct Followed {
    /// Of the books shown.
    pub before: B256,
    pub after: B256,
    /// Of the fills, statement by statement.
    pub digest: B256,
    /// Of the book that they make.
    pub root: B256,
    /// Every position of it has a salt.
    pub salted: bool,
    /// What the account paid, micro-USD, rounded down.
    pub cost: i64,
}

pub fn follow(shown: &Following) -> Result<Followed> {
    let (mut book, after) = (revealed(&shown.before)?, revealed(&shown.after)?);
    let (before, mut digest, mut cost) = (book.root(), B256::ZERO, 0i128);
    for fills in &shown.statements {
        let mut own = B256::ZERO;
        for fill in fills {
            let (change, instrument) = (change(shown.account, fill)?, fill.terms.instrument);
            own = fills_digest(own, fill_hash(&fill.fill()));
            let paid = i128::from(change).checked_mul(fill.terms.price.into());
            cost = paid.and_then(|paid| cost.checked_add(paid)).ok_or_else(overflow)?;
            let applied = book.apply(instrument, Quantity::from_raw(change), after.salt(&instrument));
            applied.map_err(|_| overflow())?;
        }
        digest = span_digest(digest, own);
    }
    let cost = i64::try_from(cost.div_euclid(NOTIONAL_A_MICRO)).map_err(|_| overflow())?;
    Ok(Followed { before, after: after.root(), digest, root: book.root(), salted: book.is_salted(), cost })
}

fn revealed(book: &[ShownPosition]) -> Result<Revealed> {
    let position = |shown: &ShownPosition| {
        let ShownPosition { salt, instrument, quantity } = *shown;
        RevealedPosition { salt, instrument, quantity: Quantity::from_raw(quantity) }
    };
    Revealed::new(book.iter().map(position)).ok_or_else(|| refused(reason::INSTRUMENT))
}

/// What the account's position changes by.
fn change(account: u64, fill: &ShownFill) -> Result<i64> {
    let quantity = i64::try_from(fill.terms.quantity).map_err(|_| overflow())?;
    if (fill.buyer == account) == (fill.seller == account) {
        return Err(refused(reason::FILL));
    }
    Ok(if fill.buyer == account { quantity } else { quantity.saturating_neg() })
}

fn overflow() -> Revert {
    refused(reason::OVERFLOW)
}
