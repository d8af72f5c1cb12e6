//! Permits (ERC-2612) and authorizations (ERC-3009): wallet to escrow in one transaction, whoever carries the signature.
use abi::escrow::MarginEscrow::*;
use abi::token::Token::permitCall;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol;
use alloy::sol_types::SolValue;
use plumbline_tests::*;

sol! {
    interface DaiLike {
        function permit(address holder, address spender, uint256 nonce, uint256 expiry, bool allowed, uint8 v, bytes32 r, bytes32 s) external;
        function PERMIT_TYPEHASH() external view returns (bytes32);
        function DOMAIN_SEPARATOR() external view returns (bytes32);
    }
}

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

/// A wallet's usual permit has no bound.
#[test]
fn a_permit_without_a_bound_is_good_for_any_amount() {
    let (w, amount) = dealt();
    deposit(&w, amount / U256::from(2), w.permit(STRANGER, U256::MAX)).ok();
    w.prank(STRANGER).escrow(depositCall { token: w.usdc.address, amount: amount / U256::from(2) }).ok();
    assert_eq!(w.inventory(STRANGER, w.usdc), amount);
}

fn signed(w: &World, amount: U256, value: U256, signature: Vec<u8>) -> Outcome<depositWithSignedPermitCall> {
    let (token, signature) = (w.usdc.address, signature.into());
    w.prank(STRANGER).escrow(depositWithSignedPermitCall { token, amount, value, deadline: U256::MAX, signature })
}

fn long((v, r, s): (u8, B256, B256)) -> Vec<u8> {
    (r, s).abi_encode().into_iter().chain([v]).collect()
}

#[test]
fn a_permit_for_more_than_the_amount_is_used_with_its_value() {
    let (w, amount) = dealt();
    let part = amount / U256::from(5);
    for (nonce, value) in [part, part + U256::from(1), amount].into_iter().enumerate() {
        let word = long(w.permit_by(STRANGER, value, U256::from(nonce)));
        signed(&w, part, value, word).ok();
    }
    assert_eq!(w.inventory(STRANGER, w.usdc), part * U256::from(3));
    // The allowance that is left is the permit's own.
    let left = amount - part;
    assert_eq!(w.view(w.usdc.address, TestToken::allowanceCall { owner: STRANGER.address(), spender: w.escrow }), left);
    // In 64 bytes (EIP-2098) as well.
    let digest = w.permit_digest(STRANGER.address(), part, U256::from(3));
    signed(&w, part, part, STRANGER.sign(digest).to_vec()).ok();
    w.audit();
}

#[test]
fn a_permit_for_more_pledges_too() {
    let (w, amount) = dealt();
    w.prank(ALICE).allow_pledges(ALICE, true).ok();
    let (before, part) = (w.balance(ALICE, w.usdc).lots, amount / U256::from(2));
    let (account, token, signature) = (w.account(ALICE), w.usdc.address, long(w.permit(STRANGER, amount)).into());
    let call =
        pledgeWithSignedPermitCall { account, token, amount: part, value: amount, deadline: U256::MAX, signature };
    w.prank(STRANGER).escrow(call).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, before + usd(250));
    w.audit();
}

#[test]
fn a_permit_for_less_or_by_another_moves_nothing() {
    let (w, amount) = dealt();
    let failed = TokenCallFailed { token: w.usdc.address };
    let less = amount - U256::from(1);
    signed(&w, amount, less, long(w.permit(STRANGER, less))).expect_revert(failed.clone());
    signed(&w, amount, amount, long(w.permit(BOB, amount))).expect_revert(failed.clone());
    signed(&w, amount, amount, long(w.permit(STRANGER, less))).expect_revert(failed.clone());
    for length in [0, 1, 64, 65, 130, 8_193] {
        signed(&w, amount, amount, vec![7; length]).expect_revert(failed.clone());
    }
    assert_eq!(w.wallet(STRANGER, w.usdc), amount);
}

#[test]
fn a_permit_with_a_value_that_somebody_used_first_does_not_matter() {
    let (w, amount) = dealt();
    let (v, r, s) = w.permit(STRANGER, U256::MAX);
    let (owner, spender) = (STRANGER.address(), w.escrow);
    let call = permitCall { owner, spender, value: U256::MAX, deadline: U256::MAX, v, r, s };
    w.prank(BOB).send(w.usdc.address, call).ok();
    signed(&w, amount, U256::MAX, long((v, r, s))).ok();
    assert_eq!(w.inventory(STRANGER, w.usdc), amount);
}

/// DAI's permit has another shape: it is none here, and the allowance decides, which that very permit gives.
#[test]
fn a_permit_of_dais_shape_is_no_permit() {
    let w = World::open();
    let address = w.node.deploy(GOVERNOR.address(), artifacts::token("DaiLikeToken"));
    let dai = w.list_deployed(
        address,
        18,
        abi::registry::AssetTerms { feed: feed("DAI-USD"), ..deploy::terms(0, 1_000_000) },
    );
    w.pass(10);
    let (amount, holder, spender) = (dai.whole(10), STRANGER.address(), w.escrow);
    w.deal(dai, STRANGER, amount);
    let (kind, domain) =
        (w.view(address, DaiLike::PERMIT_TYPEHASHCall {}), w.view(address, DaiLike::DOMAIN_SEPARATORCall {}));
    let message = keccak256((kind, holder, spender, U256::ZERO, U256::ZERO, true).abi_encode());
    let digest = keccak256([&[0x19, 0x01], domain.as_slice(), message.as_slice()].concat());
    let word = safe::long(STRANGER, digest);
    let (r, s, v) = (B256::from_slice(&word[..32]), B256::from_slice(&word[32..64]), word[64]);
    let refused = TokenCallFailed { token: address };
    let plain = depositWithPermitCall { token: address, amount, deadline: U256::ZERO, v, r, s };
    w.prank(STRANGER).escrow(plain.clone()).expect_revert(refused.clone());
    let call = depositWithSignedPermitCall {
        token: address,
        amount,
        value: U256::MAX,
        deadline: U256::ZERO,
        signature: word.into(),
    };
    w.prank(STRANGER).escrow(call).expect_revert(refused);
    let given = DaiLike::permitCall { holder, spender, nonce: U256::ZERO, expiry: U256::ZERO, allowed: true, v, r, s };
    w.prank(BOB).send(address, given).ok();
    w.prank(STRANGER).escrow(plain).ok();
    assert_eq!(w.inventory(STRANGER, dai), amount);
}
