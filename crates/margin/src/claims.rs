//! Claims: when a tranche opens, and when a claim is satisfied.
use crate::account::{Account, Posting};
use crate::csa;
use crate::encode::emit;
use crate::fault::OrFail;
use crate::ledger::Dues;
use crate::registry::{Valuations, bit};
use crate::storage::{Claims, HouseSlots, Ledger, Tranche};
use abi::escrow::MarginEscrow::{ClaimIssued, ClaimSatisfied, LateInterestCharged, OwedPaid};
use abi::escrow::{MARK_SLOTS, cause};
use contract_kit::host;

/// A tranche that opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    number: u8,
    tranche: Tranche,
    /// The variation in it.
    owed: u64,
}

/// Why a tranche asks: for margin, or for what is owed, which comes first.
#[derive(Clone, Copy, Debug)]
struct Causes {
    margin: u8,
    owed: u8,
}

impl Claims {
    /// What open tranches ask for.
    fn asked(&self) -> u64 {
        self.first.amount.saturating_add(self.second.amount)
    }

    /// The margin to ask for: what is surely due; while more may be, no less than open tranches ask for.
    fn margin(&self, surely: u64, possibly: u64, owed_before: u64) -> u64 {
        let asked = self.asked().saturating_sub(owed_before);
        if surely == possibly { surely } else { surely.max(asked) }
    }

    /// Asks for what is due and owed beyond what open tranches ask; at most two are open.
    fn ask(&mut self, due: u64, newly_owed: u64, causes: Causes, deadline: u64) -> Option<Asked> {
        let amount = due.saturating_add(self.owed).saturating_sub(self.asked());
        if amount == 0 || self.second.amount != 0 {
            return None;
        }
        let is_first = self.first.amount == 0;
        let owed = if is_first { self.owed } else { newly_owed.min(amount) };
        let cause = if owed == 0 { causes.margin } else { causes.owed };
        let tranche = Tranche { amount, deadline, cause };
        if is_first {
            (self.first, self.number) = (tranche, self.number.saturating_add(1));
        } else {
            self.second = tranche;
        }
        Some(Asked { number: if is_first { 1 } else { 2 }, tranche, owed })
    }
}

/// An account as a review finds it; what is fresh of its posting has valuations within the bound of marks.
#[derive(Clone, Copy, Debug)]
pub struct Review {
    pub posting: Posting,
    pub required: u64,
    /// `C` and the variation owed as they were before.
    pub required_before: u64,
    pub owed_before: u64,
}

impl Review {
    /// What is due at any price of what has no fresh valuation, and what is due if that is worth nothing.
    fn due(&self, minimum: u64) -> (u64, u64) {
        let due = |posted| csa::delivery_due(self.required, posted, minimum);
        (due(self.posting.at_most()), due(self.posting.fresh))
    }

    /// Why margin is missing: without a recall none would be; more is required; or what is there counts for less.
    fn cause(&self) -> u8 {
        let Posting { posted, recalled, .. } = self.posting;
        if recalled != 0 && posted.saturating_add(recalled) >= self.required {
            cause::RECALL
        } else if self.required > self.required_before {
            cause::INITIAL
        } else if self.posting.value >= self.required {
            cause::CONCENTRATION
        } else {
            cause::HAIRCUT
        }
    }
}

/// Opens a tranche, or satisfies a claim where nothing is due and nothing owed. What is due is due at any price of what has
/// no valuation within the bound: where that decides, no margin is asked for, and the claim stays as it is.
pub fn review(account: &mut Account, review: &Review, settlement: u8, ledger: &mut Ledger, now: u64) {
    let (surely, possibly) = review.due(account.terms.minimum_transfer_amount);
    let owed = account.owed();
    if possibly == 0 && owed == 0 && account.terms.claim_open {
        satisfy(account, settlement, ledger, now);
    }
    if surely == 0 && owed == 0 {
        return;
    }
    let due = account.claims().margin(surely, possibly, review.owed_before);
    let causes = Causes { margin: review.cause(), owed: cause::VARIATION };
    open(account, due, owed.saturating_sub(review.owed_before), causes, now)
}

#[inline(never)]
fn open(account: &mut Account, due: u64, newly_owed: u64, causes: Causes, now: u64) {
    let deadline = account.resolution(now);
    let opened = account.claims().ask(due, newly_owed, causes, deadline);
    account.terms.claim_open = true;
    if let Some(Asked { number, tranche: Tranche { amount, deadline, cause }, owed }) = opened {
        let claim = account.claims().number;
        emit(&ClaimIssued { account: account.id, number: claim, tranche: number, cause, amount, owed, deadline });
    }
}

/// The open claim is satisfied. Where its first deadline has passed it is late and bears interest.
pub fn satisfy(account: &mut Account, settlement: u8, ledger: &mut Ledger, now: u64) {
    if !satisfy_in_time(account, now) {
        let claims = *account.claims();
        end(account, true);
        charge_interest(account, &claims, settlement, ledger, now)
    }
}

/// The open claim is satisfied, unless its first deadline has passed; whether it is.
pub fn satisfy_in_time(account: &mut Account, now: u64) -> bool {
    let in_time = now <= account.claims().first.deadline;
    if in_time {
        end(account, false);
    }
    in_time
}

#[inline(never)]
fn end(account: &mut Account, late: bool) {
    let number = close(account);
    emit(&ClaimSatisfied { account: account.id, number, late });
}

/// Interest on all that a late claim asked, from its first deadline. It is owed and collected at once; the rest is a new claim.
#[inline(never)]
fn charge_interest(account: &mut Account, late: &Claims, settlement: u8, ledger: &mut Ledger, now: u64) {
    let asked = late.first.amount.saturating_add(late.second.amount);
    let seconds = now.saturating_sub(late.first.deadline);
    let amount = csa::interest_up(asked, account.slots.party().late_interest, seconds);
    if amount == 0 {
        return;
    }
    emit(&LateInterestCharged { account: account.id, number: late.number, amount });
    let mut dues = account.dues(settlement);
    dues.charge(ledger, amount).checked();
    account.set_dues(settlement, &dues);
    collect(account, settlement, ledger);
    let owed = account.owed();
    if owed != 0 {
        open(account, 0, owed, Causes { margin: cause::INTEREST, owed: cause::INTEREST }, now)
    }
}

/// Ends the open claim; its number.
pub fn close(account: &mut Account) -> u16 {
    account.terms.claim_open = false;
    let claims = account.claims();
    (claims.first, claims.second) = (Tranche::default(), Tranche::default());
    claims.number
}

/// What the account owes is paid from what it now holds.
pub fn collect(account: &mut Account, settlement: u8, ledger: &mut Ledger) {
    if account.owed() == 0 {
        return;
    }
    let mut dues: Dues = account.dues(settlement);
    let amount = dues.collect(ledger).checked();
    account.set_dues(settlement, &dues);
    if amount != 0 {
        emit(&OwedPaid { account: account.id, house: account.terms.house, amount, owed: dues.owed });
    }
}

/// After collateral came in: what is owed is paid, then a claim is satisfied that is met by what has valuations within the
/// bound of marks.
pub fn cure(account: &mut Account, valuations: Valuations) {
    if !account.terms.claim_open {
        return;
    }
    let house = HouseSlots::of(account.terms.house);
    let (settlement, mut ledger) = (house.agents().settlement, house.ledger());
    collect(account, settlement, &mut ledger);
    let required = account.required(account.slots.state().requirement);
    let met = account.posting(&valuations.within(MARK_SLOTS), required).fresh >= required && account.owed() == 0;
    if met {
        satisfy(account, settlement, &mut ledger, host::timestamp());
    }
    house.set_ledger(&ledger);
}

/// The assets that [`cure`] values, when lots of `incoming` come in.
pub fn valued(account: &Account, incoming: u8) -> u16 {
    let others = if account.terms.claim_open { account.terms.held } else { 0 };
    others | bit(incoming)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(claims: &mut Claims, due: u64, newly_owed: u64, deadline: u64) -> Option<Asked> {
        claims.ask(due, newly_owed, Causes { margin: cause::INITIAL, owed: cause::VARIATION }, deadline)
    }

    #[test]
    fn the_first_tranche_asks_for_all() {
        let mut claims = Claims { owed: 30, number: 4, ..Claims::default() };
        let asked = ask(&mut claims, 100, 30, 1_000).unwrap();
        assert_eq!((asked.number, asked.tranche.amount, asked.owed, claims.number), (1, 130, 30, 5));
        assert_eq!(asked.tranche.cause, cause::VARIATION);
    }

    #[test]
    fn an_increase_opens_a_second_and_then_nothing_more() {
        let mut claims = Claims::default();
        assert_eq!(ask(&mut claims, 100, 0, 1_000).unwrap().tranche.cause, cause::INITIAL);
        assert_eq!(ask(&mut claims, 100, 0, 1_010), None);
        let second = ask(&mut claims, 150, 0, 1_020).unwrap();
        assert_eq!((second.number, second.tranche.amount, second.tranche.deadline), (2, 50, 1_020));
        assert_eq!(ask(&mut claims, 400, 0, 1_030), None);
        assert_eq!((claims.number, claims.first.deadline), (1, 1_000), "one claim, its deadline never moves");
    }

    #[test]
    fn margin_is_missing_for_one_reason() {
        let posting = Posting { posted: 90, fresh: 90, stale_at_most: 0, value: 95, recalled: 0 };
        let calm = Review { posting, required: 100, required_before: 100, owed_before: 0 };
        assert_eq!(calm.cause(), cause::HAIRCUT);
        assert_eq!(Review { required_before: 99, ..calm }.cause(), cause::INITIAL);
        assert_eq!(Review { posting: Posting { value: 100, ..posting }, ..calm }.cause(), cause::CONCENTRATION);
    }

    #[test]
    fn a_recall_is_the_cause_where_it_took_what_is_missing() {
        let posting = |recalled| Posting { posted: 90, fresh: 90, stale_at_most: 0, value: 95, recalled };
        let review = |recalled, required_before| {
            Review { posting: posting(recalled), required: 100, required_before, owed_before: 0 }.cause()
        };
        assert_eq!((review(10, 100), review(10, 60)), (cause::RECALL, cause::RECALL));
        assert_eq!((review(9, 100), review(9, 60)), (cause::HAIRCUT, cause::INITIAL));
        let covered = Review { posting: posting(0), required: 90, required_before: 80, owed_before: 0 };
        assert_eq!(covered.cause(), cause::INITIAL, "nothing was recalled");
    }

    #[test]
    fn what_stale_prices_leave_open_is_neither_due_nor_covered() {
        let posting = Posting { posted: 90, fresh: 40, stale_at_most: 55, value: 90, recalled: 0 };
        let review = Review { posting, required: 0, required_before: 0, owed_before: 0 };
        let due = |required, minimum| Review { required, ..review }.due(minimum);
        assert_eq!(due(40, 0), (0, 0), "covered without them");
        assert_eq!(due(41, 0), (0, 1));
        assert_eq!(due(95, 0), (0, 55));
        assert_eq!(due(96, 0), (1, 56), "missing in any case");
        assert_eq!(due(96, 2), (0, 56));
    }

    #[test]
    fn open_tranches_stand_while_prices_cannot_tell() {
        let mut claims = Claims { owed: 10, ..Claims::default() };
        ask(&mut claims, 50, 10, 1_000);
        assert_eq!((claims.margin(20, 20, 10), claims.margin(20, 80, 10), claims.margin(70, 80, 10)), (20, 50, 70));
        let due = claims.margin(0, 80, 10);
        claims.owed = 17;
        let second = ask(&mut claims, due, 7, 1_010).unwrap();
        assert_eq!((second.tranche.amount, second.owed), (7, 7), "variation owed is claimed in any case");
    }

    #[test]
    fn a_second_tranche_names_only_its_own_variation() {
        let mut claims = Claims { owed: 20, ..Claims::default() };
        ask(&mut claims, 0, 20, 1_000);
        claims.owed = 70;
        let second = ask(&mut claims, 10, 50, 1_010).unwrap();
        assert_eq!((second.tranche.amount, second.owed), (60, 50));
    }
}
