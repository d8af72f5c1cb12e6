//! Invariants 1, 2, 3 and 5 over one transaction's events. 6, 10, 11 and 12 are checked where the events are applied, and counted here.
use crate::ledger::{Account, Fault, Ledger};
use crate::token::Erc20::Erc20Events as Erc20;
use crate::{Event, Recorded};
use abi::escrow::MarginEscrow::{MarginEscrowEvents as Escrow, MarginStated};
use abi::escrow::{FRESH_SLOTS, source};
use abi::oracle::PriceOracle::PriceOracleEvents as Oracle;
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents as Registry;
use alloy::primitives::{Address, U256};
use std::collections::BTreeMap;

/// What the checks need of the state before the transaction.
pub struct Before {
    accounts: BTreeMap<u64, Account>,
    houses: BTreeMap<u32, i64>,
}

impl Before {
    /// Of the accounts that the transaction's `events` name.
    pub fn of(ledger: &Ledger, events: &[Recorded]) -> Self {
        let touched = varied(events).filter_map(|account| ledger.accounts.get_key_value(&account));
        let accounts = touched.map(|(number, account)| (*number, account.clone())).collect();
        let houses = ledger.houses.iter().map(|(number, house)| (*number, house.cumulative_variation)).collect();
        Self { accounts, houses }
    }
}

/// What is broken, and how often each invariant was checked.
pub fn check(before: &Before, ledger: &mut Ledger, events: &[Recorded]) -> (Vec<Fault>, [(u8, u64); 8]) {
    let mut faults = Vec::new();
    dues(ledger, &mut faults);
    let custody = custody(ledger, events, &mut faults);
    if fills(events) > 0 {
        covered(before, ledger, &mut faults);
    }
    let sums = zero_sum(before, ledger, &mut faults);
    let sequences = statements(events).count() as u64 + fills(events);
    let stated = before.accounts.len() as u64;
    let of = |wanted: fn(&Escrow) -> bool| count(events, wanted);
    let demands = |event: &Escrow| {
        matches!(event, Escrow::ClaimIssued(_) | Escrow::DemandsReduced(_) | Escrow::AccountDefaulted(_))
    };
    let ruled = |event: &Escrow| matches!(event, Escrow::DisputeRuled(_));
    let slots = events.iter().filter(|recorded| matches!(recorded.event, Event::Oracle(Oracle::SlotTaken(_))));
    let checks = [
        (1, custody),
        (2, stated),
        (3, sums),
        (5, sequences),
        (6, ends(events)),
        (10, of(demands)),
        (11, of(ruled)),
        (12, slots.count() as u64),
    ];
    (faults, checks)
}

/// 1: tokens the escrow holds, by `Transfer` events, are the sum of its books and of gifts; of an asset that was reconciled,
/// which disclosed the difference, at least the books at their ratio.
fn custody(ledger: &mut Ledger, events: &[Recorded], faults: &mut Vec<Fault>) -> u64 {
    take_gifts(ledger, events);
    for (index, asset) in &ledger.assets {
        let of = |units: &BTreeMap<Address, U256>| units.get(&asset.token).copied().unwrap_or_default();
        let (held, gifts) = (of(&ledger.held), of(&ledger.gifts));
        let disclosed = ledger.ratios.contains_key(index);
        let (booked, holds) = match ledger.owed_units(*index) {
            Some(owed) => (owed.to_string(), held == owed.saturating_add(gifts) || disclosed && held >= owed),
            None => ("no whole number".to_owned(), false),
        };
        if !holds {
            let at_least = if disclosed { "at least " } else { "" };
            let what = format!("units of token {} held by the escrow, less {gifts} of gifts", asset.token);
            faults.push(Fault::new(1, what, format!("{at_least}{booked}"), held.saturating_sub(gifts)));
        }
    }
    ledger.assets.len() as u64
}

/// Anybody can send the escrow a token: what came in without an event that books it.
fn take_gifts(ledger: &mut Ledger, events: &[Recorded]) {
    let (mut came, mut booked): (BTreeMap<Address, U256>, BTreeMap<Address, U256>) = Default::default();
    let add = |sums: &mut BTreeMap<Address, U256>, token, amount: U256| {
        let sum = sums.entry(token).or_default();
        *sum = sum.saturating_add(amount);
    };
    for recorded in events {
        match &recorded.event {
            Event::Token(Erc20::Transfer(moved)) if moved.to == ledger.escrow && moved.from != ledger.escrow => {
                add(&mut came, recorded.address, moved.amount);
            }
            Event::Escrow(Escrow::Deposited(event)) => add(&mut booked, event.token, event.amount),
            Event::Escrow(Escrow::Pledged(event)) if event.source == source::WALLET => {
                add(&mut booked, event.token, event.amount);
            }
            Event::Escrow(Escrow::HouseFunded(event)) => {
                let asset = ledger.houses.get(&event.house).and_then(|house| ledger.assets.get(&house.settlement));
                if let Some(asset) = asset {
                    add(&mut booked, asset.token, event.amount);
                }
            }
            _ => {}
        }
    }
    for (token, units) in came {
        let gift = units.saturating_sub(booked.get(&token).copied().unwrap_or_default());
        if !gift.is_zero() {
            add(&mut ledger.gifts, token, gift);
        }
    }
}

/// 2: every account that fills touched is covered by valuations of the last minute, or was short before, and neither `C` nor what
/// is missing rose: by those, or by the last ones. With a deadline behind it, less is missing. Both sides at what holds after it.
fn covered(before: &Before, ledger: &Ledger, faults: &mut Vec<Fault>) {
    let prices = ledger.prices(FRESH_SLOTS);
    let posting = |account: &Account| prices.posting(&account.holdings, account.required());
    for (number, was) in &before.accounts {
        let Some(account) = ledger.accounts.get(number) else { continue };
        let (now, then, required) = (posting(account), posting(was), account.required());
        let (missing_now, missing_then) = (missing(account, now.fresh), missing(was, then.fresh));
        let first = was.claim.tranches[0];
        let overdue = first.amount != 0 && ledger.now > first.deadline;
        let kept = missing_now < missing_then || missing_now == missing_then && !overdue;
        let shorter = missing(account, now.posted) > missing(was, then.posted);
        let tolerated = missing_then > 0 && required <= was.required() && kept && !shorter;
        if missing_now > 0 && !tolerated {
            let expected = format!("at least {required} and nothing owed");
            let found = format!("{} and {} owed", now.fresh, account.owed);
            faults.push(Fault::new(2, "posted after settle", expected, found).of(*number));
        }
    }
}

fn missing(account: &Account, posted: u64) -> u64 {
    account.required().saturating_sub(posted).saturating_add(account.owed)
}

/// 3: where variation is owed a claim is open; figures announced have come; no house is below zero, and each holds what is set
/// aside for its debts. 10: what was delivered was counted.
fn dues(ledger: &mut Ledger, faults: &mut Vec<Fault>) {
    for (number, _) in ledger.accounts.iter().filter(|(_, account)| !ledger.is_counted(account)) {
        faults.push(Fault::new(10, "what was delivered counts to a demand", "counted", "not counted").of(*number));
    }
    faults.extend(ledger.close_debts());
    for (number, account) in &mut ledger.accounts {
        faults.extend(account.confirm().err().map(|fault| fault.of(*number)));
        if account.owed > 0 && !account.claim.open {
            faults.push(Fault::new(3, "variation owed without a claim", 0, account.owed).of(*number));
        }
        if account.closed && !account.is_empty(&ledger.assets) {
            faults.push(Fault::new(1, "whole units left in an account that has left", 0, "some").of(*number));
        }
    }
    for (number, house) in &ledger.houses {
        if house.balance < 0 {
            faults.push(Fault::new(3, format!("balance of house {number}"), "at least 0", house.balance));
        }
    }
}

/// 3: changes of variation of all accounts and houses touched sum to zero, house by house.
fn zero_sum(before: &Before, ledger: &Ledger, faults: &mut Vec<Fault>) -> u64 {
    let mut sums: BTreeMap<u32, i128> = BTreeMap::new();
    for (number, was) in &before.accounts {
        let now = ledger.accounts.get(number).map_or(was.cumulative_variation, |account| account.cumulative_variation);
        *sums.entry(was.house).or_default() += i128::from(now) - i128::from(was.cumulative_variation);
    }
    for (house, sum) in &mut sums {
        let was = before.houses.get(house).copied().unwrap_or_default();
        let now = ledger.houses.get(house).map_or(was, |house| house.cumulative_variation);
        *sum += i128::from(now) - i128::from(was);
        if *sum != 0 {
            faults.push(Fault::new(3, format!("variation of a set of house {house}"), 0, *sum));
        }
    }
    sums.len() as u64
}

/// Claims that ended or failed, disputes, and outages recorded.
fn ends(events: &[Recorded]) -> u64 {
    let outages = |recorded: &&Recorded| matches!(recorded.event, Event::Registry(Registry::OutageRecorded(_)));
    let ends = |event: &Escrow| {
        matches!(
            event,
            Escrow::ClaimSatisfied(_)
                | Escrow::ClaimCancelled(_)
                | Escrow::AccountDefaulted(_)
                | Escrow::HouseDefaulted(_)
                | Escrow::DisputeOpened(_)
                | Escrow::DisputeRuled(_)
        )
    };
    count(events, ends) + events.iter().filter(outages).count() as u64
}

fn count(events: &[Recorded], wanted: impl Fn(&Escrow) -> bool) -> u64 {
    events.iter().filter(|recorded| matches!(&recorded.event, Event::Escrow(event) if wanted(event))).count() as u64
}

/// Accounts whose cumulative variation the transaction may have moved.
fn varied(events: &[Recorded]) -> impl Iterator<Item = u64> {
    events.iter().filter_map(|recorded| match &recorded.event {
        Event::Escrow(Escrow::MarginStated(stated)) => Some(stated.account),
        Event::Escrow(Escrow::VariationCorrected(corrected)) => Some(corrected.account),
        _ => None,
    })
}

fn statements(events: &[Recorded]) -> impl Iterator<Item = &MarginStated> {
    events.iter().filter_map(|recorded| match &recorded.event {
        Event::Escrow(Escrow::MarginStated(stated)) => Some(stated),
        _ => None,
    })
}

fn fills(events: &[Recorded]) -> u64 {
    let taken = events.iter().map(|recorded| match &recorded.event {
        Event::Escrow(Escrow::FillsSettled(settled)) => settled.taken.count_ones() as u64,
        _ => 0,
    });
    taken.sum()
}
