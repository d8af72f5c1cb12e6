//! A dispute opens, without evidence: both sides stake, and what is on the books is kept. While it is open it may be raised.
use super::evidence::same;
use super::ruling::ensure_pledgor;
use super::stakes;
use super::words::{integer, number};
use abi::escrow::MarginEscrow::{DisputeOpened, DisputedAmount, NotDisputable, StaleSlot, UnknownSubject};
use abi::escrow::{CLOSING_SECONDS, DISPUTE_SLOTS, DISPUTE_TOLERANCE, RULING_SECONDS, subject};
use abi::oracle::KEPT_SLOTS;
use abi::{SLOT_SECONDS, slot_at};
use alloy_primitives::B256;
use contract_kit::args::Args;
use contract_kit::host;
use csa::value::micro_usd;
use escrow_ledger::account::Account;
use escrow_ledger::dispute;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::ensure;
use escrow_ledger::field;
use escrow_ledger::storage::{Dispute, Finding, Head, Stakes, State};

/// Least of what is wrong that a figure can be disputed for.
const LEAST: u64 = DISPUTE_TOLERANCE.saturating_add(1);
/// Most that has room in its slot.
const MOST: u64 = (1 << 50) - 1;

#[inline(never)]
pub fn open(args: &Args<'_>) {
    let (mut account, subject, amount) = (Account::acting(args.u64(0)), args.u8(1), args.u64(2));
    ensure_pledgor(&account);
    let (state, history) = (account.slots.state(), account.slots.history());
    objects_to(&state, history, subject, args.word(3));
    if let Some(dispute) = dispute::pending(&account) {
        raise(&mut account, &dispute, subject, amount);
        return account.save();
    }
    ensure_disputable(&mut account);
    named(&mut account, subject, amount, state.requirement);
    let State { slot, requirement, cumulative_variation: variation, .. } = state;
    let until = ends(history, subject, slot);
    let shield = account.slots.stakes().shield;
    let stakes = stakes::take(&account, amount, Stakes { variation, shield, ..Stakes::default() });
    let (opened, number) = (host::timestamp(), account.slots.dispute().number.saturating_add(1));
    let finding = Finding::Nothing;
    account.slots.set_disputed_history(history);
    account.terms.disputed = true;
    keep(&account, &Dispute { number, subject, amount, slot, requirement, opened, until, finding }, &stakes);
    account.save()
}

/// While a dispute is open its pledgor may name more, on a larger stake: more may be asked of it since.
fn raise(account: &mut Account, dispute: &Dispute, subject: u8, amount: u64) {
    let (id, number, now) = (account.id, dispute.number, host::timestamp());
    let more = subject == dispute.subject && amount > dispute.amount && now <= dispute.until;
    ensure(more, || NotDisputable { account: id, dispute: number });
    named(account, subject, amount, dispute.requirement);
    let stakes = stakes::take(account, amount, account.slots.stakes());
    keep(account, &Dispute { amount, ..*dispute }, &stakes)
}

/// No deadline has passed, or an upheld ruling still binds.
fn ensure_disputable(account: &mut Account) {
    let (id, now, number) = (account.id, host::timestamp(), account.slots.dispute().number);
    let late = account.terms.claim_open && now > account.claims().demands.deadline();
    let binds = now <= account.slots.stakes().shield.until;
    ensure(!late || binds, || NotDisputable { account: id, dispute: number })
}

/// The figure that the pledgor objects to is the one that stands.
fn objects_to(state: &State, history: B256, subject: u8, stated: B256) {
    let (field, stands) = match subject {
        subject::REQUIREMENT => (field!("requirement"), number(state.requirement)),
        subject::VARIATION => (field!("cumulativeVariation"), integer(state.cumulative_variation)),
        _ => (field!("history"), history),
    };
    if !stated.is_zero() {
        same(field, stands, stated)
    }
}

/// A requirement is wrong by no more than what is stated, then or now. How much a wrong book makes wrong nobody can tell: no
/// more than all that is asked for.
fn named(account: &mut Account, subject: u8, amount: u64, requirement: u64) {
    let stated = account.slots.state().requirement;
    let (least, most) = match subject {
        subject::REQUIREMENT => (LEAST, requirement.max(stated).max(LEAST)),
        subject::VARIATION => (LEAST, MOST),
        subject::BOOK => (0, at_stake(account, stated).min(MOST)),
        _ => return ensure(false, || UnknownSubject { subject }),
    };
    ensure((least..=most).contains(&amount), || DisputedAmount { amount, least, most })
}

fn at_stake(account: &mut Account, requirement: u64) -> u64 {
    let (required, owed) = (account.required(requirement), account.owed());
    let asked = if account.terms.claim_open { account.claims().demands.asked() } else { 0 };
    required.saturating_add(owed).saturating_add(asked).max(Head::load().bounds.leastStake)
}

/// The ruling ends in time before marks that it needs leave the oracle.
fn ends(history: B256, subject: u8, slot: u64) -> u64 {
    let (now, oldest) = (host::timestamp(), slot_at(host::timestamp()).saturating_sub(DISPUTE_SLOTS));
    let until = now.saturating_add(RULING_SECONDS);
    if subject == subject::BOOK || history.is_zero() {
        return until;
    }
    ensure(slot >= oldest, || StaleSlot { slot, oldest });
    until.min(gone_at(slot).saturating_sub(CLOSING_SECONDS))
}

/// When the marks of a slot leave the oracle.
pub fn gone_at(slot: u64) -> u64 {
    slot.saturating_add(KEPT_SLOTS).saturating_mul(SLOT_SECONDS)
}

fn keep(account: &Account, dispute: &Dispute, stakes: &Stakes) {
    let Dispute { number, subject, amount, slot, requirement, until, .. } = *dispute;
    account.slots.set_dispute(dispute);
    account.slots.set_stakes(stakes);
    emit(&DisputeOpened {
        account: account.id,
        dispute: number,
        subject,
        amount,
        history: account.slots.disputed_history(),
        slot,
        requirement,
        cumulativeVariation: stakes.variation,
        until,
        stake: micro_usd(stakes.pledgor),
        agentStake: micro_usd(stakes.agent),
        houseStake: micro_usd(stakes.house),
        owedStake: micro_usd(stakes.owed),
    })
}
