//! The oracle's program lapsed while all others were kept alive: a call into it is no revert, it takes all gas it got.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::{U256, keccak256};
use alloy::sol_types::SolCall;
use chain::deploy::{ARB_WASM, ArbWasm};
use plumbline_tests::*;

alloy::sol! {
    function codehashKeepalive(bytes32 codehash) external payable;
}

const DAY: u64 = 86_400;

/// Everybody has traded, and 366 days after deployment only the oracle was not kept alive.
fn without_the_oracle() -> Fork {
    let w = World::open();
    w.trade_all(99_000);
    w.warp(300 * DAY);
    for program in w.programs.all().into_iter().chain([w.escrow, w.registry]) {
        let codehash = keccak256(w.node.code(program));
        let fee = U256::from(10u64.pow(17));
        let call = codehashKeepaliveCall { codehash }.abi_encode();
        assert!(w.node.send_value(STRANGER.into(), ARB_WASM, call, fee), "{program} is not kept alive");
    }
    w.warp(66 * DAY);
    w
}

#[test]
fn a_withdrawal_works() {
    let w = without_the_oracle();
    let (amount, before) = (w.usdc.whole(1), w.wallet(ALICE, w.usdc));
    w.prank(ALICE).withdraw(w.usdc, amount).ok();
    assert_eq!(w.wallet(ALICE, w.usdc), before + amount);
    w.audit();
}

#[test]
fn a_mandate_is_revoked_and_margin_comes_in() {
    let w = without_the_oracle();
    w.prank(ALICE).revoke_mandate(ALICE, VENUE).ok();
    w.post_margin(ALICE, w.usdc, w.usdc.whole(5));
    w.audit();
}

#[test]
fn what_asks_the_oracle_loses_its_gas_and_changes_nothing() {
    let w = without_the_oracle();
    let before = w.valuation(w.usdc);
    let sync = w.sync();
    assert!(sync.reverted());
    // A 64th was held back at each of the two calls.
    assert!(sync.gas() > 31_000_000, "{}", sync.gas());
    assert_eq!(w.valuation(w.usdc), before);
}

#[test]
fn nothing_that_wants_a_price_of_today_leaves_an_account() {
    let w = without_the_oracle();
    let set = w.draft_mark(&[(ALICE, usd(99_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    w.prank(ALICE).execute_own(release).expect_revert_of::<StaleValuation>();
}

#[test]
fn anybody_activates_the_oracle_again_and_all_goes_on() {
    let w = without_the_oracle();
    let call = ArbWasm::activateProgramCall { program: w.oracle }.abi_encode();
    assert!(w.node.send_value(STRANGER.into(), ARB_WASM, call, U256::from(10u64.pow(17))));
    w.post(&[]);
    let set = w.draft_mark(&[(ALICE, usd(99_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    w.prank(ALICE).execute_own(release).ok();
}
