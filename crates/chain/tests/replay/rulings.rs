//! Invariant 11: what a ruling found is what is stated after it. And what disputes and rulings hold back, of 10.
use super::support::*;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{ruling, subject};
use abi::history;
use abi::packed::{Lifecycle, lifecycle_digest};
use alloy::primitives::{Address, B256, I256, U256};

const USD: u64 = 1_000_000;

fn number(of: u64) -> B256 {
    U256::from(of).into()
}

fn integer(of: i64) -> B256 {
    I256::try_from(of).expect("small").into_raw().into()
}

/// Account 1 holds 100 USD and is asked for another 50. Either side can stake ten tokens; a token is the least.
fn short() -> Book {
    let mut book = Book::open();
    book.deposit(DESK_A, 1_000 * USD).deposit(VENUE, 10 * USD).pledge_from_stock(1, 100 * USD);
    book.next().add(BoundsSet { settleWithin: 120, stakePpm: 1_000, leastStake: 1 });
    book.require(150 * USD).demand(1, 50 * USD);
    book
}

/// A dispute of account 1 as it was stated first.
fn opened(subject: u8, amount: u64) -> DisputeOpened {
    DisputeOpened {
        account: 1,
        dispute: 1,
        subject,
        amount,
        history: B256::ZERO,
        slot: abi::slot_at(T),
        requirement: 150 * USD,
        cumulativeVariation: 0,
        until: T + abi::escrow::RULING_SECONDS,
        stake: USD,
        agentStake: USD,
        houseStake: 0,
        owedStake: 0,
    }
}

fn disputed(subject: u8, amount: u64) -> Book {
    let mut book = short();
    book.next().add(opened(subject, amount));
    book
}

fn ruled(ruling: u8, found: B256) -> DisputeRuled {
    let upheld = ruling == ruling::UPHELD;
    let winner = if upheld { DESK_A } else { VENUE };
    DisputeRuled { account: 1, dispute: 1, ruling, found, winner, stakes: 2 * USD }
}

/// The requirement was 20 USD too high, and the demand with it.
fn upheld() -> Book {
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.next().add(ruled(ruling::UPHELD, number(130 * USD)));
    book
}

#[test]
fn a_ruling_that_is_carried_out_is_no_finding() {
    let mut book = upheld();
    book.add(RequirementCorrected { account: 1, requirement: 130 * USD }).reduced(30 * USD, 0);
    holds(&book);
}

#[test]
fn a_requirement_put_right_to_another_breaks_invariant_11() {
    let mut book = upheld();
    book.add(RequirementCorrected { account: 1, requirement: 131 * USD }).reduced(30 * USD, 0);
    breach(&book, 11, "expected requirement 130000000, found requirement 131000000");
}

#[test]
fn what_is_found_and_not_put_right_breaks_invariant_11() {
    let mut book = upheld();
    book.reduced(30 * USD, 0);
    breach(&book, 11, "what is put right, as found: expected requirement 130000000, found nothing");
}

#[test]
fn a_figure_that_no_ruling_found_breaks_invariant_11() {
    let mut book = short();
    book.next().add(RequirementCorrected { account: 1, requirement: 130 * USD });
    breach(&book, 11, "expected nothing, found requirement 130000000");
}

/// A later statement of another slot has figures of its own.
#[test]
fn a_later_statement_stands() {
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.wait(10).require(150 * USD);
    book.next().add(ruled(ruling::UPHELD, number(130 * USD))).reduced(30 * USD, 0);
    holds(&book);
    book.add(RequirementCorrected { account: 1, requirement: 130 * USD });
    breach(&book, 11, "expected nothing, found requirement 130000000");
}

/// Rejected, and 10 USD more is required than was stated: that takes the place too.
#[test]
fn a_figure_is_put_right_upwards_too() {
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.next().add(ruled(ruling::REJECTED, number(160 * USD)));
    let mut not = book.clone();
    book.add(RequirementCorrected { account: 1, requirement: 160 * USD }).demand(2, 10 * USD);
    holds(&book);
    not.add(ClaimIssued { amount: 0, ..demand(2, 0, T + CURE) });
    assert!(breaches(&not).iter().any(|found| found.contains("invariant 11")));
}

#[test]
fn variation_is_put_right_both_ways_and_paid() {
    let corrected = |ruling, found: i64, paid| {
        let mut book = disputed(subject::VARIATION, 20 * USD);
        book.next().add(ruled(ruling, integer(found)));
        book.add(VariationCorrected { account: 1, cumulativeVariation: found, paid });
        let balance = (1_000_000 - paid) as u64;
        book.add(HouseStated { house: 1, cumulativeVariation: -found, balance });
        book
    };
    // The house has one of the twenty dollars; the account has all it must give back.
    let mut up = corrected(ruling::UPHELD, 20 * USD as i64, USD as i64);
    let found = breaches(&up);
    assert!(
        found.iter().any(|found| found.contains("a claim on the house for variation it did not pay")),
        "{found:#?}"
    );
    up = disputed(subject::VARIATION, 20 * USD);
    up.next().add(ruled(ruling::UPHELD, integer(20 * USD as i64)));
    up.add(HouseClaimIssued { house: 1, account: 1, amount: 19 * USD, owed: 19 * USD });
    up.add(VariationCorrected { account: 1, cumulativeVariation: 20 * USD as i64, paid: USD as i64 });
    up.add(HouseStated { house: 1, cumulativeVariation: -20 * USD as i64, balance: 0 }).reduced(30 * USD, 0);
    holds(&up);
    let mut down = corrected(ruling::REJECTED, -5 * USD as i64, -5 * USD as i64);
    down.demand(2, 5 * USD);
    holds(&down);
    breach(
        &corrected(ruling::REJECTED, -5 * USD as i64, -4 * USD as i64),
        3,
        "variation paid: expected -5000000, found -4000000",
    );
}

#[test]
fn a_book_is_put_right_to_the_root_found() {
    let root = B256::repeat_byte(3);
    let after = |root| {
        let digest = lifecycle_digest(&Lifecycle { cause: abi::escrow::lifecycle::CORRECTION, reference: root });
        history::after(B256::ZERO, root, digest)
    };
    let corrected = |root, history| {
        let mut book = disputed(subject::BOOK, 20 * USD);
        book.next().add(DisputeFound { account: 1, dispute: 1, found: B256::repeat_byte(3), steps: 2 });
        book.wait(abi::escrow::RULING_SECONDS + 1).next().add(ruled(ruling::UPHELD, B256::repeat_byte(3)));
        book.add(BookCorrected { account: 1, root, history }).reduced(30 * USD, 0);
        book
    };
    holds(&corrected(root, after(root)));
    let other = B256::repeat_byte(4);
    breach(&corrected(other, after(other)), 11, "what is put right, as found");
    breach(&corrected(root, HASH), 9, "history after the correction");
}

#[test]
fn a_ruling_against_what_was_found_breaks_invariant_6() {
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.next().add(ruled(ruling::UPHELD, number(145 * USD)));
    let found = breaches(&book);
    assert!(found.iter().any(|found| found.contains("ruling on what was found: expected 2, found 1")), "{found:#?}");
}

#[test]
fn the_second_agents_word_lies_within_what_is_named() {
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.next().add(DisputeFound { account: 1, dispute: 1, found: number(130 * USD), steps: 0 });
    holds(&book);
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.next().add(DisputeFound { account: 1, dispute: 1, found: number(129 * USD), steps: 0 });
    breach(&book, 6, "the second agent's word lies within what is named");
}

#[test]
fn stakes_are_what_the_bounds_say_and_go_to_who_was_right() {
    let mut book = short();
    book.next().add(DisputeOpened { stake: 2 * USD, ..opened(subject::REQUIREMENT, 20 * USD) });
    breach(&book, 6, "stakes: expected [1000000, 1000000, 0, 0], found [2000000, 1000000, 0, 0]");
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.next().add(DisputeRuled { winner: VENUE, ..ruled(ruling::UPHELD, number(130 * USD)) });
    book.add(RequirementCorrected { account: 1, requirement: 130 * USD }).reduced(30 * USD, 0);
    breach(&book, 6, "who wins the stakes");
}

/// What neither the agent nor its house has, the house owes to a pledgor that was right.
#[test]
fn the_house_stands_for_the_agents_stake() {
    let mut book = short();
    book.next()
        .add(Withdrawn { holder: VENUE, token: TOKEN, to: VENUE, amount: U256::from(10 * USD) })
        .transfer_out(10 * USD);
    book.next().add(HouseWithdrawn { house: 1, to: HOUSE, amount: U256::from(1) }).transfer_out(1);
    let stakes = DisputeOpened { agentStake: 0, owedStake: USD, ..opened(subject::REQUIREMENT, 20 * USD) };
    book.next().add(stakes.clone());
    holds(&book);
    let won = DisputeRuled { stakes: USD, ..ruled(ruling::UPHELD, number(130 * USD)) };
    book.next().add(HouseClaimIssued { house: 1, account: 1, amount: 1, owed: 1 }).add(won);
    book.add(RequirementCorrected { account: 1, requirement: 130 * USD }).reduced(30 * USD, 0);
    holds(&book);
}

#[test]
fn what_a_dispute_names_is_no_reason_for_a_default() {
    let late = |amount| {
        let mut book = disputed(subject::REQUIREMENT, amount);
        book.wait(CURE + 1).require(150 * USD).fail(150 * USD, 100 * USD);
        book
    };
    breach(&late(50 * USD), 10, "something is overdue at default");
    holds(&late(50 * USD - 1));
}

/// For a day, whatever is stated again.
#[test]
fn what_a_ruling_found_is_no_reason_for_a_default() {
    let mut book = upheld();
    book.add(RequirementCorrected { account: 1, requirement: 130 * USD }).reduced(30 * USD, 0);
    book.require(150 * USD).demand(2, 20 * USD);
    book.wait(CURE + 1);
    let mut met = book.clone();
    met.pledge_from_stock(1, 30 * USD).reduced(20 * USD, 0);
    // It is held back too.
    met.add(LateInterestCharged { account: 1, number: 1, amount: 1 });
    met.require(150 * USD).next().add(AccountDefaulted { owed: 1, ..defaulted(1, 150 * USD, 130 * USD) });
    breach(&met, 10, "something is overdue at default");
    book.require(150 * USD).fail(150 * USD, 100 * USD);
    holds(&book);
}

#[test]
fn what_a_ruling_leaves_of_demands_is_said() {
    let mut book = upheld();
    book.add(RequirementCorrected { account: 1, requirement: 130 * USD });
    breach(&book, 10, "what a ruling leaves of demands is said");
}

#[test]
fn a_disputed_claim_is_not_given_up() {
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.next().add(ClaimCancelled { account: 1, number: 1 });
    breach(&book, 6, "a disputed claim is given up");
}

#[test]
fn a_pledgor_that_was_wrong_pays_interest_on_what_it_held_back() {
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.wait(3_600).next().add(ruled(ruling::REJECTED, number(150 * USD)));
    // 10 % a year of 20 USD for an hour.
    book.add(LateInterestCharged { account: 1, number: 1, amount: 229 });
    book.add(OwedPaid { account: 1, house: 1, amount: 229, owed: 0 });
    holds(&book);
    let mut book = disputed(subject::REQUIREMENT, 20 * USD);
    book.wait(3_600).next().add(ruled(ruling::REJECTED, number(150 * USD)));
    breach(&book, 3, "late interest not charged: expected 0, found 229");
}

/// Nobody found anything: then the window must be over, and nobody is said to have found something.
#[test]
fn a_dispute_that_nobody_ruled_ends_with_its_window() {
    let end = |seconds, outcome: u8, winner: Address, stakes| {
        let mut book = disputed(subject::REQUIREMENT, 20 * USD);
        book.wait(seconds).next().add(DisputeRuled { winner, stakes, ..ruled(outcome, B256::ZERO) });
        // What was named is asked for anew.
        book.demand(2, 20 * USD).reduced(30 * USD, 20 * USD);
        book
    };
    let window = abi::escrow::RULING_SECONDS + 1;
    holds(&end(window, ruling::VOID, DESK_A, USD));
    holds(&end(window, ruling::MARKS_UNAVAILABLE, DESK_A, 2 * USD));
    breach(&end(window - 1, ruling::MARKS_UNAVAILABLE, DESK_A, 2 * USD), 6, "a ruling in its time");
}
