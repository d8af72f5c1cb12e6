//! The end of a ruling: what stands is carried out. Where nobody found anything, marks that never came count against the agent,
//! an oracle that was out against nobody, and silence against the pledgor.
use super::evidence;
use super::open::gone_at;
use super::ruling::{Found, bind, conclude, decide, ensure_over, excuse, expect, reduced};
use crate::claims;
use abi::escrow::MarginEscrow::DisputeExtended;
use abi::escrow::{CLOSING_SECONDS, OUTAGE_SLOTS, RULING_SECONDS, ruling, subject};
use alloy_primitives::B256;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::storage::{Dispute, Finding};

#[inline(never)]
pub fn close(args: &Args<'_>) {
    let mut account = Account::open(args.u64(0));
    let dispute = expect(&account);
    ensure_over(&account, &dispute);
    if dispute.finding == Finding::Nothing {
        unproven(&mut account, &dispute)
    } else {
        let found = Found::standing(&account, &dispute);
        decide(&mut account, &dispute, found)
    }
    account.save()
}

fn unproven(account: &mut Account, dispute: &Dispute) {
    let outcome = match marks(account, dispute) {
        Marks::Writer if extend(account, dispute) => return,
        Marks::Writer => ruling::VOID,
        Marks::Missing => ruling::MARKS_UNAVAILABLE,
        Marks::There => ruling::UNPROVEN,
    };
    conclude(account, dispute, outcome, B256::ZERO);
    match outcome {
        _ if account.terms.in_default || account.terms.closed => (),
        ruling::MARKS_UNAVAILABLE => {
            bind(account, dispute.amount);
            ask_anew(account)
        }
        ruling::VOID => {
            excuse(account, dispute.amount);
            ask_anew(account)
        }
        _ => (),
    }
}

/// What is missing is asked for with a full cure, since nobody could tell whether it had been asked rightly.
fn ask_anew(account: &mut Account) {
    let required = account.required(account.slots.state().requirement);
    if account.terms.claim_open {
        claims::review(account, required)
    }
    reduced(account)
}

/// Marks that the kernel would need of the disputed slot.
enum Marks {
    There,
    /// Nobody committed to any.
    Missing,
    /// Nor of any slot around it.
    Writer,
}

/// What cannot be told any more counts against the pledgor, unless it was told before that the oracle was out.
fn marks(account: &Account, dispute: &Dispute) -> Marks {
    let (slot, now) = (dispute.slot, host::timestamp());
    let needed = dispute.subject != subject::BOOK && !account.slots.disputed_history().is_zero();
    let extended = dispute.until > dispute.opened.saturating_add(RULING_SECONDS);
    if !needed {
        return Marks::There;
    }
    if now >= gone_at(slot) {
        return if extended { Marks::Writer } else { Marks::There };
    }
    let missing = |slot: &u64| evidence::committed_marks(*slot).is_zero();
    if !missing(&slot) {
        return Marks::There;
    }
    let around = slot.saturating_sub(OUTAGE_SLOTS)..=slot.saturating_add(OUTAGE_SLOTS);
    if around.into_iter().all(|slot| missing(&slot)) { Marks::Writer } else { Marks::Missing }
}

/// Marks may still come while the oracle keeps the slot.
fn extend(account: &mut Account, dispute: &Dispute) -> bool {
    let until =
        host::timestamp().saturating_add(RULING_SECONDS).min(gone_at(dispute.slot).saturating_sub(CLOSING_SECONDS));
    let longer = until > host::timestamp();
    if longer {
        account.slots.set_dispute(&Dispute { until, ..*dispute });
        emit(&DisputeExtended { account: account.id, dispute: dispute.number, until })
    }
    longer
}
