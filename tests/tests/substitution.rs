//! Substitution: new collateral in and old out, in one step, only if the margin does not suffer.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{CollateralInstruction, FRESH_SLOTS};
use alloy::primitives::Address;
use plumbline_tests::deploy::terms;
use plumbline_tests::*;

/// Alice has 200,000 USDC of margin against 100,000 USD, and USDe in inventory.
fn traded() -> Fork {
    let w = World::open();
    w.trade_all(100_000);
    w
}

#[test]
fn substitution_swaps_collateral_in_one_step() {
    let w = traded();
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(50_000)), (w.usdc, w.usdc.whole(140_000)), 1);
    let signature = w.sign_instruction(ALICE, &swap);
    let account = w.account(ALICE);
    w.prank(RELAYER)
        .execute(swap, signature)
        .expect_emit(Substituted {
            account,
            tokenIn: w.usde.address,
            amountIn: w.usde.whole(50_000),
            stressedLotsIn: 0,
            tokenOut: w.usdc.address,
            amountOut: w.usdc.whole(140_000),
            stressedLotsOut: 0,
        })
        .expect_emit(NonceUsed { pledgor: ALICE.address(), nonce: 1 })
        .ok();
    assert_eq!((w.balance(ALICE, w.usdc).lots, w.balance(ALICE, w.usde).lots), (usd(60_000), usd(50_000)));
    assert_eq!((w.inventory(ALICE, w.usdc), w.inventory(ALICE, w.usde)), (w.usdc.whole(240_000), w.usde.whole(50_000)));
    assert_eq!(w.state(ALICE).posted, usd(59_400 + 47_500));
}

#[test]
fn substitution_reverts_when_it_leaves_the_account_short() {
    let w = traded();
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(10_000)), (w.usdc, w.usdc.whole(180_000)), 1);
    let expected = SubstitutionWeakens {
        account: w.account(ALICE),
        postedBefore: usd(100_000),
        postedAfter: usd(19_800 + 9_500),
        required: usd(100_000),
    };
    w.prank(ALICE).execute_own(swap).expect_revert(expected);
}

#[test]
fn substitution_of_a_short_account_may_not_lower_what_is_posted() {
    let w = traded();
    w.make_short(ALICE, usd(300_000));
    let worse = w.substitution(ALICE, (w.usde, w.usde.whole(10_000)), (w.usdc, w.usdc.whole(10_000)), 1);
    let found = w.prank(ALICE).execute_own(worse).expect_revert_of::<SubstitutionWeakens>();
    assert_eq!((found.postedBefore, found.postedAfter), (usd(198_000), usd(197_600)));
    let same = w.substitution(ALICE, (w.usde, w.usde.whole(19_800)), (w.usdc, w.usdc.whole(19_000)), 1);
    w.prank(ALICE).execute_own(same).ok();
    assert_eq!(w.state(ALICE).posted, usd(198_000));
}

#[test]
fn substitution_can_satisfy_a_claim() {
    let w = traded();
    w.make_short(ALICE, usd(200_000));
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(50_000)), (w.usdc, w.usdc.whole(1_000)), 1);
    let account = w.account(ALICE);
    w.prank(ALICE).execute_own(swap).expect_emit(ClaimSatisfied { account, number: 1, late: false }).ok();
}

#[test]
fn substitution_counts_the_concentration_limit() {
    let w = traded();
    w.stock(ALICE, w.usde, w.usde.whole(100_000));
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(200_000)), (w.usdc, w.usdc.whole(200_000)), 1);
    let found = w.prank(ALICE).execute_own(swap).expect_revert_of::<SubstitutionWeakens>();
    assert_eq!(found.postedAfter, usd(60_000), "USDe covers at most 60 % of the requirement");
}

#[test]
fn substitution_reverts_beyond_the_balance() {
    let w = traded();
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(1)), (w.usdc, w.usdc.whole(200_001)), 1);
    let expected = BalanceShort {
        account: w.account(ALICE),
        token: w.usdc.address,
        asked: w.usdc.whole(200_001),
        held: w.usdc.whole(200_000),
    };
    w.prank(ALICE).execute_own(swap).expect_revert(expected);
}

#[test]
fn substitution_reverts_beyond_inventory() {
    let w = traded();
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(100_001)), (w.usdc, w.usdc.whole(1)), 1);
    w.prank(ALICE).execute_own(swap).expect_revert_of::<InventoryShort>();
}

#[test]
fn substitution_into_a_token_that_is_not_eligible_reverts() {
    let w = World::open();
    let terms = abi::escrow::Agreement { eligibleAssets: w.usdc.bit(), ..w.agreement(DAVE) };
    let account = w.open_account(DAVE, terms);
    w.post_margin(DAVE, w.usdc, w.usdc.whole(10));
    w.stock(DAVE, w.usde, w.usde.whole(10));
    let swap = w.substitution(DAVE, (w.usde, w.usde.whole(10)), (w.usdc, w.usdc.whole(1)), 1);
    w.prank(DAVE).execute_own(swap).expect_revert(NotEligible { account, token: w.usde.address });
}

#[test]
fn substitution_of_unlisted_tokens_reverts() {
    let w = traded();
    let token = Address::repeat_byte(0x77);
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(1)), (w.usdc, w.usdc.whole(1)), 1);
    let unknown_out = CollateralInstruction { tokenOut: token, ..swap.clone() };
    w.prank(ALICE).execute_own(unknown_out).expect_revert(UnknownAsset { token });
    let unknown_in = CollateralInstruction { token, ..swap };
    w.prank(ALICE).execute_own(unknown_in).expect_revert(UnknownAsset { token });
}

#[test]
fn substitution_of_a_token_for_itself_creates_nothing() {
    let w = traded();
    let before = (w.balance(ALICE, w.usdc).lots, w.inventory(ALICE, w.usdc));
    let swap = w.substitution(ALICE, (w.usdc, w.usdc.whole(1_000)), (w.usdc, w.usdc.whole(1_000)), 1);
    w.prank(ALICE).execute_own(swap).ignore();
    assert_eq!((w.balance(ALICE, w.usdc).lots, w.inventory(ALICE, w.usdc)), before);
    let swap = w.substitution(ALICE, (w.usdc, w.usdc.whole(1_000)), (w.usdc, w.usdc.whole(3_000)), 2);
    w.prank(ALICE).execute_own(swap).ignore();
    let total = w.usdc.units(w.balance(ALICE, w.usdc).lots) + w.inventory(ALICE, w.usdc);
    assert_eq!(total, w.usdc.whole(300_000));
}

#[test]
fn substitution_needs_the_pledgors_signature() {
    let w = traded();
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(50_000)), (w.usdc, w.usdc.whole(1)), 1);
    let signature = w.sign_instruction(HOUSE, &swap);
    let expected = InvalidSigner { expected: ALICE.address(), recovered: HOUSE.address() };
    w.prank(HOUSE).execute(swap, signature).expect_revert(expected);
}

/// Stressed collateral comes in at the haircut for new pledges.
#[test]
fn substitution_into_stressed_collateral_takes_the_new_haircut() {
    let w = traded();
    w.stress(w.usde, price(9_000));
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(10_000)), (w.usdc, w.usdc.whole(1_000)), 1);
    let done = w.prank(ALICE).execute_own(swap).ok();
    assert_eq!(done.event::<Substituted>().stressedLotsIn, usd(10_000));
    assert_eq!(w.balance(ALICE, w.usde).stressedLots, usd(10_000));
}

/// Alice has 200,000 USDC and 100,000 USDe against 250,000 USD, and USDC in inventory; no price for `seconds`.
fn unpriced(seconds: u64) -> Fork {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(100_000));
    let bundle = w.draft(&[(ALICE, usd(250_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.warp(seconds);
    w
}

/// What Alice may not do: the valuation of what comes in is stale.
fn refused(w: &World, token: Token, exchange: CollateralInstruction) {
    let stale = StaleValuation { index: token.index, slot: w.valuation(token).slot, oldest: w.slot() - FRESH_SLOTS };
    w.prank(ALICE).execute_own(exchange).expect_revert(stale);
}

/// 9,500 USD of USDe out, 9,504 USD of USDC in.
fn into_usdc(w: &World) -> CollateralInstruction {
    w.substitution(ALICE, (w.usdc, w.usdc.whole(9_600)), (w.usde, w.usde.whole(10_000)), 1)
}

#[test]
fn with_old_prices_better_collateral_comes_in() {
    let w = unpriced(70);
    w.prank(ALICE).execute_own(into_usdc(&w)).ok();
    assert_eq!((w.balance(ALICE, w.usdc).lots, w.balance(ALICE, w.usde).lots), (usd(209_600), usd(90_000)));
    w.audit();
}

#[test]
fn with_old_prices_no_weaker_collateral_comes_in() {
    let w = unpriced(70);
    refused(&w, w.usde, w.substitution(ALICE, (w.usde, w.usde.whole(100)), (w.usdc, w.usdc.whole(50)), 1));
    w.post_only(w.usde);
    let fresh = w.substitution(ALICE, (w.usde, w.usde.whole(100)), (w.usdc, w.usdc.whole(50)), 1);
    w.prank(ALICE).execute_own(fresh).ok();
}

/// Of two tokens with the same factor neither is the weaker.
#[test]
fn with_old_prices_equal_collateral_comes_in() {
    let w = World::open();
    let twin = w.list("USDX", 6, abi::registry::AssetTerms { feed: feed("USDX-USD"), ..terms(10_000, 1_000_000) });
    w.warp(10);
    w.post(&[]);
    let all = w.agreement(DAVE).eligibleAssets | twin.bit();
    let terms = abi::escrow::Agreement { eligibleAssets: all, independentAmount: usd(9), ..w.agreement(DAVE) };
    w.open_account(DAVE, terms);
    w.post_margin(DAVE, w.usdc, w.usdc.whole(10));
    w.stock(DAVE, twin, twin.whole(10));
    w.warp(70);
    let less = w.substitution(DAVE, (twin, twin.units(9_500_000)), (w.usdc, w.usdc.whole(10)), 1);
    w.prank(DAVE).execute_own(less).expect_revert_of::<StaleValuation>();
    let same = w.substitution(DAVE, (twin, twin.whole(10)), (w.usdc, w.usdc.whole(10)), 2);
    w.prank(DAVE).execute_own(same).ok();
}

/// At 0.97 USD the USDC counts for more than USDe where it is pledged already, and for less where it comes in.
#[test]
fn with_old_prices_what_comes_in_has_the_haircut_for_new_pledges() {
    let w = unpriced(0);
    w.stress(w.usdc, price(9_700));
    let (usdc, usde) = (w.valuation(w.usdc), w.valuation(w.usde));
    assert!(usdc.factor > usde.factor && usdc.factorNew < usde.factor);
    w.warp(70);
    refused(&w, w.usdc, into_usdc(&w));
}

#[test]
fn with_old_prices_nothing_comes_in_at_an_older_one() {
    let w = unpriced(10);
    w.post_only(w.usde);
    w.warp(70);
    refused(&w, w.usdc, into_usdc(&w));

    let w = unpriced(10);
    w.post_only(w.usdc);
    w.warp(70);
    w.prank(ALICE).execute_own(into_usdc(&w)).ok();
}

#[test]
fn with_prices_past_the_bound_of_marks_nothing_comes_in() {
    let w = unpriced(3_609);
    w.prank(ALICE).execute_own(into_usdc(&w)).ok();
    let w = unpriced(3_610);
    refused(&w, w.usdc, into_usdc(&w));
}

#[test]
fn with_old_prices_neither_posted_nor_total_value_falls() {
    let w = unpriced(0);
    w.make_short(ALICE, usd(300_000));
    w.warp(70);
    let less = w.substitution(ALICE, (w.usdc, w.usdc.whole(95_000)), (w.usde, w.usde.whole(100_000)), 1);
    let found = w.prank(ALICE).execute_own(less).expect_revert_of::<SubstitutionWeakens>();
    assert_eq!((found.postedBefore, found.postedAfter), (usd(293_000), usd(198_000 + 94_050)));

    // At 120,000 USD all of that is credited of USDC and 72,000 USD of USDe: total value falls where P does not.
    let w = unpriced(0);
    w.warp(70);
    let set = w.draft_mark(&[(ALICE, usd(120_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let hidden = w.substitution(ALICE, (w.usdc, w.usdc.whole(10_000)), (w.usde, w.usde.whole(20_000)), 2);
    refused(&w, w.usdc, hidden.clone());
    w.pass(0);
    w.prank(ALICE).execute_own(hidden).ok();
}

/// One USDe with a fresh price must not take 100,000 USDC at an old one along, though `P` stays at the requirement.
#[test]
fn a_fresh_token_carries_no_value_out_at_old_prices() {
    let w = traded();
    w.warp(70);
    w.post_only(w.usde);
    let set = w.draft_mark(&[(ALICE, usd(98_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let out = w.substitution(ALICE, (w.usde, w.usde.whole(1)), (w.usdc, w.usdc.whole(100_000)), 1);
    refused(&w, w.usdc, out.clone());
    w.pass(10);
    w.prank(ALICE).execute_own(out).ok();
}

#[test]
fn with_old_prices_a_substitution_can_satisfy_a_claim() {
    let w = unpriced(0);
    w.make_short(ALICE, usd(294_000));
    w.warp(70);
    let swap = w.substitution(ALICE, (w.usdc, w.usdc.whole(98_000)), (w.usde, w.usde.whole(100_000)), 1);
    let satisfied = ClaimSatisfied { account: w.account(ALICE), number: 1, late: false };
    w.prank(ALICE).execute_own(swap).expect_emit(satisfied).ok();
    w.audit();
}
