//! Standing orders: in force, within their limits, where something is missing, and leaving what they say.
use crate::support::*;
use abi::escrow::MarginEscrow::*;
use abi::escrow::order;
use alloy::primitives::{Address, U256};

/// Account 1 may be topped up with so many lots a day, from an inventory of 1,000.
fn ordered(limit: u64) -> Book {
    let mut book = Book::open();
    book.deposit(DESK_A, 1_000).next();
    book.add(NonceUsed { pledgor: DESK_A, nonce: 77 }).add(TopUpOrdered {
        account: 1,
        order: 1,
        tokens: vec![TOKEN],
        limits: vec![limit],
        validUntil: T + 1_000,
        nonce: 77,
    });
    book
}

fn topped_up(book: &mut Book, lots: u64) -> &mut Book {
    book.add(ToppedUp { account: 1, token: TOKEN, order: 1, amount: U256::from(lots), stressedLots: 0 })
}

#[test]
fn a_top_up_stays_within_its_limit_and_its_time() {
    let mut book = ordered(100);
    topped_up(book.require(100), 100);
    holds(&book);
    let mut book = ordered(99);
    topped_up(book.require(100), 100);
    breach(&book, 9, "lots that the order may bring: expected at most 99, found 100");
    let mut book = ordered(100);
    topped_up(book.wait(1_001).require(100), 100);
    breach(&book, 9, "the order that topped up is in force");
}

#[test]
fn a_day_after_a_top_up_the_limit_still_counts_it() {
    let mut book = ordered(100);
    let order =
        TopUpOrdered { account: 1, order: 2, tokens: vec![TOKEN], limits: vec![100], validUntil: u64::MAX, nonce: 78 };
    topped_up(book.require(60), 60);
    book.next().add(NonceUsed { pledgor: DESK_A, nonce: 78 }).add(order);
    book.wait(86_400).require(200);
    book.add(ToppedUp { account: 1, token: TOKEN, order: 2, amount: U256::from(50), stressedLots: 0 });
    breach(&book, 9, "lots that the order may bring: expected at most 40, found 50");
}

#[test]
fn a_revoked_order_brings_nothing() {
    let mut book = ordered(100);
    book.next().add(OrderRevoked { account: 1, kind: order::TOP_UP, order: 1 });
    topped_up(book.require(100), 100);
    breach(&book, 9, "the order that topped up is in force");
}

#[test]
fn nothing_comes_where_nothing_is_missing() {
    let mut book = ordered(100);
    topped_up(book.require(0), 1);
    breach(&book, 10, "a top-up where nothing is missing");
}

#[test]
fn nobody_orders_but_the_pledgor() {
    let mut book = Book::open();
    book.next().add(NonceUsed { pledgor: HOUSE, nonce: 77 }).add(TopUpOrdered {
        account: 1,
        order: 1,
        tokens: vec![TOKEN],
        limits: vec![9],
        validUntil: u64::MAX,
        nonce: 77,
    });
    breach(&book, 9, "the pledgor's nonce was spent for its order");
}

/// Of 200 lots at 100 required, with 50 of buffer.
fn returned(lots: u64) -> Book {
    let mut book = ordered(0);
    book.next().add(NonceUsed { pledgor: DESK_A, nonce: 79 }).add(ReturnOrdered {
        account: 1,
        order: 3,
        tokens: vec![TOKEN],
        bufferPpm: 200_000,
        bufferAmount: 30,
        minimum: 1,
        validUntil: u64::MAX,
        nonce: 79,
    });
    book.pledge_from_stock(1, 200).require(100);
    give_back(&mut book, lots);
    book
}

fn give_back(book: &mut Book, lots: u64) {
    book.next().add(OrderCarriedOut { account: 1, kind: order::RETURN, order: 3 });
    book.add(Released { account: 1, token: TOKEN, to: Address::ZERO, amount: U256::from(lots), stressedLots: 0 });
}

#[test]
fn a_return_leaves_the_buffer_and_waits_a_day() {
    holds(&returned(50));
    breach(&returned(51), 9, "the buffer of the order stays");
    let mut book = returned(20);
    book.wait(86_399).next().add(OrderCarriedOut { account: 1, kind: order::RETURN, order: 3 });
    breach(&book, 9, "a day between two returns");
}

/// Out of the token from a haircut of 6 %, or a price of 0.99.
fn substituting(haircut: u32, price: u64) -> Book {
    let mut book = Book::open();
    book.next().add(NonceUsed { pledgor: DESK_A, nonce: 77 }).add(SubstituteOrdered {
        account: 1,
        order: 1,
        tokenOut: TOKEN,
        haircutLevel: haircut,
        priceLevel: price,
        limit: 1_000,
        tokensIn: vec![TOKEN],
        validUntil: u64::MAX,
        nonce: 77,
    });
    book
}

fn carried_out(book: &mut Book) -> &Book {
    book.next().add(OrderCarriedOut { account: 1, kind: order::SUBSTITUTE, order: 1 })
}

const LEVEL: &str = "haircut or price has reached the order's level";

#[test]
fn a_substitution_waits_for_its_haircut() {
    breach(carried_out(&mut substituting(60_000, 0)), 9, LEVEL);
    breach(carried_out(substituting(60_000, 0).haircut(59_999, 59_999)), 9, LEVEL);
    holds(carried_out(substituting(60_000, 0).haircut(60_000, 40_000)));
    holds(carried_out(substituting(60_000, 0).haircut(40_000, 60_000)));
}

#[test]
fn a_substitution_waits_for_its_price() {
    let at = |price, haircut| {
        let mut book = substituting(0, 99_000_000);
        book.haircut(haircut, haircut).value(price, haircut);
        book
    };
    breach(carried_out(&mut at(99_000_001, 50_000)), 9, LEVEL);
    holds(carried_out(&mut at(99_000_000, 50_000)));
    holds(carried_out(&mut at(98_000_000, 0)));
}
