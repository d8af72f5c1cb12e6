//! Invariant 3, of a house that cannot pay: the same part of what it owes to everybody. And of sets: caps, events, histories.
use super::support::*;
use abi::escrow::MarginEscrow::*;
use abi::history;
use abi::packed::{Lifecycle, lifecycle_digest};
use alloy::primitives::{B256, U256};

const USD: u64 = 1_000_000;

fn owes(account: u64, amount: u64) -> HouseClaimIssued {
    HouseClaimIssued { house: 1, account, amount, owed: amount }
}

/// A house with 1 USD owes 3 USD and 1 USD.
fn broke() -> Book {
    let mut book = Book::open();
    book.next().add(owes(1, 3 * USD)).add(owes(2, USD));
    book.same()
        .against_house(&[(1, 15 * USD as i64 / 4, 3 * USD as i64 / 4), (2, 5 * USD as i64 / 4, USD as i64 / 4)], 0);
    book
}

fn funded(amount: u64) -> Book {
    let mut book = broke();
    book.fund(amount);
    book
}

#[test]
fn a_house_that_is_short_pays_the_same_part_of_each_gain() {
    holds(&broke());
    let mut book = Book::open();
    book.next().add(owes(1, 2 * USD)).add(owes(2, 2 * USD));
    book.same().against_house(&[(1, 3 * USD as i64, USD as i64), (2, 2 * USD as i64, 0)], 0);
    breach(&book, 3, "the same part of each gain: expected 1000000 of 3000000, found 0 of 2000000");
}

#[test]
fn each_debt_is_paid_its_part_whoever_asks_first() {
    let mut book = funded(2 * USD);
    book.pay(2, USD / 2, USD / 2).pay(1, 3 * USD / 2, 3 * USD / 2);
    holds(&book);
}

#[test]
fn a_debt_that_is_paid_whole_before_others_breaks_invariant_3() {
    let mut book = funded(2 * USD);
    book.pay(2, USD, 0);
    breach(&book, 3, "house 1 holds what its debts have due: expected at least 2999");
}

#[test]
fn a_debt_that_is_paid_less_than_others_breaks_invariant_3() {
    let mut book = funded(2 * USD);
    book.pay(1, 3 * USD / 2, 3 * USD / 2).pay(2, USD / 4, 3 * USD / 4);
    breach(&book, 3, "part of the debt that is left");
}

/// Half of the old debt was there when the new one was made.
#[test]
fn a_later_debt_has_no_part_in_what_was_there() {
    let mut book = Book::open();
    book.next().add(owes(1, 3 * USD)).same().against_house(&[(1, 4 * USD as i64, USD as i64)], 0);
    book.fund(3 * USD / 2).next().add(owes(2, 2 * USD)).same().against_house(&[(2, 2 * USD as i64, 0)], 0);
    let mut other = book.clone();
    book.pay(1, 3 * USD / 2, 3 * USD / 2);
    holds(&book);
    other.pay(2, USD, USD);
    breach(&other, 3, "house 1 holds what its debts have due");
}

#[test]
fn a_house_takes_out_nothing_that_it_owes() {
    let mut book = funded(5 * USD);
    book.next().add(HouseWithdrawn { house: 1, to: HOUSE, amount: U256::from(USD + 1) }).transfer_out(USD + 1);
    breach(&book, 3, "what leaves the house, not owed: expected at most 1000000, found 1000001");
}

#[test]
fn another_receiver_than_the_owner_was_named_by_a_nonce() {
    let out = |to| HouseWithdrawn { house: 1, to, amount: U256::from(1) };
    let nonce = |pledgor| NonceUsed { pledgor, nonce: 77 };
    let mut book = Book::open();
    book.next().add(out(HOUSE)).transfer_out(1);
    book.next().add(nonce(HOUSE)).add(out(TOKEN)).transfer_out(1);
    holds(&book);
    let mut twice = book.clone();
    twice.add(out(TOKEN)).transfer_out(1);
    breach(&twice, 9, "named the receiver");
    book.next().add(nonce(VENUE)).add(out(TOKEN)).transfer_out(1);
    breach(&book, 9, "named the receiver");
    let left = Withdrawn { holder: DESK_A, token: TOKEN, to: HOUSE, amount: U256::from(1) };
    let mut book = Book::open();
    book.deposit(DESK_A, 2).next().add(nonce(DESK_A)).add(left.clone()).transfer_out(1);
    holds(&book);
    book.next().add(left).transfer_out(1);
    breach(&book, 9, "named the receiver");
}

#[test]
fn a_house_is_in_default_for_what_it_cannot_pay_alone() {
    let late = |amount| {
        let mut book = funded(amount);
        book.wait(CURE + 1).next();
        book
    };
    let mut book = late(2 * USD);
    book.pay(1, 3 * USD / 2, 3 * USD / 2).add(HouseDefaulted { house: 1, account: 1, owed: 3 * USD / 2 });
    holds(&book);
    let mut cured = book.clone();
    book.next().add(HouseCured { house: 1 });
    breach(&book, 6, "the house that is cured has what it owes");
    cured.fund(2 * USD).pay(1, 3 * USD / 2, 0).add(HouseCured { house: 1 });
    holds(&cured);
    let mut able = late(40 * USD);
    able.add(HouseDefaulted { house: 1, account: 1, owed: 3 * USD });
    breach(&able, 6, "the house has paid what it can");
}

#[test]
fn the_days_cap_bounds_what_statements_take() {
    let capped = |paid: i64| {
        let mut book = Book::capped(2 * USD);
        book.deposit(DESK_A, 10 * USD).pledge_from_stock(1, 10 * USD);
        book.against_house(&[(1, -3 * USD as i64, paid)], 0);
        let owed = (3 * USD as i64 + paid) as u64;
        if owed > 0 {
            book.add(ClaimIssued { owed, ..demand(1, owed, T + CURE) });
        }
        book
    };
    holds(&capped(-2 * USD as i64));
    breach(&capped(-3 * USD as i64), 3, "variation paid: expected -2000000, found -3000000");
    breach(&capped(-(USD as i64)), 3, "variation paid: expected -2000000, found -1000000");
}

/// What an account cannot pay for an expiry is owed, and what it lacks is claimed: no margin is asked for first.
#[test]
fn an_event_applies_as_a_mark_does() {
    let digest = lifecycle_digest(&Lifecycle { cause: 1, reference: HASH });
    let after = history::after(B256::ZERO, HASH, digest);
    let stated = |history| {
        let mut book = Book::open();
        book.next().add(LifecycleSettled { house: 1, cause: 1, reference: HASH });
        book.add(MarginStated { root: HASH, history, ..statement(1, 1, 50, -7, 0, 0) });
        book.add(HouseStated { house: 1, cumulativeVariation: 7, balance: 1_000_000 });
        book.add(ClaimIssued { owed: 7, ..demand(1, 57, T + CURE) });
        book
    };
    holds(&stated(after));
    breach(&stated(HASH), 9, "history after the event");
}

/// The lowest bit of a history is that of the root.
#[test]
fn a_history_says_whether_there_are_positions() {
    let stated = |root, history| {
        let mut book = Book::open();
        book.next().add(FillsSettled { venue: VENUE, firstSequence: 7, batchHash: HASH, taken: U256::from(1) });
        book.add(MarginStated { root, history, ..statement(1, 1, 0, 0, 0, 0) });
        book
    };
    let (flat, even) = (B256::ZERO, B256::repeat_byte(2));
    holds(&stated(HASH, B256::repeat_byte(1)));
    // All was bought and sold again, at no gain.
    holds(&stated(flat, even));
    breach(&stated(HASH, even), 9, "the history says whether there are positions");
    breach(&stated(HASH, flat), 9, "a history that changed with its root");
}
