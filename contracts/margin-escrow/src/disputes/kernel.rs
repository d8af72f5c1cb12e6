//! What the kernel finds in revealed books and fills: the three figures that can be disputed.
use super::evidence::{self, Figures, same};
use super::ruling::Found;
use abi::SLOT_SECONDS;
use abi::escrow::MarginEscrow::NotTheStatement;
use abi::packed::{Malformed, Revaluation};
use alloy_primitives::{B256, U256};
use margin::account::Account;
use margin::fault::{OrFail, ensure, malformed, word};
use margin::field;
use margin::storage::{Dispute, HouseSlots};

/// Of an examination.
#[inline(never)]
pub fn requirement(account: &Account, dispute: &Dispute, shown: &[u8]) -> Found {
    Found::Requirement(book(account, account.slots.disputed_root(), dispute.slot, shown).requirement)
}

/// Of a revaluation: what the book is worth after the statements, less what it was worth before and what its fills cost.
#[inline(never)]
pub fn variation(account: &Account, dispute: &Dispute, shown: &[u8]) -> Found {
    let change = account.slots.disputed_change();
    let parts = Revaluation::parts(shown).unwrap_or_else(|Malformed(at)| malformed(at));
    let before = value(account, change.previous_root, change.previous_slot, parts.before);
    let after = value(account, account.slots.disputed_root(), dispute.slot, parts.after);
    let cost = cost(account, change.fills_digest, parts.following);
    Found::Variation(after.checked_sub(before).and_then(|gained| gained.checked_sub(cost)).checked())
}

/// Of a following. The book behind the disputed root is shown, so that whatever else its root is, is wrong; or, where nobody
/// knows it, no position is new, so that the book before has every salt.
#[inline(never)]
pub fn root(account: &Account, shown: &[u8]) -> Found {
    let (change, stated) = (account.slots.disputed_change(), account.slots.disputed_root());
    let followed = evidence::follow(account.id, shown);
    same(field!("previousRoot"), change.previous_root, followed.before);
    same(field!("fillsDigest"), change.fills_digest, followed.digest);
    let certain = followed.after == stated || followed.after.is_zero() && followed.salted;
    ensure(certain, || NotTheStatement { field: word(field!("root")), stated, shown: followed.after });
    Found::Root(followed.salted.then_some(followed.root))
}

/// A book that is behind `root`, at the marks of `slot` and the agreed parameters.
fn book(account: &Account, root: B256, slot: u64, shown: &[u8]) -> Figures {
    let examined = evidence::examine(shown);
    let agreed = HouseSlots::of(account.terms.house).parameters();
    let stated_at = U256::from(slot.saturating_mul(SLOT_SECONDS));
    same(field!("root"), root, examined.root);
    same(field!("parametersHash"), agreed, examined.parameters);
    same(field!("marksRoot"), evidence::committed_marks(slot), examined.marks);
    same(field!("asOf"), B256::from(stated_at), examined.as_of);
    evidence::evaluate(shown)
}

/// No positions are worth nothing, at any marks.
fn value(account: &Account, root: B256, slot: u64, shown: &[u8]) -> i64 {
    if root.is_zero() && shown.is_empty() { 0 } else { book(account, root, slot, shown).value }
}

fn cost(account: &Account, digest: B256, shown: &[u8]) -> i64 {
    if digest.is_zero() && shown.is_empty() {
        return 0;
    }
    let followed = evidence::follow(account.id, shown);
    same(field!("fillsDigest"), digest, followed.digest);
    followed.cost
}
