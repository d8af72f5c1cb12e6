//! What the kernel finds in a revealed book: its requirement, and its variation.
use super::evidence::{self, Figures, same};
use super::ruling::Found;
use abi::SLOT_SECONDS;
use abi::escrow::subject;
use abi::history;
use alloy_primitives::{B256, U256};
use contract_kit::args::Args;
use escrow_ledger::account::Account;
use escrow_ledger::fault::malformed;
use escrow_ledger::field;
use escrow_ledger::storage::{Dispute, HouseSlots};

/// The words before the examination: what the book's history was before it, and the digest of what made it.
const HEAD: usize = 64;

#[inline(never)]
pub fn figure(account: &Account, dispute: &Dispute, shown: &[u8]) -> Found {
    let kept = account.slots.disputed_history();
    // An account that never had a position requires nothing and gained nothing.
    let figures =
        if kept.is_zero() && shown.is_empty() { Figures::default() } else { book(account, dispute, kept, shown) };
    match dispute.subject {
        subject::VARIATION => Found::Variation(figures.variation),
        _ => Found::Requirement(figures.requirement),
    }
}

/// The book behind a history, at the marks of the dispute's slot and the agreed parameters.
fn book(account: &Account, dispute: &Dispute, kept: B256, shown: &[u8]) -> Figures {
    let (head, shown) = shown.split_at_checked(HEAD).unwrap_or_else(|| malformed(shown.len()));
    let (head, examined) = (Args::new(head), evidence::examine(shown));
    let agreed = HouseSlots::of(account.terms.house).parameters();
    let stated_at = U256::from(dispute.slot.saturating_mul(SLOT_SECONDS));
    same(field!("history"), kept, history::after(head.word(0), examined.root, head.word(1)));
    same(field!("parametersHash"), agreed, examined.parameters);
    same(field!("marksRoot"), evidence::committed_marks(dispute.slot), examined.marks);
    same(field!("asOf"), B256::from(stated_at), examined.as_of);
    evidence::evaluate(shown)
}
