//! What an open dispute holds back.
use crate::account::Account;
use crate::storage::Dispute;

/// The account's dispute, while it is not ruled.
pub fn pending(account: &Account) -> Option<Dispute> {
    account.terms.disputed.then(|| account.slots.dispute())
}

/// What enforcement leaves aside: the disputed amount of the open claim, until the ruling must have come.
pub fn held_back(account: &mut Account, now: u64) -> Option<Dispute> {
    let number = account.claims().number;
    let dispute = pending(account)?;
    (dispute.number == number && now <= dispute.until).then_some(dispute)
}
