//! Claims: when a tranche opens, and when a claim is satisfied.
use crate::account::Account;
use crate::csa;
use crate::encode::emit;
use crate::fault::OrFail;
use crate::ledger::Dues;
use crate::registry::{Valuations, bit};
use crate::storage::{Claims, HouseSlots, Ledger, Tranche};
use abi::escrow::MarginEscrow::{ClaimIssued, ClaimSatisfied, OwedPaid};
use abi::escrow::cause;
use contract_kit::host;

/// A tranche that opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    number: u8,
    tranche: Tranche,
    /// The variation in it.
    owed: u64,
}

impl Claims {
    /// Asks for what is due and owed beyond what open tranches ask; at most two are open.
    fn ask(&mut self, due: u64, newly_owed: u64, deadline: u64) -> Option<Asked> {
        let asked = self.first.amount.saturating_add(self.second.amount);
        let amount = due.saturating_add(self.owed).saturating_sub(asked);
        if amount == 0 || self.second.amount != 0 {
            return None;
        }
        let is_first = self.first.amount == 0;
        let owed = if is_first { self.owed } else { newly_owed.min(amount) };
        let cause = if owed == 0 { cause::INITIAL } else { cause::VARIATION };
        let tranche = Tranche { amount, deadline, cause };
        if is_first {
            (self.first, self.number) = (tranche, self.number.saturating_add(1));
        } else {
            self.second = tranche;
        }
        Some(Asked { number: if is_first { 1 } else { 2 }, tranche, owed })
    }
}

/// After a mark: opens a tranche, or satisfies a claim where nothing is due and nothing owed.
pub fn review(account: &mut Account, posted: u64, required: u64, owed_before: u64, now: u64) {
    let due = csa::delivery_due(required, posted, account.terms.minimum_transfer_amount);
    let owed = account.owed();
    if due == 0 && owed == 0 {
        if account.terms.claim_open {
            satisfy(account, now);
        }
        return;
    }
    let deadline = now.checked_add(account.slots.party().resolution_time.into()).checked();
    let opened = account.claims().ask(due, owed.saturating_sub(owed_before), deadline);
    account.terms.claim_open = true;
    if let Some(Asked { number, tranche: Tranche { amount, deadline, cause }, owed }) = opened {
        let claim = account.claims().number;
        emit(&ClaimIssued { account: account.id, number: claim, tranche: number, cause, amount, owed, deadline });
    }
}

/// The open claim is satisfied; late where its first deadline has passed.
pub fn satisfy(account: &mut Account, now: u64) {
    account.terms.claim_open = false;
    let claims = account.claims();
    let (number, late) = (claims.number, claims.first.deadline < now);
    (claims.first, claims.second) = (Tranche::default(), Tranche::default());
    emit(&ClaimSatisfied { account: account.id, number, late });
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

/// After collateral came in: what is owed is paid, then a claim that is met is satisfied.
pub fn cure(account: &mut Account, valuations: &Valuations) {
    if !account.terms.claim_open {
        return;
    }
    let house = HouseSlots::of(account.terms.house);
    let mut ledger = house.ledger();
    collect(account, house.agents().settlement, &mut ledger);
    house.set_ledger(&ledger);
    let required = account.required(account.slots.state().requirement);
    let met = account.posting(valuations, required).posted >= required && account.owed() == 0;
    if met {
        satisfy(account, host::timestamp());
    }
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
        claims.ask(due, newly_owed, deadline)
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
    fn a_second_tranche_names_only_its_own_variation() {
        let mut claims = Claims { owed: 20, ..Claims::default() };
        ask(&mut claims, 0, 20, 1_000);
        claims.owed = 70;
        let second = ask(&mut claims, 10, 50, 1_010).unwrap();
        assert_eq!((second.tranche.amount, second.owed), (60, 50));
    }
}
