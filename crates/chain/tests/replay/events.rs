//! Tokens, bundles, sets and sequences.
use super::support::*;
use abi::escrow::MarginEscrow::*;
use abi::escrow::source;
use abi::history;
use abi::packed::{Lifecycle, lifecycle_digest};
use alloy::primitives::{B256, U256};
use plumbline_chain::invariants::audit;

#[test]
fn fills_variation_and_a_claim_replay_without_a_finding() {
    let mut book = Book::open();
    book.deposit(DESK_A, 500).pledge_from_stock(1, 300).pledge_from_stock(2, 200);
    book.settle(&[(1, -100, -100), (2, 100, 100)], 0);
    book.mark(&[(1, -250, -200), (2, 250, 250)], 0);
    book.add(ClaimIssued { account: 1, number: 1, tranche: 1, cause: 1, amount: 50, owed: 50, deadline: T + CURE });
    let audit = audit(ESCROW, &book.events());
    assert!(audit.holds(), "{:?}", audit.breaches);
    assert_eq!(audit.ledger.accounts[&1].owed, 50);
    assert!(audit.ledger.accounts[&1].claim.open);
    assert_eq!(audit.checks[&5], 4 + 1);
}

#[test]
fn tokens_that_left_without_a_booking_break_invariant_1() {
    let mut book = Book::open();
    book.deposit(DESK_A, 500);
    book.next().transfer_out(7);
    let found = only_breach(&book, 1);
    assert!(found.contains("expected 1000500, found 1000493"), "{found}");
}

#[test]
fn a_booking_without_its_tokens_breaks_invariant_1() {
    let mut book = Book::open();
    book.next().transfer_in(493);
    book.add(Deposited { holder: DESK_A, token: TOKEN, amount: U256::from(500) });
    let found = only_breach(&book, 1);
    assert!(found.contains("expected 1000500, found 1000493"), "{found}");
}

/// In the transaction of a deposit or in one of its own.
#[test]
fn tokens_that_came_without_a_booking_are_gifts() {
    let mut book = Book::open();
    book.deposit(DESK_A, 500).transfer_in(7).next().transfer_in(2);
    book.deposit(DESK_A, 1);
    let audit = audit(ESCROW, &book.events());
    assert!(audit.breaches.is_empty(), "{:?}", audit.breaches);
    assert_eq!(audit.ledger.gifts, [(TOKEN, U256::from(9))].into());
}

#[test]
fn a_short_account_after_settle_breaks_invariant_2() {
    let mut book = Book::open();
    book.deposit(DESK_A, 500).pledge_from_stock(1, 300).pledge_from_stock(2, 100);
    book.settle(&[(1, 0, 0), (2, 0, 0)], 250);
    let found = only_breach(&book, 2);
    assert!(
        found.contains("account 2: posted after settle: expected at least 250 and nothing owed, found 100"),
        "{found}"
    );
}

#[test]
fn positions_that_move_without_a_cause_break_invariant_2() {
    let digest = lifecycle_digest(&Lifecycle { cause: 1, reference: HASH });
    let after = history::after(B256::ZERO, HASH, digest);
    let moved = MarginStated { root: HASH, history: after, ..statement(1, 1, 0, 0, 0, 0) };
    let mut book = Book::open();
    book.next().add(moved.clone());
    let found = only_breach(&book, 2);
    assert!(found.contains("account 1: root of a statement that settles nothing"), "{found}");
    let mut book = Book::open();
    book.next().add(LifecycleSettled { house: 1, cause: 1, reference: HASH }).add(moved);
    assert!(breaches(&book).is_empty());
}

/// The mandate allows a requirement and a day's cost of a million.
#[test]
fn fills_stay_within_the_mandate() {
    let stated = |requirement, cost: i64| {
        let mut book = Book::open();
        book.deposit(DESK_A, 2_000_000).pledge_from_stock(1, 2_000_000).next();
        book.add(FillsSettled { venue: VENUE, firstSequence: 7, batchHash: HASH, taken: U256::from(1) });
        let stated = statement(1, 1, requirement, 0, 0, requirement);
        book.add(MarginStated { root: HASH, history: HASH, fillVariation: -cost, ..stated });
        book
    };
    assert!(breaches(&stated(1_000_000, 1_000_000)).is_empty());
    let found = only_breach(&stated(1_000_001, 0), 2);
    assert!(found.contains("requirement under the mandate: expected at most 1000000, found 1000001"), "{found}");
    let found = only_breach(&stated(0, 1_000_001), 2);
    assert!(found.contains("what fills cost in a day under the mandate: expected at most 1000000, found 1000001"));
}

#[test]
fn fills_cost_nothing_without_fills() {
    let mut book = Book::open();
    book.next().add(MarginStated { fillVariation: -1, ..statement(1, 1, 0, 0, 0, 0) });
    let found = only_breach(&book, 2);
    assert!(found.contains("fill variation of a statement without fills: expected 0, found -1"), "{found}");
}

#[test]
fn a_set_that_makes_money_breaks_invariant_3() {
    let mut book = Book::open();
    book.deposit(DESK_A, 500).pledge_from_stock(1, 300).pledge_from_stock(2, 200);
    book.mark(&[(1, -100, -100), (2, 101, 101)], 0);
    let found = only_breach(&book, 3);
    assert!(found.contains("variation of a set of house 1: expected 0, found 1"), "{found}");
}

#[test]
fn variation_unpaid_without_a_claim_breaks_invariant_3() {
    let mut book = Book::open();
    book.deposit(DESK_A, 500).pledge_from_stock(1, 300).pledge_from_stock(2, 200);
    book.mark(&[(1, -350, -300), (2, 350, 350)], 0);
    let found = only_breach(&book, 3);
    assert!(found.contains("account 1: variation owed without a claim: expected 0, found 50"), "{found}");
}

#[test]
fn a_fill_applied_twice_breaks_invariant_5() {
    let mut book = Book::open();
    book.deposit(DESK_A, 500).pledge_from_stock(1, 300).pledge_from_stock(2, 200);
    book.settle(&[(1, 0, 0), (2, 0, 0)], 0);
    book.next().add(FillsSettled { venue: VENUE, firstSequence: 7, batchHash: HASH, taken: U256::from(1) });
    let found = only_breach(&book, 5);
    assert!(found.contains("fill 7 of venue"), "{found}");
}

#[test]
fn a_statement_sequence_left_out_breaks_invariant_5() {
    let mut book = Book::open();
    book.next().add(MarginStated { sequence: 2, ..statement(1, 2, 0, 0, 0, 0) });
    let found = only_breach(&book, 5);
    assert!(found.contains("sequence of the statement: expected 1, found 2"), "{found}");
}

#[test]
fn more_pledged_than_the_inventory_holds_breaks_invariant_9() {
    let mut book = Book::open();
    book.deposit(DESK_A, 100);
    let amount = U256::from(150);
    book.next().add(Pledged {
        account: 1,
        token: TOKEN,
        from: DESK_A,
        amount,
        source: source::INVENTORY,
        stressedLots: 0,
    });
    assert!(
        breaches(&book).iter().any(|found| found.contains("invariant 9") && found.contains("goes below zero")),
        "{:?}",
        breaches(&book)
    );
}
