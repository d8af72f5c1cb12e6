//! A disclosed book against what is stated: invariants 9 and 11.
use super::support::{Book as Events, *};
use abi::escrow::MarginEscrow::*;
use abi::{SLOT_SECONDS, history, slot_at};
use alloy::primitives::{B256, U256};
use plumbline_chain::invariants::{BookError, Disclosed, audit, check_book};
use plumbline_chain::ledger::Account;
use risk::{Book, Instrument, Mark, Marks, Ppm, Price, Quantity, Underlying, book_root};

const KEY: B256 = B256::repeat_byte(5);
const DIGEST: B256 = B256::repeat_byte(6);
/// 1e-8.
const ONE: i64 = 100_000_000;

/// A perpetual bought at 100,000 USD.
fn bought() -> Book {
    let mut book = Book::new();
    let price = Price::from_raw(100_000 * ONE as u64);
    book.trade(&Instrument::perpetual(Underlying::BTC), Quantity::from_raw(ONE / 100), price)
        .expect("a small quantity");
    book
}

/// It stands at 101,000 USD.
fn marks() -> Marks {
    let settlement = Price::from_raw(ONE as u64);
    let mut marks = Marks::new(slot_at(T) * SLOT_SECONDS, settlement).expect("a price");
    let mark = Mark::new(Price::from_raw(101_000 * ONE as u64), Ppm::ONE).expect("a price");
    marks.set_spot(Underlying::BTC, mark);
    marks.set_mark(Instrument::perpetual(Underlying::BTC), mark);
    marks
}

/// The account that was stated so.
fn stated(variation: i64) -> Account {
    let root = book_root(&bought(), KEY);
    let (mut events, after) = (Events::open(), history::after(B256::ZERO, root, DIGEST));
    events.next().add(FillsSettled { venue: VENUE, firstSequence: 7, batchHash: HASH, taken: U256::from(1) });
    let paid = variation.min(1_000_000);
    if paid < variation {
        let unpaid = (variation - paid) as u64;
        events.add(HouseClaimIssued { house: 1, account: 1, amount: unpaid, owed: unpaid });
    }
    events.add(MarginStated { root, history: after, ..statement(1, 1, 0, variation, paid, 0) });
    audit(ESCROW, &events.events()).ledger.accounts[&1].clone()
}

fn disclosed(book: &Book) -> Disclosed<'_> {
    Disclosed { book, key: KEY, previous_history: B256::ZERO, digest: DIGEST }
}

fn broken(account: &Account, disclosed: &Disclosed<'_>, marks: &Marks) -> String {
    let Err(BookError::Broken(fault)) = check_book(account, disclosed, marks) else { panic!("not broken") };
    format!("{}: {fault}", fault.invariant)
}

#[test]
fn a_disclosed_book_is_the_one_that_was_stated() {
    check_book(&stated(10_000_000), &disclosed(&bought()), &marks()).expect("the book, at its level");
}

#[test]
fn another_level_breaks_invariant_11() {
    let found = broken(&stated(9_999_999), &disclosed(&bought()), &marks());
    assert_eq!(found, "11: variation: expected 10000000, found 9999999");
}

#[test]
fn another_book_key_or_history_is_not_the_one_that_was_stated() {
    let (account, book) = (stated(10_000_000), bought());
    let of = disclosed(&book);
    let others = [
        Disclosed { book: &Book::new(), ..of },
        Disclosed { key: HASH, ..of },
        Disclosed { previous_history: HASH, ..of },
        Disclosed { digest: HASH, ..of },
    ];
    for other in others {
        let found = broken(&account, &other, &marks());
        assert!(found.starts_with("9: history: expected 0x"), "{found}");
    }
}

#[test]
fn marks_of_another_moment_say_nothing() {
    let later = Marks::new(slot_at(T) * SLOT_SECONDS + 10, Price::from_raw(ONE as u64)).expect("a price");
    let book = bought();
    assert!(broken(&stated(10_000_000), &disclosed(&book), &later).starts_with("9: time of the marks"));
    let none = Marks::new(slot_at(T) * SLOT_SECONDS, Price::from_raw(ONE as u64)).expect("a price");
    assert!(matches!(check_book(&stated(10_000_000), &disclosed(&book), &none), Err(BookError::Unpriced(_))));
}

#[test]
fn an_account_that_never_had_a_position_has_no_variation() {
    let mut events = Events::open();
    events.next().add(statement(1, 1, 0, 0, 0, 0));
    let account = audit(ESCROW, &events.events()).ledger.accounts[&1].clone();
    let (book, zero) = (Book::new(), B256::ZERO);
    let of = Disclosed { book: &book, key: KEY, previous_history: zero, digest: zero };
    check_book(&account, &of, &marks()).expect("nothing");
}
