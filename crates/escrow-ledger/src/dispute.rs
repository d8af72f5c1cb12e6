//! What disputes hold back.
use crate::account::Account;
use crate::storage::{Dispute, Shield};
use csa::value::micro_usd;

/// The account's dispute, while it is not ruled.
pub fn pending(account: &Account) -> Option<Dispute> {
    account.terms.disputed.then(|| account.slots.dispute())
}

/// What is kept from a payment of what is owed: all that an open dispute names; of what rulings found wrong nothing that is brought
/// for the payment.
pub fn kept(account: &mut Account, brought: u64, now: u64) -> u64 {
    let disputed = pending(account).map_or(0, |dispute| dispute.amount);
    let ruled = held_back(account, now).0.saturating_sub(disputed);
    let rest = account.owed().saturating_sub(disputed).saturating_sub(brought);
    disputed.saturating_add(ruled.min(rest))
}

/// What is held back for the account, whatever it is that is due: what it disputes, and what upheld rulings found wrong; and
/// until when at least.
pub fn held_back(account: &Account, now: u64) -> (u64, u64) {
    let (disputed, ruled) = pending(account).map_or((0, 0), |dispute| (dispute.amount, dispute.until));
    let Shield { usd, until } = account.slots.stakes().shield;
    if now > until { (disputed, ruled) } else { (disputed.saturating_add(micro_usd(usd)), ruled.max(until)) }
}
