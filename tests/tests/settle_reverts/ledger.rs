//! Checks 6 and 7: debits, credits, top-ups.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Mandate, TopUpLimit};
use alloy::primitives::U256;
use plumbline_tests::*;

fn trade(w: &World) -> Draft {
    w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB)
}

const USD: i64 = 1_000_000;

#[test]
fn a_debit_over_the_days_cap_reverts() {
    let w = World::open();
    w.post_margin(ALICE, w.usdc, w.usdc.whole(1_000_000));
    let (account, cap) = (w.account(ALICE), usd(500_000));
    let bundle = trade(&w).variation(ALICE, -300_000 * USD).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let bundle = trade(&w).variation(ALICE, -200_001 * USD).sign();
    let found = w.prank(RELAYER).settle(&bundle).expect_revert_of::<VariationCapExceeded>();
    assert_eq!((found.account, found.cap), (account, cap));
    let bundle = trade(&w).variation(ALICE, -200_000 * USD).sign();
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn the_debit_cap_is_of_one_utc_day() {
    let w = World::open();
    w.post_margin(ALICE, w.usdc, w.usdc.whole(1_000_000));
    w.pass(DAY - START % DAY - 10);
    let bundle = trade(&w).variation(ALICE, -500_000 * USD).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let bundle = trade(&w).variation(ALICE, -1).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<VariationCapExceeded>();
    w.pass(10);
    let bundle = trade(&w).variation(ALICE, -500_000 * USD).sign();
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn credits_do_not_refill_the_debit_cap() {
    let w = World::open();
    w.post_margin(ALICE, w.usdc, w.usdc.whole(1_000_000));
    for variation in [-500_000 * USD, 100_000 * USD] {
        let bundle = trade(&w).variation(ALICE, variation).sign();
        w.prank(RELAYER).settle(&bundle).ok();
    }
    let bundle = trade(&w).variation(ALICE, -USD).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<VariationCapExceeded>();
}

#[test]
fn a_debit_the_account_cannot_cover_reverts() {
    let w = World::open();
    let bundle = trade(&w).variation(ALICE, -200_000 * USD - 1).sign();
    let expected = VariationUncovered { account: w.account(ALICE), debit: usd(200_000) + 1, held: usd(200_000) };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn other_collateral_does_not_cover_a_debit() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(100_000));
    let bundle = trade(&w).variation(ALICE, -200_001 * USD).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<VariationUncovered>();
}

#[test]
fn a_credit_the_house_cannot_cover_reverts() {
    let w = World::open();
    let (house, held) = (w.house(), w.house_state().balance);
    let bundle = trade(&w).variation(ALICE, held as i64 + 1).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(HouseUncovered { house, credit: held + 1, held });
}

#[test]
fn debits_come_before_credits() {
    let w = World::open();
    let all = w.usdc.whole(1_000_000);
    w.prank(HOUSE).withdraw_house(all).ok();
    assert_eq!(w.house_state().balance, 0);
    let bundle = trade(&w).variation(ALICE, 5_000 * USD).variation(BOB, -5_000 * USD).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(205_000));
}

#[test]
fn a_top_up_over_the_mandates_limit_reverts() {
    let w = World::open();
    let (account, token) = (w.account(ALICE), w.usdc);
    let bundle = trade(&w).top_up(ALICE, token.index, usd(30_000)).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let bundle = trade(&w).top_up(ALICE, token.index, usd(20_000) + 1).sign();
    let expected = TopUpLimitExceeded {
        account,
        token: token.address,
        asked: U256::from(usd(20_000) + 1),
        left: U256::from(usd(20_000)),
    };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_top_up_of_a_token_without_a_limit_reverts() {
    let w = World::open();
    w.stock(ALICE, w.cash, w.cash.whole(10));
    let bundle = trade(&w).top_up(ALICE, w.cash.index, 1).sign();
    let expected =
        TopUpLimitExceeded { account: w.account(ALICE), token: w.cash.address, asked: U256::from(1), left: U256::ZERO };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_top_up_beyond_inventory_reverts() {
    let w = World::open();
    let limit = TopUpLimit { token: w.usdc.address, amount: w.usdc.whole(500_000).to() };
    let mandate = Mandate { topUpLimits: vec![limit], ..w.mandate_for(ALICE, 70) };
    w.register(ALICE, mandate);
    let bundle = trade(&w).top_up(ALICE, w.usdc.index, usd(100_000) + 1).sign();
    let expected = InventoryShort {
        holder: ALICE.address(),
        token: w.usdc.address,
        asked: U256::from(usd(100_000) + 1),
        held: U256::from(usd(100_000)),
    };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_top_up_of_a_token_that_is_not_eligible_reverts() {
    let w = World::open();
    let terms = abi::escrow::Agreement { eligibleAssets: w.usdc.bit(), ..w.agreement(DAVE) };
    let account = w.open_account(DAVE, terms);
    let mandate = Mandate { topUpLimits: vec![], ..w.mandate_for(DAVE, 0) };
    w.register(DAVE, mandate);
    w.stock(DAVE, w.usde, w.usde.whole(10));
    let bundle = w.draft(&[(ALICE, 0), (DAVE, 0)]).fill(ALICE, DAVE).top_up(DAVE, w.usde.index, 1).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(NotEligible { account, token: w.usde.address });
}

#[test]
fn a_top_up_of_an_unlisted_asset_reverts() {
    let w = World::open();
    let bundle = trade(&w).top_up(ALICE, 9, 1).sign();
    assert!(w.prank(RELAYER).settle(&bundle).reverted());
}

#[test]
fn a_top_up_of_an_account_outside_the_set_reverts() {
    let w = World::open();
    let bundle = trade(&w).top_up(CAROL, w.usdc.index, 1).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(AccountNotInSet { index: U256::from(255) });
}

#[test]
fn an_account_without_a_mandate_is_not_topped_up() {
    let w = World::open();
    let terms = w.agreement(DAVE);
    w.open_account(DAVE, terms);
    w.stock(DAVE, w.usdc, w.usdc.whole(10));
    let draft = w.draft(&[(ALICE, 0), (BOB, 0), (DAVE, 0)]).fill(ALICE, BOB).top_up(DAVE, w.usdc.index, 1);
    assert!(w.prank(RELAYER).settle(&draft.sign()).reverted());
    assert_eq!(w.inventory(DAVE, w.usdc), w.usdc.whole(10));
}
