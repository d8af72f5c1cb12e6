//! Claims: when a demand is made, what counts towards it, and when a claim is satisfied. The queue itself is `csa::demands`.
use crate::account::{Account, Count};
use crate::dispute;
use crate::encode::emit;
use crate::fault::OrFail;
use crate::frozen;
use crate::registry::{self, Valuations, bit};
use crate::storage::{HouseLedger, HouseSlots};
use abi::escrow::MarginEscrow::{ClaimIssued, ClaimSatisfied, DemandsReduced, LateInterestCharged, OwedPaid};
use abi::escrow::{MARK_SLOTS, cause};
use abi::registry::grace::MOST_SECONDS;
use contract_kit::host;
use csa::cause::Change;
use csa::orders::{Lack, margin_due};
use csa::{Demands, Posting, Tranche};

/// What is due of margin: at any price of what has no fresh valuation, and if that is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Micro-USD that are due at any price of what has no fresh valuation.
    pub surely: u64,
    /// Micro-USD that are due if what has no fresh valuation is worth nothing.
    pub possibly: u64,
}

impl Due {
    /// What is due of a posting against `C`, by the agreement's minimum transfer amount.
    pub fn of(account: &Account, posting: &Posting, required: u64) -> Self {
        let due = |posted| csa::delivery_due(required, posted, account.terms.minimum_transfer_amount);
        Self { surely: due(posting.at_most()), possibly: due(posting.fresh) }
    }
}

/// A review: what changed, what was delivered by it, and what is owed since.
#[derive(Clone, Copy, Debug, Default)]
pub struct Review {
    /// What changed of `C` and `P`, and why.
    pub change: Change,
    /// Micro-USD that came in by it.
    pub delivered: u64,
    /// The house owed the account, so that what was late was late by the house.
    pub by_house: bool,
    /// Micro-USD of variation that the account has come to owe by it.
    pub newly_owed: u64,
}

/// Reviews an account after a change: what was delivered counts; what is missing beyond the open demands is asked for; a
/// claim ends where nothing is due and nothing owed. What is due is due at any price of what has no valuation within the bound.
pub fn review(account: &mut Account, review: &Review, settlement: u8, ledger: &mut HouseLedger, now: u64) {
    let Review { change, delivered, by_house, newly_owed } = review;
    let due = Due::of(account, &change.posting, change.required);
    let owed = account.owed();
    if account.terms.claim_open {
        let delivered = if *by_house { 0 } else { *delivered };
        paid_by_house(account, review.delivered.saturating_sub(delivered));
        count(account, delivered, due.possibly == 0 && owed == 0, settlement, ledger, now);
    }
    let owed = account.owed();
    if due.surely != 0 || owed != 0 {
        let causes = Causes { margin: csa::cause::of(change), owed: cause::VARIATION };
        let margin = margin(account, due, owed, *newly_owed);
        open(account, margin.saturating_add(owed), *newly_owed, causes, now)
    }
}

/// What is missing of margin, beyond what is owed.
fn margin(account: &mut Account, due: Due, owed: u64, newly_owed: u64) -> u64 {
    let open = account.terms.claim_open && due.surely != due.possibly;
    let asked = if open { account.claims().demands.asked() } else { 0 };
    margin_due(due.surely, due.possibly, asked.saturating_sub(owed.saturating_sub(newly_owed)))
}

/// What a standing order may bring: what a review would ask for, or has asked for, but for what a dispute or a ruling holds back.
pub fn lack(account: &mut Account, review: &Review, now: u64) -> Lack {
    let (due, owed) = (Due::of(account, &review.change.posting, review.change.required), account.owed());
    let margin = margin(account, due, owed, review.newly_owed).min(due.possibly);
    if margin == 0 && owed == 0 {
        return Lack::default();
    }
    let kept = if owed == 0 { 0 } else { dispute::kept(account, 0, now) };
    Lack::of(margin, owed, dispute::held_back(account, now).0, kept)
}

/// Why a demand asks: for margin, or for what is owed, which comes first.
#[derive(Clone, Copy, Debug)]
struct Causes {
    margin: u8,
    owed: u8,
}

/// Asks for what is missing beyond the open demands.
#[inline(never)]
fn open(account: &mut Account, missing: u64, newly_owed: u64, causes: Causes, now: u64) {
    let deadline = account.resolution(now);
    let claims = account.claims();
    let owed = if claims.demands.first.amount == 0 { claims.owed } else { newly_owed };
    let cause = if owed == 0 { causes.margin } else { causes.owed };
    let Some((tranche, amount)) = claims.demands.ask(missing, deadline, cause) else {
        account.terms.claim_open |= missing != 0;
        return;
    };
    if !account.terms.claim_open {
        account.claims().number = account.claims().number.saturating_add(1);
    }
    account.terms.claim_open = true;
    let number = account.claims().number;
    emit(&ClaimIssued { account: account.id, number, tranche, cause, amount, owed: owed.min(amount), deadline });
}

/// Counts what was delivered to the oldest demand first. What comes after its deadline bears interest; where all is `met` the
/// claim is satisfied.
#[inline(never)]
pub fn count(account: &mut Account, delivered: u64, met: bool, settlement: u8, ledger: &mut HouseLedger, now: u64) {
    let before = account.claims().demands;
    let parts = account.claims().demands.deliver(delivered);
    // A rejected dispute bears interest on what it held back by itself, and who was right pays none.
    let beyond = before.beyond(dispute::pending(account).map_or(0, |dispute| dispute.amount));
    let late = [before.first, before.second]
        .iter()
        .zip(beyond)
        .any(|(tranche, left)| left != 0 && is_late(account, tranche, settlement, now));
    let [all, first] = [parts.iter().fold(0, |sum: u64, part| sum.saturating_add(*part)), beyond[0]];
    let bears = [all.min(first), all.saturating_sub(first).min(beyond[1])];
    let interest = if late { interest(account, &before, bears, settlement, now) } else { 0 };
    if met {
        satisfy(account, late)
    } else if parts != [0, 0] {
        reduced(account)
    }
    charge(account, interest, settlement, ledger, now)
}

fn is_late(account: &Account, oldest: &Tranche, settlement: u8, now: u64) -> bool {
    now > oldest.deadline() && now > due_at(account, oldest, settlement, now)
}

/// What the house paid counts, and its lateness costs the pledgor nothing.
fn paid_by_house(account: &mut Account, delivered: u64) {
    if account.claims().demands.deliver(delivered) != [0, 0] {
        reduced(account)
    }
}

/// What is left of the demands is on record.
pub fn reduced(account: &mut Account) {
    let claims = *account.claims();
    let Demands { first, second } = claims.demands;
    emit(&DemandsReduced { account: account.id, number: claims.number, first: first.amount, second: second.amount })
}

/// The open claim is satisfied; it was late where its first deadline had passed.
pub fn satisfy(account: &mut Account, late: bool) {
    let number = close(account);
    emit(&ClaimSatisfied { account: account.id, number, late });
}

/// On each part that was delivered, from its own deadline on.
fn interest(account: &Account, demands: &Demands, parts: [u64; 2], settlement: u8, now: u64) -> u64 {
    let rate = account.slots.party().late_interest;
    let of = |(tranche, part): (Tranche, u64)| {
        csa::interest_up(part, rate, now.saturating_sub(due_at(account, &tranche, settlement, now)))
    };
    [demands.first, demands.second].into_iter().zip(parts).map(of).fold(0, u64::saturating_add)
}

/// Interest is owed and collected at once; the rest is claimed.
#[inline(never)]
pub fn charge(account: &mut Account, amount: u64, settlement: u8, ledger: &mut HouseLedger, now: u64) {
    if amount == 0 {
        return;
    }
    let number = account.claims().number;
    emit(&LateInterestCharged { account: account.id, number, amount });
    account.recover(settlement, ledger);
    let mut dues = account.dues(settlement);
    dues.charge(&mut ledger.lots, amount).checked();
    account.set_dues(settlement, &dues);
    collect(account, 0, settlement, ledger);
    let owed = account.owed();
    if owed != 0 && !account.terms.claim_open {
        open(account, owed, owed, Causes { margin: cause::INTEREST, owed: cause::INTEREST }, now)
    }
}

/// What is owed, once its claim was given up, is claimed again.
pub fn ask_for_owed(account: &mut Account, now: u64) {
    let owed = account.owed();
    if owed != 0 {
        open(account, owed, owed, Causes { margin: cause::VARIATION, owed: cause::VARIATION }, now)
    }
}

/// Ends the open claim; its number.
pub fn close(account: &mut Account) -> u16 {
    account.terms.claim_open = false;
    let claims = account.claims();
    claims.demands = Demands::default();
    claims.number
}

/// What the account owes, but for what is kept, is paid from what it now holds; lots that a pledge has brought are not kept by a
/// ruling.
pub fn collect(account: &mut Account, brought: u64, settlement: u8, ledger: &mut HouseLedger) {
    if account.owed() == 0 {
        return;
    }
    let (mut dues, kept) = (account.dues(settlement), dispute::kept(account, brought, host::timestamp()));
    let amount = dues.collect(&mut ledger.lots, kept).checked();
    account.set_dues(settlement, &dues);
    if amount != 0 {
        account.owed_paid(settlement, amount);
        emit(&OwedPaid { account: account.id, house: account.terms.house, amount, owed: dues.owed });
    }
}

/// What the account is missing, by what has valuations within the bound of marks.
pub fn missing(account: &mut Account, valuations: &Valuations, required: u64, count: Count) -> u64 {
    required.saturating_sub(account.posting(valuations, required, count).fresh)
}

/// After collateral came in: what is owed is paid, what was delivered counts, and a claim that is met is satisfied.
pub fn cure(account: &mut Account, valuations: Valuations) {
    if !account.terms.claim_open {
        return;
    }
    let house = HouseSlots::of(account.terms.house);
    let (settlement, mut ledger, now) = (house.agents().settlement, house.ledger(), host::timestamp());
    let (valuations, required) = (valuations.within(MARK_SLOTS), account.required(account.slots.state().requirement));
    let before = missing(account, &valuations, required, Count::Before).saturating_add(account.owed());
    let brought = account.brought(settlement);
    collect(account, brought, settlement, &mut ledger);
    let after = missing(account, &valuations, required, Count::Now).saturating_add(account.owed());
    count(account, before.saturating_sub(after), after == 0, settlement, &mut ledger, now);
    house.set_ledger(&ledger);
}

/// Takes what is there: what the house owes the account, as far as it holds it, and what the account can pay of what it owes. What
/// the house paid counts too. A claim that is met ends. Whether there was anything.
pub fn take(account: &mut Account, settlement: u8, ledger: &mut HouseLedger, now: u64) -> bool {
    let valuations = Valuations::of(account.terms.held | bit(settlement)).within(MARK_SLOTS);
    let required = account.required(account.slots.state().requirement);
    let first = missing(account, &valuations, required, Count::Now).saturating_add(account.owed());
    account.recover(settlement, ledger);
    let owed = account.owed();
    let second = missing(account, &valuations, required, Count::Now).saturating_add(owed);
    paid_by_house(account, first.saturating_sub(second));
    collect(account, 0, settlement, ledger);
    let owes = account.owed();
    let after = missing(account, &valuations, required, Count::Now).saturating_add(owes);
    let short = csa::delivery_due(after.saturating_sub(owes), 0, account.terms.minimum_transfer_amount);
    count(account, second.saturating_sub(after), owes == 0 && short == 0, settlement, ledger, now);
    after < first || owes < owed
}

/// The assets that [`cure`] values, when lots of `incoming` come in.
pub fn valued(account: &Account, incoming: u8) -> u16 {
    let others = if account.terms.claim_open { account.terms.held } else { 0 };
    others | bit(incoming)
}

/// A deadline with the grace for outages of the sequencer since what falls due was claimed. The registry is asked only where
/// its answer can matter: a registry that failed would stop enforcement for as long as the longest grace, and no longer.
pub fn extended(account: &Account, deadline: u64, now: u64) -> u64 {
    if now <= deadline || now > deadline.saturating_add(MOST_SECONDS) {
        return deadline;
    }
    deadline.saturating_add(registry::grace_between(claimed_at(account, deadline), now))
}

/// When a demand fell due, to the second: one for variation or interest waits while the settlement token could not be moved.
fn due_at(account: &Account, tranche: &Tranche, settlement: u8, now: u64) -> u64 {
    let (deadline, since) = (tranche.deadline, claimed_at(account, tranche.deadline));
    let waits = match tranche.cause {
        cause::VARIATION | cause::INTEREST => waits(account, settlement, deadline, now),
        _ => 0,
    };
    deadline.saturating_add(waits).saturating_add(registry::grace_between(since, now))
}

/// Whether what is owed since a deadline still waits, because the settlement token could not be moved.
pub fn still_waits(account: &Account, settlement: u8, deadline: u64, now: u64) -> bool {
    let waits = waits(account, settlement, deadline, now);
    let due = || deadline.saturating_add(registry::grace_between(claimed_at(account, deadline), now));
    waits != 0 && now <= due().saturating_add(waits)
}

/// What a deadline of something owed waits besides, while the settlement token could not be moved.
pub fn waits(account: &Account, settlement: u8, deadline: u64, now: u64) -> u64 {
    frozen::between(settlement, claimed_at(account, deadline), now)
}

fn claimed_at(account: &Account, deadline: u64) -> u64 {
    deadline.saturating_sub(account.slots.party().resolution_time.into())
}
