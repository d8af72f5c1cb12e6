//! The end of a ruling that nobody brought about: marks that never came count against the agent, silence against the pledgor.
use crate::evidence;
use crate::ruling::{conclude, ensure_over, expect};
use abi::escrow::ruling;
use abi::oracle::KEPT_SLOTS;
use abi::slot_at;
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;

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
    let outcome = if unavailable(dispute.slot) { ruling::MARKS_UNAVAILABLE } else { ruling::UNPROVEN };
    conclude(&mut account, &dispute, outcome, 0);
    account.save()
}
