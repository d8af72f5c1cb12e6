//! Substitution: new collateral in and old out, in one step, only if the margin does not suffer.
use abi::escrow::CollateralInstruction;
use abi::escrow::MarginEscrow::*;
use alloy::primitives::Address;
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
