//! The end of a ruling that nobody brought about: marks that never came count against the agent, silence against the pledgor.
use super::evidence;
use super::ruling::{conclude, ensure_over, expect};
use abi::escrow::{ruling, subject};
use abi::oracle::KEPT_SLOTS;
use abi::slot_at;
use alloy_primitives::B256;
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;
use margin::storage::{Dispute, DisputedChange};

/// Marks that the kernel would need of the disputed statements were never committed, or gone when the first was made.
fn marks_unavailable(account: &Account, dispute: &Dispute) -> bool {
    match dispute.subject {
        subject::ROOT => false,
        subject::VARIATION => {
            let change = account.slots.disputed_change();
            let DisputedChange { previous_root, previous_slot, .. } = change;
            let before = !previous_root.is_zero() && unavailable(previous_slot);
            let after = !account.slots.disputed_root().is_zero() && unavailable(dispute.slot);
            change.came_too_late() || before || after
        }
        _ => unavailable(dispute.slot),
    }
}

/// No root is kept for the slot, and it is not for its age: what cannot be told any more counts against nobody but the pledgor.
fn unavailable(slot: u64) -> bool {
    let kept = slot_at(host::timestamp()) < slot.saturating_add(KEPT_SLOTS);
    kept && evidence::committed_marks(slot).is_zero()
}

#[inline(never)]
pub fn close(args: &Args<'_>) {
    let mut account = Account::open(args.u64(0));
    let dispute = expect(&account);
    ensure_over(&account, &dispute);
    let outcome = if marks_unavailable(&account, &dispute) { ruling::MARKS_UNAVAILABLE } else { ruling::UNPROVEN };
    conclude(&mut account, &dispute, outcome, B256::ZERO);
    account.save()
}
