//! The end of a ruling that nobody brought about: marks that never came count against the agent, silence against the pledgor.
use crate::evidence;
use crate::ruling::{conclude, ensure_over, expect};
use abi::escrow::ruling;
use margin::account::Account;
use margin::args::Args;

#[inline(never)]
pub fn close(args: &Args<'_>) {
    let mut account = Account::open(args.u64(0));
    let dispute = expect(&account);
    ensure_over(&account, &dispute);
    let committed = !evidence::committed_marks(dispute.slot).is_zero();
    let outcome = if committed { ruling::UNPROVEN } else { ruling::MARKS_UNAVAILABLE };
    conclude(&mut account, &dispute, outcome, 0);
    account.save()
}
