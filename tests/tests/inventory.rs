//! Inventory: collateral in escrow that binds nothing, moved by its holder alone.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::{Address, B256, U256};
use chain::token::ReceiveWithAuthorization;
use plumbline_tests::*;

#[test]
fn deposit_by_allowance_credits_the_caller() {
    let w = World::new();
    for token in w.tokens() {
        w.deal(token, ALICE, token.whole(12));
        let expected = Deposited { holder: ALICE.address(), token: token.address, amount: token.whole(12) };
        w.prank(ALICE).deposit(token, token.whole(12)).expect_emit(expected).ok();
        assert_eq!(w.inventory(ALICE, token), token.whole(12));
        assert_eq!(w.wallet(w.escrow, token), token.whole(12));
        assert_eq!(w.wallet(ALICE, token), U256::ZERO);
    }
}

#[test]
fn deposits_add_up() {
    let w = World::new();
    w.stock(ALICE, w.usde, w.usde.whole(1));
    w.stock(ALICE, w.usde, w.usde.units(1));
    assert_eq!(w.inventory(ALICE, w.usde), w.usde.units(1_000_001));
}

#[test]
fn deposit_without_an_allowance_reverts() {
    let w = World::new();
    w.deal(w.usdc, ALICE, w.usdc.whole(12));
    let call = depositCall { token: w.usdc.address, amount: w.usdc.whole(12) };
    w.prank(ALICE).escrow(call).expect_revert(TokenCallFailed { token: w.usdc.address });
}

#[test]
fn deposit_of_more_than_the_wallet_holds_reverts() {
    let w = World::new();
    w.prank(ALICE).deposit(w.usdc, U256::from(1)).expect_revert(TokenCallFailed { token: w.usdc.address });
}

#[test]
fn deposit_of_dust_reverts() {
    let w = World::new();
    let amount = U256::from(999_999_999_999u64);
    w.deal(w.usde, ALICE, amount);
    w.prank(ALICE).deposit(w.usde, amount).expect_revert(NotWholeLots { token: w.usde.address, amount });
}

#[test]
fn deposit_of_an_unlisted_token_reverts() {
    let w = World::new();
    let token = Address::repeat_byte(0x77);
    let call = depositCall { token, amount: U256::from(1) };
    w.prank(ALICE).escrow(call).expect_revert(UnknownAsset { token });
}

#[test]
fn deposit_that_overflows_the_ledger_reverts() {
    let w = World::new();
    let amount = w.usdc.units(u64::MAX) + U256::from(1);
    w.deal(w.usdc, ALICE, amount);
    assert!(w.prank(ALICE).deposit(w.usdc, amount).reverted());
    w.stock(ALICE, w.usdc, w.usdc.units(u64::MAX - 5));
    w.deal(w.usdc, ALICE, U256::from(6));
    assert!(w.prank(ALICE).deposit(w.usdc, U256::from(6)).reverted(), "the sum does not fit 64 bits");
    assert_eq!(w.inventory(ALICE, w.usdc), w.usdc.units(u64::MAX - 5));
}

#[test]
fn withdraw_returns_what_was_deposited() {
    let w = World::new();
    for token in w.tokens() {
        w.stock(ALICE, token, token.whole(12));
        let (holder, amount) = (ALICE.address(), token.whole(5));
        let expected = Withdrawn { holder, token: token.address, to: holder, amount };
        w.prank(ALICE).withdraw(token, token.whole(5)).expect_emit(expected).ok();
        assert_eq!((w.inventory(ALICE, token), w.wallet(ALICE, token)), (token.whole(7), token.whole(5)));
        w.prank(ALICE).withdraw(token, token.whole(7)).ok();
        assert_eq!((w.inventory(ALICE, token), w.wallet(w.escrow, token)), (U256::ZERO, U256::ZERO));
    }
}

#[test]
fn withdraw_of_more_than_held_reverts() {
    let w = World::new();
    w.stock(ALICE, w.usdc, w.usdc.whole(5));
    w.stock(BOB, w.usdc, w.usdc.whole(5));
    let (asked, held) = (w.usdc.whole(6), w.usdc.whole(5));
    let expected = InventoryShort { holder: ALICE.address(), token: w.usdc.address, asked, held };
    w.prank(ALICE).withdraw(w.usdc, asked).expect_revert(expected);
}

#[test]
fn a_stranger_has_nothing_to_withdraw() {
    let w = World::open();
    let asked = U256::from(1);
    let expected = InventoryShort { holder: STRANGER.address(), token: w.usdc.address, asked, held: U256::ZERO };
    w.prank(STRANGER).withdraw(w.usdc, asked).expect_revert(expected);
}

#[test]
fn permissioned_cash_comes_from_allowed_holders_only() {
    let w = World::new();
    w.deal(w.cash, ALICE, w.cash.whole(5));
    w.admit(w.cash, ALICE, false);
    w.prank(ALICE).deposit(w.cash, w.cash.whole(5)).expect_revert(TokenCallFailed { token: w.cash.address });
    w.admit(w.cash, ALICE, true);
    w.prank(ALICE).deposit(w.cash, w.cash.whole(5)).ok();
}

#[test]
fn permissioned_cash_goes_to_an_allowed_escrow_only() {
    let w = World::new();
    w.deal(w.cash, ALICE, w.cash.whole(5));
    w.admit(w.cash, w.escrow, false);
    w.prank(ALICE).deposit(w.cash, w.cash.whole(5)).expect_revert(TokenCallFailed { token: w.cash.address });
}

#[test]
fn permissioned_cash_returns_to_allowed_holders_only() {
    let w = World::new();
    w.stock(ALICE, w.cash, w.cash.whole(5));
    w.admit(w.cash, ALICE, false);
    w.prank(ALICE).withdraw(w.cash, w.cash.whole(5)).expect_revert(TokenCallFailed { token: w.cash.address });
    assert_eq!(w.inventory(ALICE, w.cash), w.cash.whole(5));
}

/// An ERC-3009 authorization of Alice's, carried by a relayer.
fn authorized(w: &World, token: Token, amount: U256, salt: B256) -> depositWithAuthorizationCall {
    let (from, valid_after, valid_before) = (ALICE.address(), U256::ZERO, U256::from(w.now() + 600));
    let message = ReceiveWithAuthorization {
        from,
        to: w.escrow,
        value: amount,
        validAfter: valid_after,
        validBefore: valid_before,
        nonce: chain::sign::deposit_nonce(from, salt),
    };
    let name = if token == w.usdc { "USDC" } else { "USDe" };
    let digest = chain::sign::authorization(name.into(), "1".into(), w.node.chain_id(), token.address, &message);
    let signature = chain::sign::signature(&ALICE.key(), digest).unwrap();
    depositWithAuthorizationCall {
        token: token.address,
        from,
        amount,
        validAfter: valid_after,
        validBefore: valid_before,
        salt,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    }
}

#[test]
fn deposit_by_authorization_credits_the_signer() {
    let w = World::new();
    for token in [w.usdc, w.usde] {
        w.deal(token, ALICE, token.whole(12));
        let call = authorized(&w, token, token.whole(12), B256::repeat_byte(1));
        let expected = Deposited { holder: ALICE.address(), token: token.address, amount: token.whole(12) };
        w.prank(RELAYER).escrow(call).expect_emit(expected).ok();
        assert_eq!((w.inventory(ALICE, token), w.inventory(RELAYER, token)), (token.whole(12), U256::ZERO));
    }
}

#[test]
fn an_authorization_works_once() {
    let w = World::new();
    w.deal(w.usdc, ALICE, w.usdc.whole(12));
    let call = authorized(&w, w.usdc, w.usdc.whole(6), B256::repeat_byte(1));
    w.prank(RELAYER).escrow(call.clone()).ok();
    w.prank(RELAYER).escrow(call).expect_revert(TokenCallFailed { token: w.usdc.address });
    assert_eq!(w.inventory(ALICE, w.usdc), w.usdc.whole(6));
}

#[test]
fn an_authorization_is_for_its_amount_holder_and_salt() {
    let w = World::new();
    w.deal(w.usdc, ALICE, w.usdc.whole(12));
    w.deal(w.usdc, BOB, w.usdc.whole(12));
    let call = authorized(&w, w.usdc, w.usdc.whole(6), B256::repeat_byte(1));
    let failed = TokenCallFailed { token: w.usdc.address };
    let more = depositWithAuthorizationCall { amount: w.usdc.whole(7), ..call.clone() };
    w.prank(RELAYER).escrow(more).expect_revert(failed.clone());
    let other = depositWithAuthorizationCall { from: BOB.address(), ..call.clone() };
    w.prank(RELAYER).escrow(other).expect_revert(failed.clone());
    let salted = depositWithAuthorizationCall { salt: B256::repeat_byte(2), ..call };
    w.prank(RELAYER).escrow(salted).expect_revert(failed);
}

#[test]
fn an_authorization_of_dust_reverts() {
    let w = World::new();
    let amount = U256::from(1);
    w.deal(w.usde, ALICE, amount);
    let call = authorized(&w, w.usde, amount, B256::repeat_byte(1));
    w.prank(RELAYER).escrow(call).expect_revert(NotWholeLots { token: w.usde.address, amount });
}

/// The permissioned token knows no authorizations.
#[test]
fn cash_has_no_authorizations() {
    let w = World::new();
    w.deal(w.cash, ALICE, w.cash.whole(1));
    let call = authorized(&w, w.cash, w.cash.whole(1), B256::repeat_byte(1));
    w.prank(RELAYER).escrow(call).expect_revert(TokenCallFailed { token: w.cash.address });
}

#[test]
fn inventory_of_one_holder_is_not_the_margin_of_another() {
    let w = World::open();
    let before = w.inventory(BOB, w.usde);
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(10), 5);
    w.prank(ALICE).execute_own(instruction).ok();
    assert_eq!(w.inventory(BOB, w.usde), before);
}

/// Nobody can make the books look wrong by sending the escrow something.
#[test]
fn a_gift_is_nobodys_and_breaks_no_invariant() {
    let w = World::open();
    let held = w.inventory(ALICE, w.usde);
    w.deal(w.usde, w.escrow, w.usde.units(7));
    w.audit();
    w.stock(ALICE, w.usde, w.usde.whole(3));
    w.deal(w.usde, ALICE, w.usde.units(5));
    let (to, amount) = (w.escrow, w.usde.units(5));
    w.prank(ALICE).send(w.usde.address, TestToken::transferCall { to, amount }).ok();
    let audit = w.audit();
    assert_eq!(audit.ledger.gifts, [(w.usde.address, w.usde.units(12))].into());
    assert_eq!(w.inventory(ALICE, w.usde), held + w.usde.whole(3), "nobody gets it");
}
