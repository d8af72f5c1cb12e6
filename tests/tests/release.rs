//! Release: only the excess, only at a fresh statement, only where the pledgor signed.
use abi::escrow::CollateralInstruction;
use abi::escrow::MarginEscrow::*;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use plumbline_tests::*;

/// Alice has 200,000 USDC against 99,000 USD, stated just now: 100,000 USDC are excess.
fn traded() -> Fork {
    let w = World::open();
    w.trade_all(99_000);
    w
}

#[test]
fn release_returns_the_excess_to_inventory() {
    let w = traded();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(100_000), 1);
    let signature = w.sign_instruction(ALICE, &release);
    let (account, token, held) = (w.account(ALICE), w.usdc, w.wallet(w.escrow, w.usdc));
    w.prank(RELAYER)
        .execute(release, signature)
        .expect_emit(Released {
            account,
            token: token.address,
            to: Address::ZERO,
            amount: token.whole(100_000),
            stressedLots: 0,
        })
        .ok();
    assert_eq!(w.balance(ALICE, token).lots, usd(100_000));
    assert_eq!(w.inventory(ALICE, token), token.whole(200_000));
    assert_eq!(w.wallet(w.escrow, token), held);
}

#[test]
fn release_goes_to_the_wallet_the_pledgor_signed() {
    let w = traded();
    let to = Address::repeat_byte(0xa1);
    let release = CollateralInstruction { to, ..w.release_instruction(ALICE, w.usdc, w.usdc.whole(10), 1) };
    let signature = w.sign_instruction(ALICE, &release);
    let held = w.wallet(w.escrow, w.usdc);
    w.prank(RELAYER).execute(release, signature).ok();
    assert_eq!(w.wallet(to, w.usdc), w.usdc.whole(10));
    assert_eq!(w.wallet(w.escrow, w.usdc), held - w.usdc.whole(10));
}

#[test]
fn release_reverts_when_below_requirement() {
    let w = traded();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.units(usd(100_000) + 1), 1);
    let found = w.prank(ALICE).execute_own(release).expect_revert_of::<MarginShort>();
    assert_eq!((found.account, found.posted, found.required), (w.account(ALICE), usd(99_000) - 1, usd(99_000)));
}

#[test]
fn release_needs_a_statement_of_the_last_minute() {
    let w = traded();
    let stated = w.now();
    w.pass(60);
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    let before = w.snapshot();
    w.prank(ALICE).execute_own(release.clone()).ok();
    w.revert(before);
    w.warp(1);
    let expected = StatementTooOld { account: w.account(ALICE), asOf: stated, oldest: stated + 1 };
    w.prank(ALICE).execute_own(release).expect_revert(expected);
}

#[test]
fn release_without_positions_needs_no_statement() {
    let w = World::open();
    w.pass(3_600);
    let all = w.usdc.whole(200_000);
    let release = w.release_instruction(ALICE, w.usdc, all, 1);
    w.prank(ALICE).execute_own(release).ok();
    assert_eq!((w.balance(ALICE, w.usdc).lots, w.state(ALICE).heldAssets), (0, 0));
}

#[test]
fn release_reverts_at_stale_valuations() {
    let w = traded();
    w.warp(70);
    let set = w.draft_mark(&[(ALICE, usd(99_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    let found = w.prank(ALICE).execute_own(release).expect_revert_of::<StaleValuation>();
    assert_eq!((found.index, found.oldest), (w.usdc.index, found.slot + 1));
}

#[test]
fn release_reverts_while_a_claim_is_open() {
    let w = traded();
    w.make_short(ALICE, usd(250_000));
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    w.prank(ALICE).execute_own(release).expect_revert(ClaimOpen { account: w.account(ALICE), number: 1 });
}

#[test]
fn release_reverts_while_variation_is_owed() {
    let w = World::open();
    w.make_owing(ALICE, usd(1_000));
    w.post_margin(ALICE, w.cash, w.cash.whole(50_000));
    let release = w.release_instruction(ALICE, w.cash, w.cash.whole(50_000), 1);
    w.prank(ALICE).execute_own(release).expect_revert(ClaimOpen { account: w.account(ALICE), number: 1 });
}

#[test]
fn release_beyond_the_balance_reverts() {
    let w = World::open();
    let release = w.release_instruction(ALICE, w.usde, w.usde.whole(1), 1);
    let expected =
        BalanceShort { account: w.account(ALICE), token: w.usde.address, asked: w.usde.whole(1), held: U256::ZERO };
    w.prank(ALICE).execute_own(release).expect_revert(expected);
}

#[test]
fn release_cannot_be_redirected() {
    let w = traded();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(10), 1);
    let signature = w.sign_instruction(ALICE, &release);
    let stolen = CollateralInstruction { to: STRANGER.address(), ..release };
    let found = w.prank(STRANGER).execute(stolen, signature).expect_revert_of::<InvalidSigner>();
    assert_eq!(found.expected, ALICE.address());
    assert_eq!(w.wallet(STRANGER, w.usdc), U256::ZERO);
}

#[test]
fn release_of_dust_reverts() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(1));
    let dust = w.usde.whole(1) - U256::from(1);
    let release = w.release_instruction(ALICE, w.usde, dust, 1);
    w.prank(ALICE).execute_own(release).expect_revert(NotWholeLots { token: w.usde.address, amount: dust });
}

#[test]
fn release_of_permissioned_cash_reaches_allowed_holders_only() {
    let w = World::open();
    w.post_margin(ALICE, w.cash, w.cash.whole(20));
    let to = STRANGER.address();
    let release = CollateralInstruction { to, ..w.release_instruction(ALICE, w.cash, w.cash.whole(10), 1) };
    w.prank(ALICE).execute_own(release.clone()).expect_emit(returned(&w, to, w.cash.whole(10))).ok();
    assert_eq!((w.inventory(ALICE, w.cash), w.wallet(STRANGER, w.cash)), (w.cash.whole(10), U256::ZERO));
    w.admit(w.cash, STRANGER, true);
    let release = CollateralInstruction { nonce: 2, ..release };
    w.prank(ALICE).execute_own(release).expect_no_emit::<ReturnedToInventory>().ok();
    assert_eq!(w.wallet(STRANGER, w.cash), w.cash.whole(10));
    w.audit();
}

fn returned(w: &World, to: Address, amount: U256) -> ReturnedToInventory {
    ReturnedToInventory { account: w.account(ALICE), token: w.cash.address, to, amount }
}

/// Alice's wallet is barred after she pledged: hers stays hers, Bob's goes where Bob says.
#[test]
fn a_refused_receiver_blocks_nobody() {
    let w = World::open();
    for desk in [ALICE, BOB] {
        w.post_margin(desk, w.cash, w.cash.whole(20));
    }
    w.admit(w.cash, ALICE, false);
    for desk in [ALICE, BOB] {
        let release = w.release_instruction(desk, w.cash, w.cash.whole(20), 9);
        let release = CollateralInstruction { to: desk.address(), ..release };
        let signature = w.sign_instruction(desk, &release);
        w.prank(RELAYER).execute(release, signature).ok();
    }
    assert_eq!((w.wallet(ALICE, w.cash), w.inventory(ALICE, w.cash)), (U256::ZERO, w.cash.whole(20)));
    assert_eq!((w.wallet(BOB, w.cash), w.inventory(BOB, w.cash)), (w.cash.whole(20), U256::ZERO));
    w.prank(ALICE).withdraw(w.cash, w.cash.whole(20)).expect_revert(TokenCallFailed { token: w.cash.address });
    w.audit();
}

/// Between too little for anything and enough for all of it there is no limit at which only the transfer runs out.
#[test]
fn no_gas_limit_turns_a_release_away_from_its_receiver() {
    let w = World::open();
    w.post_margin(ALICE, w.cash, w.cash.whole(20));
    w.admit(w.cash, STRANGER, true);
    let to = STRANGER.address();
    let release = CollateralInstruction { to, ..w.release_instruction(ALICE, w.cash, w.cash.whole(10), 1) };
    let signature = w.sign_instruction(ALICE, &release).into();
    let call = executeCall { instruction: release, signature }.abi_encode();
    let (mut failed, mut done) = (0, 0);
    for gas in (100_000..400_000).step_by(500) {
        let before = w.snapshot();
        if w.node.transact_within(RELAYER.address(), w.escrow, call.clone(), gas).success {
            assert_eq!(w.wallet(STRANGER, w.cash), w.cash.whole(10), "with {gas} gas");
            done += 1;
        } else {
            failed += 1;
        }
        w.revert(before);
    }
    assert!(failed > 10 && done > 10, "{failed} limits were too low and {done} high enough");
}

#[test]
fn ordinary_lots_leave_before_stressed_ones() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(100));
    w.stress(w.usde, price(9_000));
    w.post_margin(ALICE, w.usde, w.usde.whole(50));
    for (nonce, out, lots, stressed) in [(1, 80, 70, 50), (2, 30, 40, 40), (3, 40, 0, 0)] {
        let release = w.release_instruction(ALICE, w.usde, w.usde.whole(out), nonce);
        let done = w.prank(ALICE).execute_own(release).ok();
        assert_eq!(done.event::<Released>().stressedLots, usd(stressed));
        assert_eq!((w.balance(ALICE, w.usde).lots, w.balance(ALICE, w.usde).stressedLots), (usd(lots), usd(stressed)));
    }
}
