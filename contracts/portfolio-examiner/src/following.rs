//! What fills make of a revealed book, and what they cost.
use crate::refused;
use abi::examiner::reason;
use abi::packed::{Following, ShownFill, ShownPosition, fill_hash, fills_digest, span_digest};
use alloc::vec::Vec;
use alloy_primitives::B256;
use contract_kit::Result;
use risk::Quantity;

/// A quantity of 1e-8 at a price of 1e-8 USD, in a micro-USD.
const NOTIONAL_A_MICRO: i128 = 10_000_000_000;

pub struct Followed {
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
    let (mut book, mut digest, mut cost) = (sorted(&shown.before)?, B256::ZERO, 0i128);
    for fills in &shown.statements {
        let mut own = B256::ZERO;
        for fill in fills {
            own = fills_digest(own, fill_hash(&fill.fill()));
            let change = change(shown.account, fill)?;
            let paid = i128::from(change).checked_mul(fill.terms.price.into());
            cost = paid.and_then(|paid| cost.checked_add(paid)).ok_or_else(overflow)?;
            apply(&mut book, &shown.after, fill.terms.instrument, change)?;
        }
        digest = span_digest(digest, own);
    }
    let cost = i64::try_from(cost.div_euclid(NOTIONAL_A_MICRO)).map_err(|_| overflow())?;
    let salted = book.iter().all(|held| held.quantity == 0 || !held.salt.is_zero());
    Ok(Followed { digest, root: root(&book), salted, cost })
}

pub fn root(book: &[ShownPosition]) -> B256 {
    risk::revealed_root(book.iter().map(|held| (held.salt, held.instrument, Quantity::from_raw(held.quantity))))
}

/// By instrument; each stands once.
fn sorted(book: &[ShownPosition]) -> Result<Vec<ShownPosition>> {
    let mut sorted = book.to_vec();
    sorted.sort_unstable_by_key(|held| held.instrument);
    let once = sorted.is_sorted_by(|one, next| one.instrument < next.instrument);
    if once { Ok(sorted) } else { Err(refused(reason::INSTRUMENT)) }
}

/// What the account's position changes by.
fn change(account: u64, fill: &ShownFill) -> Result<i64> {
    let quantity = i64::try_from(fill.terms.quantity).map_err(|_| overflow())?;
    if (fill.buyer == account) == (fill.seller == account) {
        return Err(refused(reason::FILL));
    }
    Ok(if fill.buyer == account { quantity } else { quantity.saturating_neg() })
}

/// Changes a position. A new one has the salt that it has in `after`, zero where it has none there.
fn apply(book: &mut Vec<ShownPosition>, after: &[ShownPosition], instrument: B256, change: i64) -> Result<()> {
    let place = book.partition_point(|held| held.instrument < instrument);
    if let Some(held) = book.get_mut(place).filter(|held| held.instrument == instrument) {
        held.quantity = held.quantity.checked_add(change).ok_or_else(overflow)?;
        return Ok(());
    }
    let salt = after.iter().find(|held| held.instrument == instrument).map(|held| held.salt);
    book.insert(place, ShownPosition { salt: salt.unwrap_or_default(), instrument, quantity: change });
    Ok(())
}

fn overflow() -> contract_kit::Revert {
    refused(reason::OVERFLOW)
}
