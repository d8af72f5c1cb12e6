//! Circle's own USDC: what it bars, pauses and takes as a permit, and what the escrow makes of it.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction};
use alloy::primitives::{Address, U256};
use plumbline_tests::safe::{OWNERS, Safe};
use plumbline_tests::usdc::{pauseCall, unpauseCall};
use plumbline_tests::*;

/// Dave has pledged 1,000 of it and holds 100 more in inventory, Alice 100.
fn listed() -> (Fork, Token) {
    let w = World::open();
    let token = w.list_usdc();
    w.pass(10);
    w.join(DAVE, Agreement { eligibleAssets: 0b111 | token.bit(), ..w.agreement(DAVE) });
    w.post_margin(DAVE, token, token.whole(1_000));
    w.stock(DAVE, token, token.whole(100));
    w.stock(ALICE, token, token.whole(100));
    (w, token)
}

fn failed(token: Token) -> TokenCallFailed {
    TokenCallFailed { token: token.address }
}

#[test]
fn it_comes_in_moves_and_leaves() {
    let (w, token) = listed();
    let to = Address::repeat_byte(0xd1);
    let out = CollateralInstruction { to, ..w.release_instruction(DAVE, token, token.whole(400), 1) };
    w.prank(DAVE).execute_own(out).ok();
    w.prank(DAVE).withdraw(token, token.whole(100)).ok();
    assert_eq!((w.wallet(to, token), w.wallet(DAVE, token)), (token.whole(400), token.whole(100)));
    w.audit();
}

#[test]
fn a_blacklisted_holder_blocks_nobody_and_is_no_dead_end() {
    let (w, token) = listed();
    w.blacklist(token, DAVE, true);
    w.prank(DAVE).withdraw(token, token.whole(10)).expect_revert(failed(token));
    let to = DAVE.address();
    let out = CollateralInstruction { to, ..w.release_instruction(DAVE, token, token.whole(50), 1) };
    w.prank(DAVE).execute_own(out).ok().event::<ReturnedToInventory>();
    w.prank(STRANGER).probe(token).expect_revert(NotFrozen { token: token.address });
    w.deal(token, ALICE, token.whole(1));
    w.prank(ALICE).deposit(token, token.whole(1)).ok();
    let out = w.withdrawal(DAVE, token, token.whole(150), STRANGER);
    w.prank(DAVE).withdraw_to(out, vec![]).ok();
    assert_eq!(w.wallet(STRANGER, token), token.whole(150));
    w.audit();
}

#[test]
fn a_blacklisted_escrow_and_a_pause_stop_it_both_ways() {
    let (w, token) = listed();
    w.deal(token, ALICE, token.whole(10));
    let approve = TestToken::approveCall { spender: w.escrow, amount: token.whole(10) };
    w.prank(ALICE).send(token.address, approve).ok();
    let pause = |w: &World| w.prank(GOVERNOR).send(token.address, pauseCall {}).ok();
    let unpause = |w: &World| w.prank(GOVERNOR).send(token.address, unpauseCall {}).ok();
    for paused in [false, true] {
        if paused {
            drop(pause(&w))
        } else {
            w.blacklist(token, w.escrow, true)
        }
        w.prank(ALICE)
            .escrow(depositCall { token: token.address, amount: token.whole(1) })
            .expect_revert(failed(token));
        w.prank(ALICE).withdraw(token, token.whole(1)).expect_revert(failed(token));
        w.prank(STRANGER).probe(token).ok();
        let pledge = w.pledge_instruction(DAVE, token, token.whole(1), 1 + u64::from(paused));
        w.prank(DAVE).execute_own(pledge).ok();
        if paused {
            drop(unpause(&w))
        } else {
            w.blacklist(token, w.escrow, false)
        }
        w.prank(ALICE).deposit(token, token.whole(1)).ok();
        w.prank(ALICE).withdraw(token, token.whole(1)).ok();
    }
    w.audit();
}

/// It bars its own address.
#[test]
fn nothing_leaves_for_its_own_address() {
    let (w, token) = listed();
    let asked = token.whole(10);
    let mismatch = TransferMismatch { token: token.address, asked, moved: U256::ZERO };
    let out = w.withdrawal(DAVE, token, asked, token.address);
    w.prank(DAVE).withdraw_to(out, vec![]).expect_revert(mismatch);
}

fn permitted(
    w: &World,
    token: Token,
    owner: Address,
    value: U256,
    signature: Vec<u8>,
) -> Outcome<depositWithSignedPermitCall> {
    let call = depositWithSignedPermitCall {
        token: token.address,
        amount: token.whole(10),
        value,
        deadline: U256::MAX,
        signature: signature.into(),
    };
    w.prank(owner).escrow(call)
}

/// A key's permit, of 64 and of 65 bytes; Safes' of one, three and seven owners, as USDC asks the wallet itself.
#[test]
fn it_takes_permits_of_keys_and_of_safes() {
    let (w, token) = listed();
    let dealt = |owner: Address| w.deal(token, owner, token.whole(10));
    for (who, long) in [(Actor("payer-0"), false), (Actor("payer-1"), true)] {
        let digest = w.usdc_permit(token, who.address(), token.whole(25));
        let signature = if long { safe::long(who, digest) } else { who.sign(digest).to_vec() };
        dealt(who.address());
        permitted(&w, token, who.address(), token.whole(25), signature).ok();
    }
    for owners in [1, 3, 7] {
        let wallet: Safe = w.safe(&OWNERS[..owners]);
        let digest = w.usdc_permit(token, wallet.address, U256::MAX);
        dealt(wallet.address);
        let few = wallet.sign_by(&OWNERS[1..owners], digest);
        permitted(&w, token, wallet.address, U256::MAX, few).expect_revert(failed(token));
        permitted(&w, token, wallet.address, U256::MAX, wallet.sign(digest)).ok();
        assert_eq!(w.inventory(wallet.address, token), token.whole(10));
    }
    w.audit();
}
