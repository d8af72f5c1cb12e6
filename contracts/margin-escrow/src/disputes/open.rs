//! A dispute opens: both sides stake, and the statement is kept.
use super::change;
use super::ruling::ensure_pledgor;
use abi::escrow::MarginEscrow::{
    ClaimDisputed, DisputedAmount, NoClaim, NotDisputable, StaleSlot, StatementsDisputed, UnknownSubject,
};
use abi::escrow::{CLOSING_SECONDS, DISPUTE_BOND, DISPUTE_SLOTS, DISPUTE_TOLERANCE, RULING_SECONDS, subject};
use abi::oracle::KEPT_SLOTS;
use abi::{SLOT_SECONDS, slot_at};
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;
use margin::encode::emit;
use margin::fault::{ensure, malformed};
use margin::inventory;
use margin::registry::asset_at;
use margin::storage::{self, Dispute, DisputedChange, HouseSlots, State};

/// Of `disputeStatements`: account, subject and amount, before the packed change.
const HEAD: usize = 96;
/// Least of what is wrong that a figure can be disputed for.
const LEAST: u64 = DISPUTE_TOLERANCE.saturating_add(1);

/// Of the requirement behind a claim.
#[inline(never)]
pub fn claim(args: &Args<'_>) {
    let (mut account, amount) = (acting(args.u64(0)), args.u64(1));
    let id = account.id;
    ensure(account.terms.claim_open, || NoClaim { account: id });
    ensure_disputable(&mut account);
    named(amount, LEAST, asked(&mut account));
    let slot = account.slots.state().slot;
    open(&mut account, subject::REQUIREMENT, amount, slot);
    account.save()
}

/// Of the variation or the root of the account's last statements.
#[inline(never)]
pub fn statements(payload: &[u8]) {
    let (head, shown) = payload.split_at_checked(HEAD).unwrap_or_else(|| malformed(payload.len()));
    let args = Args::new(head);
    let (mut account, subject, amount) = (acting(args.u64(0)), args.u8(1), args.u64(2));
    ensure_disputable(&mut account);
    match subject {
        subject::VARIATION => named(amount, LEAST, u64::MAX),
        subject::ROOT => named(amount, 0, asked(&mut account)),
        _ => ensure(false, || UnknownSubject { subject }),
    }
    let change = change::of(&account, shown);
    // One that was ruled would else be ruled, and paid for, again and again.
    let anew = change.first > account.slots.disputed_change().last;
    ensure(anew, || NotDisputable { account: account.id, number: account.slots.claims().number });
    let marks_since = if subject == subject::ROOT { u64::MAX } else { change::marks_since(&account, &change) };
    open(&mut account, subject, amount, marks_since);
    account.slots.set_disputed_change(&change);
    let DisputedChange { first, previous_root, previous_slot, fills_digest, variation, .. } = change;
    emit(&StatementsDisputed {
        account: account.id,
        first,
        previousRoot: previous_root,
        previousSlot: previous_slot,
        fillsDigest: fills_digest,
        variation,
    });
    account.save()
}

/// The account, for its pledgor.
fn acting(account: u64) -> Account {
    let account = Account::acting(account);
    ensure_pledgor(&account);
    account
}

/// No other dispute is open; an open claim was not disputed before, and its first deadline has not passed.
fn ensure_disputable(account: &mut Account) {
    let (id, claim) = (account.id, *account.claims());
    let again = account.terms.claim_open && account.slots.dispute().number == claim.number;
    let late = account.terms.claim_open && host::timestamp() > claim.first.deadline;
    let disputable = !(account.terms.disputed || again || late);
    ensure(disputable, || NotDisputable { account: id, number: claim.number })
}

fn named(amount: u64, least: u64, most: u64) {
    ensure((least..=most).contains(&amount), || DisputedAmount { amount, least, most })
}

/// What the open claim asks for.
fn asked(account: &mut Account) -> u64 {
    let claim = *account.claims();
    claim.first.amount.saturating_add(claim.second.amount)
}

/// The ruling ends in time before the oldest marks that it needs leave the oracle.
#[inline(never)]
fn open(account: &mut Account, subject: u8, amount: u64, marks_since: u64) {
    let (now, oldest) = (host::timestamp(), slot_at(host::timestamp()).saturating_sub(DISPUTE_SLOTS));
    ensure(marks_since >= oldest, || StaleSlot { slot: marks_since, oldest });
    let (number, agent_stake) = (account.claims().number, stake(account));
    let State { slot, sequence, requirement, .. } = account.slots.state();
    let leave = marks_since.saturating_add(KEPT_SLOTS).saturating_mul(SLOT_SECONDS);
    let until = now.saturating_add(RULING_SECONDS).min(leave.saturating_sub(CLOSING_SECONDS));
    let root = account.slots.root();
    account.slots.set_dispute(&Dispute { subject, number, amount, slot, sequence, requirement, until, agent_stake });
    account.slots.set_disputed_root(root);
    account.terms.disputed = true;
    emit(&ClaimDisputed {
        account: account.id,
        number,
        subject,
        amount,
        root,
        slot,
        requirement,
        until,
        stake: DISPUTE_BOND,
        agentStake: agent_stake,
    })
}

/// Takes both stakes from the inventories; the agent's, as far as it goes.
fn stake(account: &Account) -> u64 {
    let agents = HouseSlots::of(account.terms.house).agents();
    let settlement = asset_at(agents.settlement);
    inventory::take(account.slots.party().pledgor, &settlement, DISPUTE_BOND);
    let agent_stake = storage::inventory(&agents.agent, settlement.index).min(DISPUTE_BOND);
    inventory::take(agents.agent, &settlement, agent_stake);
    agent_stake
}
