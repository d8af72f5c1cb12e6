//! Invariant 10: every increase had its full cure.
use super::support::*;
use abi::escrow::MarginEscrow::*;
use alloy::primitives::U256;

const USD: u64 = 1_000_000;

/// Account 1 holds 100 USD and is asked for another 50.
fn short() -> Book {
    let mut book = Book::open();
    book.deposit(DESK_A, 1_000 * USD).pledge_from_stock(1, 100 * USD);
    book.require(150 * USD).demand(1, 50 * USD);
    book
}

/// The same, past the demand's deadline.
fn late() -> Book {
    let mut book = short();
    book.wait(CURE + 1);
    book
}

#[test]
fn a_default_after_a_full_cure_is_no_finding() {
    let mut book = late();
    book.require(150 * USD).fail(150 * USD, 100 * USD);
    holds(&book);
}

#[test]
fn a_default_before_the_deadline_breaks_invariant_6() {
    let mut book = short();
    book.wait(CURE).require(150 * USD).fail(150 * USD, 100 * USD);
    breach(&book, 6, "the deadline had passed");
}

#[test]
fn a_default_on_an_old_statement_breaks_invariant_6() {
    let mut book = short();
    book.wait(CURE - 60).require(150 * USD).wait(61).fail(150 * USD, 100 * USD);
    breach(&book, 6, "a statement of the last minute");
}

#[test]
fn a_demand_with_a_short_cure_breaks_invariant_10() {
    let mut book = Book::open();
    book.deposit(DESK_A, 100 * USD).pledge_from_stock(1, 100 * USD);
    book.require(150 * USD).add(demand(1, 50 * USD, T + CURE - 1));
    breach(&book, 10, &format!("a full cure of the demand: expected {}, found {}", T + CURE, T + CURE - 1));
}

#[test]
fn a_demand_for_more_than_is_missing_breaks_invariant_10() {
    let mut book = Book::open();
    book.deposit(DESK_A, 100 * USD).pledge_from_stock(1, 100 * USD);
    book.require(150 * USD).demand(1, 50 * USD + 1);
    breach(&book, 10, "the demand asks for no more than is missing: expected at most 50000000, found 50000001");
}

#[test]
fn a_demand_in_the_place_of_another_breaks_invariant_10() {
    let mut book = short();
    book.require(180 * USD).demand(1, 30 * USD);
    breach(&book, 10, "place of the demand: expected 2, found 1");
}

#[test]
fn a_third_demand_breaks_invariant_10() {
    let mut book = short();
    book.require(180 * USD).demand(2, 30 * USD);
    holds(&book);
    book.require(190 * USD).demand(2, 10 * USD);
    breach(&book, 10, "place of the demand: expected 0, found 2");
}

/// What was delivered moved the second demand up; its own deadline is still ahead.
#[test]
fn a_default_on_a_later_demand_breaks_invariant_10() {
    let mut book = short();
    book.wait(600).require(180 * USD).demand(2, 30 * USD);
    book.wait(200).pledge_from_stock(1, 50 * USD).reduced(30 * USD, 0);
    holds(&book);
    book.wait(CURE - 800 + 1).require(180 * USD).fail(180 * USD, 150 * USD);
    breach(&book, 6, "the deadline had passed");
}

/// A demand of 50 is past; what is missing is 20 beyond the 30 of the second.
#[test]
fn what_a_later_demand_asks_is_not_overdue() {
    let mut book = short();
    book.wait(600).require(180 * USD).demand(2, 30 * USD);
    book.wait(CURE - 600 + 1).require(130 * USD).fail(130 * USD, 100 * USD);
    breach(&book, 10, "something is overdue at default");
}

/// Another 50 USD are missing, and nobody asked for them.
#[test]
fn what_no_demand_asks_for_is_no_reason() {
    let delivered = |lots, left| {
        let mut book = short();
        book.require(200 * USD).pledge_from_stock(1, lots).reduced(left, 0);
        book.wait(CURE + 1).require(200 * USD).fail(200 * USD, 100 * USD + lots);
        book
    };
    holds(&delivered(50 * USD - 1, 1));
    breach(&delivered(50 * USD, 0), 10, "something is overdue at default");
}

#[test]
fn what_was_delivered_counts() {
    let mut book = short();
    book.pledge_from_stock(1, 20 * USD);
    breach(&book, 10, "what was delivered counts to a demand");
}

#[test]
fn a_demand_that_shrinks_by_less_than_was_delivered_breaks_invariant_10() {
    let mut book = short();
    book.pledge_from_stock(1, 20 * USD).reduced(31 * USD, 0);
    breach(&book, 10, "by how much demands are reduced: expected 20000000, found 19000000");
}

#[test]
fn a_demand_that_shrinks_by_nothing_delivered_breaks_invariant_10() {
    let mut book = short();
    book.require(140 * USD).reduced(40 * USD, 0);
    breach(&book, 10, "by how much demands are reduced: expected 0, found 10000000");
}

#[test]
fn what_is_delivered_to_the_newest_first_breaks_invariant_10() {
    let mut book = short();
    book.require(180 * USD).demand(2, 30 * USD);
    book.pledge_from_stock(1, 20 * USD).reduced(50 * USD, 10 * USD);
    breach(&book, 10, "what is left of each demand: expected [30000000, 30000000], found [50000000, 10000000]");
}

#[test]
fn interest_runs_from_the_deadline_on_what_was_delivered() {
    let mut book = late();
    // 10 % a year of 50 USD for 1 s, rounded up; and for the 600 s after it.
    book.pledge_from_stock(1, 20 * USD).reduced(30 * USD, 0);
    book.add(LateInterestCharged { account: 1, number: 1, amount: 1 });
    book.add(OwedPaid { account: 1, house: 1, amount: 1, owed: 0 });
    holds(&book);
    let charged = |amount| {
        let mut book = book.clone();
        book.wait(600).pledge_from_stock(1, 30 * USD + 1);
        book.add(ClaimSatisfied { account: 1, number: 1, late: true });
        if amount > 0 {
            book.add(LateInterestCharged { account: 1, number: 1, amount });
            book.add(OwedPaid { account: 1, house: 1, amount, owed: 0 });
        }
        book
    };
    holds(&charged(58));
    breach(&charged(59), 3, "late interest: expected 58, found 59");
    breach(&charged(0), 3, "late interest not charged: expected 0, found 58");
}

#[test]
fn what_the_house_paid_late_bears_no_interest() {
    let mut book = Book::open();
    book.deposit(DESK_A, 1_000 * USD).pledge_from_stock(1, 100 * USD);
    book.next().add(HouseClaimIssued { house: 1, account: 1, amount: 30 * USD, owed: 30 * USD });
    book.same().against_house(&[(1, 31 * USD as i64, USD as i64)], 0);
    book.require(151 * USD).demand(1, 50 * USD).wait(CURE + 600);
    book.fund(30 * USD).pay(1, 30 * USD, 0).reduced(20 * USD, 0);
    holds(&book);
    let mut charged = book.clone();
    charged.add(LateInterestCharged { account: 1, number: 1, amount: 58 });
    assert!(breaches(&charged).iter().any(|found| found.contains("late interest: expected 0, found 58")));
    // What the account pays after it does.
    book.pledge_from_stock(1, 20 * USD).add(ClaimSatisfied { account: 1, number: 1, late: true });
    breach(&book, 3, "late interest not charged: expected 0, found 39");
}

/// Half a minute of an outage, and as long a freeze, come off; a freeze only of what is owed.
#[test]
fn a_claim_within_the_grace_of_an_outage_is_not_late() {
    let mut book = late();
    book.pledge_from_stock(1, 50 * USD).add(ClaimSatisfied { account: 1, number: 1, late: false });
    let found = breaches(&book);
    assert!(found.iter().any(|found| found.contains("satisfied late: expected true, found false")), "{found:#?}");
    let mut book = late();
    let (from, until) = (T + 100, T + 130);
    book.next().outage(from, until).pledge_from_stock(1, 50 * USD);
    book.add(ClaimSatisfied { account: 1, number: 1, late: false });
    holds(&book);
    let mut book = late();
    let from = book.now();
    book.next().add(Probed { token: TOKEN, frozen: true, from, until: from + 3_600, used: 3_600 });
    book.require(150 * USD).fail(150 * USD, 100 * USD);
    holds(&book);
}

#[test]
fn what_is_owed_in_a_frozen_token_is_no_reason_for_a_default() {
    let defaulted = |frozen: bool| {
        let mut book = Book::open();
        book.against_house(&[(1, -50, 0)], 0).add(ClaimIssued { owed: 50, ..demand(1, 50, T + CURE) });
        book.wait(CURE);
        if frozen {
            let from = book.now();
            book.next().add(Probed { token: TOKEN, frozen, from, until: from + 3_600, used: 3_600 });
        }
        book.wait(1).against_house(&[(1, 0, 0)], 0).next().add(AccountDefaulted { owed: 50, ..defaulted(1, 0, 0) });
        book
    };
    holds(&defaulted(false));
    breach(&defaulted(true), 10, "something is overdue at default");
}

#[test]
fn a_month_holds_three_days_of_freezes() {
    let mut book = Book::open();
    for hour in 0..72 {
        let until = book.now() + 3_600;
        book.next().add(Probed { token: TOKEN, frozen: true, from: T, until, used: 3_600 * (hour + 1) }).wait(3_600);
    }
    holds(&book);
    let until = book.now() + 3_600;
    book.next().add(Probed { token: TOKEN, frozen: true, from: T, until, used: 3_600 * 73 });
    breach(&book, 6, "what counts of the freeze");
}

/// What is owed is claimed again when a claim is given up.
#[test]
fn a_claim_for_something_owed_that_is_given_up_and_not_claimed_again_breaks_invariant_3() {
    let mut book = Book::open();
    book.against_house(&[(1, -50, 0)], 0).add(ClaimIssued { owed: 50, ..demand(1, 50, T + CURE) });
    book.wait(CURE + 1).next().add(ClaimCancelled { account: 1, number: 1 });
    let mut again = book.clone();
    breach(&book, 3, "variation owed without a claim: expected 0, found 50");
    let deadline = again.now() + CURE;
    again.add(ClaimIssued { number: 2, owed: 50, ..demand(1, 50, deadline) });
    holds(&again);
}

#[test]
fn what_can_be_paid_of_what_is_owed_is_taken_before_a_default() {
    let mut book = Book::open();
    book.deposit(DESK_A, 1_000).against_house(&[(1, -50, 0)], 0);
    book.add(ClaimIssued { owed: 50, ..demand(1, 50, T + CURE) });
    book.wait(CURE + 1).pledge_from_stock(1, 20).require(0);
    book.next().add(AccountDefaulted { owed: 50, ..defaulted(1, 0, 0) });
    breach(&book, 6, "what the account can pay of what it owes is taken first: expected 0, found 20");
}

#[test]
fn a_claim_is_not_satisfied_while_something_is_owed() {
    let mut book = Book::open();
    book.against_house(&[(1, -50, 0)], 0).add(ClaimIssued { owed: 50, ..demand(1, 50, T + CURE) });
    book.next().add(ClaimSatisfied { account: 1, number: 1, late: false });
    let found = breaches(&book);
    assert!(
        found.iter().any(|found| found.contains("owed when the claim is satisfied: expected 0, found 50")),
        "{found:#?}"
    );
}

/// A stranger's pledge, and a top-up beyond its mandate's limit.
#[test]
fn nobody_brings_collateral_without_the_pledgors_word() {
    let mut book = Book::open();
    let pledged = Pledged {
        account: 1,
        token: TOKEN,
        from: HOUSE,
        amount: U256::from(7),
        source: abi::escrow::source::WALLET,
        stressedLots: 0,
    };
    book.next().transfer_in(7).add(pledged.clone());
    breach(&book, 9, "a pledge by a stranger, without the pledgor's consent");
    let mut book = Book::open();
    book.next().add(PledgesAllowed { account: 1, allowed: true }).next().transfer_in(7).add(pledged.clone());
    holds(&book);
    book.deposit(DESK_A, 7).next();
    book.add(Pledged { from: VENUE, source: abi::escrow::source::TOP_UP, ..pledged });
    breach(&book, 9, "top-up limit goes below zero");
}
