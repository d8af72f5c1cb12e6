//! Check 8: after everything, each touched account has its margin.
use abi::escrow::MarginEscrow::*;
use plumbline_tests::*;

#[test]
fn a_bundle_without_margin_reverts_with_the_shortfall() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(198_000) + 1), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    let expected = MarginShort { account: w.account(ALICE), posted: usd(198_000), required: usd(198_000) + 1 };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
    let bundle = w.draft(&[(ALICE, usd(198_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn the_other_side_needs_its_margin_too() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(250_000))]).fill(ALICE, BOB).sign();
    let expected = MarginShort { account: w.account(BOB), posted: usd(198_000), required: usd(250_000) };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn an_account_that_only_pays_variation_needs_its_margin() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1)), (CAROL, usd(190_000))]).fill(ALICE, BOB);
    let bundle = bundle.variation(CAROL, -10_000_000_000).sign();
    let expected = MarginShort { account: w.account(CAROL), posted: usd(188_100), required: usd(190_000) };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn variation_counts_before_margin() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(200_000)), (BOB, usd(1))]).fill(ALICE, BOB);
    let bundle = bundle.variation(ALICE, 5_000_000_000).variation(BOB, -5_000_000_000).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.state(ALICE).posted, usd(200_000), "205,000 USDC count 202,950 USD");
}

#[test]
fn threshold_and_independent_amount_move_the_requirement() {
    let w = World::open();
    let terms = abi::escrow::Agreement { threshold: usd(30_000), independentAmount: usd(5_000), ..w.agreement(DAVE) };
    let account = w.join(DAVE, terms);
    let bundle = w.draft(&[(ALICE, usd(1)), (DAVE, usd(25_000))]).fill(ALICE, DAVE).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.state(DAVE).required, 0);
    let bundle = w.draft(&[(ALICE, usd(1)), (DAVE, usd(25_001))]).fill(ALICE, DAVE).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(MarginShort { account, posted: 0, required: usd(1) });
}

#[test]
fn one_token_counts_only_up_to_its_concentration_limit() {
    let w = World::open();
    let terms = w.agreement(DAVE);
    let account = w.join(DAVE, terms);
    w.post_margin(DAVE, w.usde, w.usde.whole(1_000_000));
    let bundle = w.draft(&[(ALICE, usd(1)), (DAVE, usd(100_000))]).fill(ALICE, DAVE).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(MarginShort {
        account,
        posted: usd(60_000),
        required: usd(100_000),
    });
}

#[test]
fn a_short_account_may_not_raise_its_requirement() {
    let w = World::open();
    w.make_short(ALICE, usd(300_000));
    let bundle = w.draft(&[(ALICE, usd(300_000) + 1), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    let expected = MarginShort { account: w.account(ALICE), posted: usd(198_000), required: usd(300_000) + 1 };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_short_account_may_not_become_shorter() {
    let w = World::open();
    w.make_short(ALICE, usd(300_000));
    let bundle =
        w.draft(&[(ALICE, usd(299_999)), (BOB, usd(1))]).fill(ALICE, BOB).variation(ALICE, -2_000_000_000).sign();
    let expected = MarginShort { account: w.account(ALICE), posted: usd(196_020), required: usd(299_999) };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn an_account_that_owes_takes_no_new_risk() {
    let w = World::open();
    w.make_owing(ALICE, usd(10_000));
    w.post_margin(ALICE, w.cash, w.cash.whole(50_000));
    let bundle = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    let found = w.prank(RELAYER).settle(&bundle).expect_revert_of::<MarginShort>();
    assert_eq!(found.account, w.account(ALICE));
}

#[test]
fn a_stale_valuation_of_a_held_asset_reverts() {
    let w = World::open();
    let held = w.slot();
    w.warp(70);
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    let expected = StaleValuation { index: w.usdc.index, slot: held, oldest: held + 1 };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_stale_valuation_of_an_asset_not_held_does_not_matter() {
    let w = World::open();
    w.warp(70);
    w.post_only(w.usdc);
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn a_reverted_bundle_changes_nothing() {
    let w = World::open();
    let draft = w.draft(&[(ALICE, usd(1)), (BOB, usd(250_000))]).fill(ALICE, BOB).variation(ALICE, -5_000_000);
    let bundle = draft.clone().top_up(ALICE, w.usdc.index, usd(5)).sign();
    let before = (w.state(ALICE), w.balance(ALICE, w.usdc), w.house_state(), w.inventory(ALICE, w.usdc));
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<MarginShort>();
    assert_eq!((w.state(ALICE), w.balance(ALICE, w.usdc), w.house_state(), w.inventory(ALICE, w.usdc)), before);
    assert!(!w.sequence_applied(VENUE, draft.batches[0].first_sequence));
}
