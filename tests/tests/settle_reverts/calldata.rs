//! Check 1: calldata, accounts, house.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use plumbline_tests::*;

#[test]
fn every_truncation_is_malformed() {
    let w = World::open();
    let bytes = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign().encode().unwrap();
    for end in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        let data = bytes[..end].to_vec();
        let found = w.prank(RELAYER).packed::<settleCall>(settleCall::SELECTOR, data).expect_revert_of::<Malformed>();
        assert!(found.offset <= U256::from(end + 4), "{end}: {}", found.offset);
    }
}

#[test]
fn a_byte_too_many_is_malformed() {
    let w = World::open();
    let mut bytes = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign().encode().unwrap();
    bytes.push(0);
    w.prank(RELAYER).packed::<settleCall>(settleCall::SELECTOR, bytes).expect_revert_of::<Malformed>();
}

#[test]
fn fills_out_of_order_are_malformed() {
    let w = World::open();
    let mut bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).fill(BOB, ALICE).sign();
    bundle.batches[0].fills.swap(0, 1);
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<Malformed>();
}

#[test]
fn the_same_fill_twice_is_malformed() {
    let w = World::open();
    let mut bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).fill(BOB, ALICE).sign();
    bundle.batches[0].fills[1] = bundle.batches[0].fills[0].clone();
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<Malformed>();
}

#[test]
fn a_place_beyond_the_batch_is_malformed() {
    let w = World::open();
    let mut bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    bundle.batches[0].fills[0].0 = 1;
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<Malformed>();
}

#[test]
fn no_fills_revert() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1))]).with(|d| d.batches.clear()).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(NoFills {});
}

#[test]
fn accounts_out_of_order_revert() {
    let w = World::open();
    let bundle =
        w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).with(|d| d.set.statements.reverse()).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(AccountsNotAscending { account: w.account(ALICE) });
}

#[test]
fn the_same_account_twice_reverts() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1)), (ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(AccountsNotAscending { account: w.account(ALICE) });
}

#[test]
fn an_unknown_account_reverts() {
    let w = World::open();
    let mut draft = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB);
    draft.statement(BOB).account = 900;
    w.prank(RELAYER).settle(&draft.sign()).expect_revert(UnknownAccount { account: 900 });
}

#[test]
fn an_account_of_another_house_reverts() {
    let w = World::open();
    let house = w.open_rival(DAVE);
    let own = w.house();
    let bundle = w.draft(&[(ALICE, usd(1)), (DAVE, usd(1))]).fill(ALICE, DAVE).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(WrongHouse { account: w.account(DAVE), house: own });
    assert_ne!(own, house);
}

#[test]
fn an_unknown_house_reverts() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).with(|d| d.set.house = 77).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(UnknownHouse { house: 77 });
}
