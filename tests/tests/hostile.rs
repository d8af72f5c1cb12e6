//! Tokens that lie, keep fees or call back: the escrow's books never follow them.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::{Address, U256};
use alloy::sol_types::{SolCall, SolError};
use plumbline_tests::deploy::terms;
use plumbline_tests::hostile::{RETURNED, SUCCEEDED, Trick};
use plumbline_tests::*;

/// The world with one more token, listed and eligible for Dave, that behaves until it gets its trick.
fn listed() -> (Fork, Token) {
    let w = World::new();
    let token = w.list("EVIL", 6, abi::registry::AssetTerms { feed: feed("EVIL-USD"), ..terms(0, 1_000_000) });
    w.pass(10);
    let agreement = w.agreement(DAVE);
    w.open_account(DAVE, abi::escrow::Agreement { eligibleAssets: 0b111 | token.bit(), ..agreement });
    w.turn(token, &Trick::AnswersNothing);
    (w, token)
}

fn deposit(w: &World, token: Token, amount: u64) -> Outcome<depositCall> {
    w.prank(DAVE).escrow(depositCall { token: token.address, amount: U256::from(amount) })
}

#[test]
fn a_token_that_answers_nothing_is_taken_at_its_balance() {
    let (w, token) = listed();
    deposit(&w, token, 100).ok();
    assert_eq!(w.inventory(DAVE, token), U256::from(100));
    w.prank(DAVE).withdraw(token, U256::from(100)).ok();
}

#[test]
fn a_fee_on_transfer_is_refused() {
    let (w, token) = listed();
    deposit(&w, token, 100).ok();
    w.turn(token, &Trick::KeepsFee(1));
    let mismatch = TransferMismatch { token: token.address, asked: U256::from(50), moved: U256::from(49) };
    deposit(&w, token, 50).expect_revert(mismatch.clone());
    w.prank(DAVE).withdraw(token, U256::from(50)).expect_revert(mismatch.clone());
    let call = pledgeCall { account: w.account(DAVE), token: token.address, amount: U256::from(50) };
    w.prank(DAVE).escrow(call).expect_revert(mismatch);
    assert_eq!(w.inventory(DAVE, token), U256::from(100));
}

#[test]
fn a_token_that_moves_nothing_is_refused() {
    let (w, token) = listed();
    w.turn(token, &Trick::MovesNothing);
    let mismatch = TransferMismatch { token: token.address, asked: U256::from(50), moved: U256::ZERO };
    deposit(&w, token, 50).expect_revert(mismatch);
    assert_eq!(w.inventory(DAVE, token), U256::ZERO);
}

#[test]
fn a_token_that_answers_false_is_refused() {
    let (w, token) = listed();
    deposit(&w, token, 100).ok();
    w.turn(token, &Trick::AnswersFalse);
    let failed = TokenCallFailed { token: token.address };
    deposit(&w, token, 50).expect_revert(failed.clone());
    w.prank(DAVE).withdraw(token, U256::from(50)).expect_revert(failed);
}

#[test]
fn a_token_without_code_is_refused() {
    let (w, token) = listed();
    w.node.set_code(token.address, &[]);
    deposit(&w, token, 50).expect_revert(TokenCallFailed { token: token.address });
}

/// No function may be entered while another runs: neither what writes nor what reads.
#[test]
fn a_token_cannot_call_back() {
    let (w, token) = listed();
    deposit(&w, token, 100).ok();
    let (amount, account) = (U256::from(1), w.account(DAVE));
    let calls = [
        withdrawCall { token: token.address, amount }.abi_encode(),
        depositCall { token: token.address, amount }.abi_encode(),
        pledgeCall { account, token: token.address, amount }.abi_encode(),
        payHouseClaimCall { account }.abi_encode(),
        settleCall {}.abi_encode(),
        reconcileCall { token: token.address }.abi_encode(),
        inventoryCall { holder: Address::ZERO, token: token.address }.abi_encode(),
    ];
    for call in calls {
        w.turn(token, &Trick::CallsBack(call.clone()));
        deposit(&w, token, 10).ok();
        let (succeeded, returned) = (w.node.storage(token.address, SUCCEEDED), w.node.storage(token.address, RETURNED));
        assert_eq!(succeeded, U256::ZERO, "entered by {:?}", &call[..4]);
        assert_eq!(returned.to_be_bytes::<32>()[..4], Reentrant::SELECTOR, "refused otherwise by {:?}", &call[..4]);
    }
    assert_eq!(w.inventory(DAVE, token), U256::from(170));
    let held: U256 = w.view(token.address, TestToken::balanceOfCall { owner: w.escrow });
    assert_eq!(held, U256::from(170));
}

/// Dave's release of 100 to a wallet, by a token with this trick.
fn release(trick: &Trick) -> (Fork, Token, Outcome<executeCall>) {
    let (w, token) = listed();
    w.prank(DAVE).escrow(pledgeCall { account: w.account(DAVE), token: token.address, amount: U256::from(100) }).ok();
    w.turn(token, trick);
    let to = Address::repeat_byte(0xd1);
    let release = abi::escrow::CollateralInstruction { to, ..w.release_instruction(DAVE, token, U256::from(100), 1) };
    let outcome = w.prank(DAVE).execute_own(release);
    (w, token, outcome)
}

#[test]
fn a_release_that_the_token_refuses_goes_to_inventory() {
    for trick in [Trick::Reverts, Trick::Refuses] {
        let (w, token, outcome) = release(&trick);
        let (account, amount, to) = (w.account(DAVE), U256::from(100), Address::repeat_byte(0xd1));
        let done = outcome.expect_emit(ReturnedToInventory { account, token: token.address, to, amount }).ok();
        assert_eq!(done.event::<Released>().to, to, "{trick:?}");
        assert_eq!((w.inventory(DAVE, token), w.balance(DAVE, token).lots), (amount, 0), "{trick:?}");
        assert_eq!(w.wallet(w.escrow, token), amount, "{trick:?}");
        w.turn(token, &Trick::AnswersNothing);
        w.prank(DAVE).withdraw(token, amount).ok();
    }
}

/// Where a transfer costs much, what its call keeps back would pay for a return to inventory.
#[test]
fn no_gas_limit_diverts_a_release_of_a_costly_token() {
    for burnt in [500_000u32, 1_500_000] {
        let (w, token) = listed();
        deposit(&w, token, 5).ok();
        let (account, to) = (w.account(DAVE), Address::repeat_byte(0xd1));
        w.prank(DAVE).escrow(pledgeCall { account, token: token.address, amount: U256::from(100) }).ok();
        w.turn(token, &Trick::Burns(burnt / 26));
        let instruction =
            abi::escrow::CollateralInstruction { to, ..w.release_instruction(DAVE, token, U256::from(100), 1) };
        let call = executeCall { instruction, signature: vec![].into() }.abi_encode();
        let (mut starved, mut done) = (0, 0);
        let least = u64::from(burnt);
        for gas in (least..least + 250_000).step_by(2_000) {
            let before = w.snapshot();
            let success = w.node.transact_within(DAVE.address(), w.escrow, call.clone(), gas).success;
            assert_eq!(w.inventory(DAVE, token), U256::from(5), "diverted with {gas} gas");
            assert_eq!(w.balance(DAVE, token).lots, if success { 0 } else { 100 });
            *if success { &mut done } else { &mut starved } += 1;
            w.revert(before);
        }
        assert!(starved > 10 && done > 10, "{starved} limits were too low and {done} high enough");
    }
}

#[test]
fn a_release_that_moves_another_amount_reverts() {
    let (_fork, token, outcome) = release(&Trick::KeepsFee(1));
    let token = token.address;
    outcome.expect_revert(TransferMismatch { token, asked: U256::from(100), moved: U256::from(99) });
    let (_fork, token, outcome) = release(&Trick::MovesNothing);
    let token = token.address;
    outcome.expect_revert(TransferMismatch { token, asked: U256::from(100), moved: U256::ZERO });
}

#[test]
fn a_release_that_moves_and_answers_false_reverts() {
    let (_fork, token, outcome) = release(&Trick::AnswersFalse);
    outcome.expect_revert(TokenCallFailed { token: token.address });
}

/// A release to the escrow itself would leave tokens that nobody owns.
#[test]
fn a_release_to_the_escrow_is_refused() {
    let w = World::open();
    let release =
        abi::escrow::CollateralInstruction { to: w.escrow, ..w.release_instruction(ALICE, w.usdc, w.usdc.whole(5), 1) };
    let expected = TransferMismatch { token: w.usdc.address, asked: w.usdc.whole(5), moved: U256::ZERO };
    w.prank(ALICE).execute_own(release).expect_revert(expected);
}

/// Claims go on at the last valid slot: a desk cannot dodge its claim by holding a token that has no price.
#[test]
fn a_token_without_a_price_does_not_block_a_mark() {
    let w = World::new();
    let token = w.list("DARK", 6, abi::registry::AssetTerms { feed: feed("DARK-USD"), ..terms(0, 1_000_000) });
    let agreement = w.agreement(DAVE);
    w.open_account(DAVE, abi::escrow::Agreement { eligibleAssets: 0b111 | token.bit(), ..agreement });
    w.use_house_of(DAVE);
    w.post_margin(DAVE, w.usdc, w.usdc.whole(1_000));
    w.post_margin(DAVE, token, U256::from(1));
    let set = w.draft_mark(&[(DAVE, usd(5_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    // The token without a price counts for its most, a micro-USD a lot.
    assert_eq!(w.claim(DAVE).first.amount, usd(4_010) - 1);
}
