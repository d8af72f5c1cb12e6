//! Permits (ERC-2612) and authorizations (ERC-3009): wallet to escrow in one transaction, whoever carries the signature.
use abi::escrow::MarginEscrow::*;
use abi::token::Token::permitCall;
use alloy::primitives::{Address, B256, U256, keccak256};
use plumbline_tests::*;

/// A wallet with 500 USDC that has approved nobody.
fn dealt() -> (Fork, U256) {
    let w = World::open();
    let amount = w.usdc.whole(500);
    w.deal(w.usdc, STRANGER, amount);
    (w, amount)
}

fn deposit(w: &World, amount: U256, (v, r, s): (u8, B256, B256)) -> Outcome<depositWithPermitCall> {
    let token = w.usdc.address;
    w.prank(STRANGER).escrow(depositWithPermitCall { token, amount, deadline: U256::MAX, v, r, s })
}

#[test]
fn a_permit_deposits_without_an_approval() {
    let (w, amount) = dealt();
    let token = w.usdc.address;
    w.prank(STRANGER).escrow(depositCall { token, amount }).expect_revert(TokenCallFailed { token });
    deposit(&w, amount, w.permit(STRANGER, amount)).ok();
    assert_eq!(w.inventory(STRANGER, w.usdc), amount);
    w.audit();
}

#[test]
fn a_permit_pledges_without_an_approval() {
    let (w, amount) = dealt();
    w.prank(ALICE).allow_pledges(ALICE, true).ok();
    let ((v, r, s), before) = (w.permit(STRANGER, amount), w.balance(ALICE, w.usdc).lots);
    let (account, token) = (w.account(ALICE), w.usdc.address);
    let call = pledgeWithPermitCall { account, token, amount, deadline: U256::MAX, v, r, s };
    w.prank(STRANGER).escrow(call).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, before + usd(500));
    w.audit();
}

#[test]
fn a_permit_that_somebody_used_first_does_not_matter() {
    let (w, amount) = dealt();
    let (v, r, s) = w.permit(STRANGER, amount);
    let (owner, spender) = (STRANGER.address(), w.escrow);
    let call = permitCall { owner, spender, value: amount, deadline: U256::MAX, v, r, s };
    w.prank(BOB).send(w.usdc.address, call).ok();
    deposit(&w, amount, (v, r, s)).ok();
    assert_eq!(w.inventory(STRANGER, w.usdc), amount);
}

#[test]
fn a_forged_permit_moves_nothing() {
    let (w, amount) = dealt();
    let forged = w.permit(BOB, amount);
    deposit(&w, amount, forged).expect_revert(TokenCallFailed { token: w.usdc.address });
    assert_eq!(w.wallet(STRANGER, w.usdc), amount);
}

#[test]
fn a_permit_for_an_unlisted_token_is_not_used() {
    let (w, _) = dealt();
    let token = Address::from_word(keccak256("a token"));
    let call = depositWithPermitCall {
        token,
        amount: U256::from(1),
        deadline: U256::MAX,
        v: 27,
        r: B256::ZERO,
        s: B256::ZERO,
    };
    w.prank(STRANGER).escrow(call).expect_revert(UnknownAsset { token });
}

/// The stranger's authorization to pledge into Alice's account, for a relayer to carry.
fn authorized(w: &World, amount: U256, salt: B256) -> pledgeWithAuthorizationCall {
    let (from, account) = (STRANGER.address(), w.account(ALICE));
    let (message, (v, r, s)) = w.authorization(STRANGER, amount, chain::sign::pledge_nonce(from, account, salt));
    pledgeWithAuthorizationCall {
        account,
        token: w.usdc.address,
        from,
        amount,
        validAfter: message.validAfter,
        validBefore: message.validBefore,
        salt,
        v,
        r,
        s,
    }
}

#[test]
fn an_authorization_pledges_whoever_carries_it() {
    let (w, amount) = dealt();
    w.prank(ALICE).allow_pledges(ALICE, true).ok();
    let before = w.balance(ALICE, w.usdc).lots;
    let call = authorized(&w, amount, B256::repeat_byte(1));
    let done = w.prank(RELAYER).escrow(call).ok();
    let pledged = done.event::<Pledged>();
    assert_eq!((pledged.from, pledged.source), (STRANGER.address(), abi::escrow::source::WALLET));
    assert_eq!(w.balance(ALICE, w.usdc).lots, before + usd(500));
    assert_eq!((w.wallet(STRANGER, w.usdc), w.inventory(STRANGER, w.usdc)), (U256::ZERO, U256::ZERO));
    w.audit();
}

#[test]
fn an_authorization_to_pledge_is_for_its_account_only() {
    let (w, amount) = dealt();
    for desk in [ALICE, BOB] {
        w.prank(desk).allow_pledges(desk, true).ok();
    }
    let call = authorized(&w, amount, B256::repeat_byte(1));
    let failed = TokenCallFailed { token: w.usdc.address };
    let other = pledgeWithAuthorizationCall { account: w.account(BOB), ..call.clone() };
    w.prank(RELAYER).escrow(other).expect_revert(failed.clone());
    let more = pledgeWithAuthorizationCall { amount: amount + U256::from(1), ..call.clone() };
    w.prank(RELAYER).escrow(more).expect_revert(failed.clone());
    let salted = pledgeWithAuthorizationCall { salt: B256::repeat_byte(2), ..call.clone() };
    w.prank(RELAYER).escrow(salted).expect_revert(failed.clone());
    w.prank(RELAYER).escrow(call.clone()).ok();
    w.deal(w.usdc, STRANGER, amount);
    w.prank(RELAYER).escrow(call).expect_revert(failed);
    assert_eq!(w.wallet(STRANGER, w.usdc), amount);
}

#[test]
fn an_authorization_to_pledge_is_none_to_deposit() {
    let (w, amount) = dealt();
    let pledgeWithAuthorizationCall { token, from, validAfter, validBefore, salt, v, r, s, .. } =
        authorized(&w, amount, B256::repeat_byte(1));
    let call = depositWithAuthorizationCall { token, from, amount, validAfter, validBefore, salt, v, r, s };
    w.prank(RELAYER).escrow(call).expect_revert(TokenCallFailed { token });
}
