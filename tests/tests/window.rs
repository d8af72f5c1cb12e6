//! The challenge window: variation credited is margin at once and leaves later. Worlds begin on a full hour.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CHALLENGE_SECONDS, CollateralInstruction, action};
use alloy::primitives::{B256, U256};
use plumbline_tests::*;

const USD: i64 = 1_000_000;

/// Bob has 200,000 USDC; a mark brings him 5,000 more in the first minute of an hour.
fn credited() -> Fork {
    let w = World::open();
    credit(&w, 5_000 * USD);
    w
}

fn credit(w: &World, variation: i64) {
    state(w, 0, variation);
}

fn state(w: &World, requirement: u64, variation: i64) {
    let set = w.draft_mark(&[(BOB, requirement)]).variation(BOB, variation).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

/// What may leave, and not a lot more.
fn assert_free(w: &World, lots: u64) {
    let release = |lots: u64| w.release_instruction(BOB, w.usdc, w.usdc.units(lots), 50);
    let (account, token) = (w.account(BOB), w.usdc.address);
    let (asked, free) = (w.usdc.units(lots + 1), w.usdc.units(lots));
    w.prank(BOB).execute_own(release(lots + 1)).expect_revert(InChallengeWindow { account, token, asked, free });
    let before = w.snapshot();
    w.prank(BOB).execute_own(release(lots)).ok();
    w.audit();
    w.revert(before);
}

#[test]
fn variation_is_margin_at_once_and_leaves_later() {
    let w = credited();
    assert_free(&w, usd(200_000));
    let balance = w.balance(BOB, w.usdc);
    assert_eq!((balance.lots, balance.heldBackLots), (usd(205_000), usd(5_000)));
    assert_eq!(balance.heldBackUntil, w.now() + 2 * CHALLENGE_SECONDS);
    state(&w, usd(202_950), 0);
    assert_eq!((w.state(BOB).posted, w.claim(BOB).open), (usd(202_950), false), "at a haircut of 1 %");
}

#[test]
fn it_leaves_once_the_window_has_passed() {
    let w = credited();
    w.pass(2 * CHALLENGE_SECONDS - 1);
    assert_free(&w, usd(200_000));
    w.pass(1);
    assert_eq!((w.balance(BOB, w.usdc).heldBackLots, w.balance(BOB, w.usdc).heldBackUntil), (0, 0));
    let all = w.release_instruction(BOB, w.usdc, w.usdc.whole(205_000), 51);
    w.prank(BOB).execute_own(all).ok();
    assert_eq!(w.balance(BOB, w.usdc).lots, 0);
    w.audit();
}

/// However late in an hour it comes.
#[test]
fn the_window_is_never_shorter_than_it_says() {
    let w = World::open();
    w.pass(CHALLENGE_SECONDS - 1);
    credit(&w, 5_000 * USD);
    w.pass(CHALLENGE_SECONDS);
    assert_free(&w, usd(200_000));
    w.pass(1);
    let all = w.release_instruction(BOB, w.usdc, w.usdc.whole(205_000), 51);
    w.prank(BOB).execute_own(all).ok();
}

#[test]
fn each_hours_credits_end_with_their_own_window() {
    let w = credited();
    w.pass(CHALLENGE_SECONDS);
    credit(&w, 3_000 * USD);
    assert_free(&w, usd(200_000));
    w.pass(CHALLENGE_SECONDS);
    assert_free(&w, usd(205_000));
    assert_eq!(w.balance(BOB, w.usdc).heldBackUntil, w.now() + CHALLENGE_SECONDS);
}

/// A mark credits 50,000 that nobody owes Bob. He takes what he can; the next statement takes it back whole.
#[test]
fn a_wrong_credit_is_put_right_before_it_leaves() {
    let w = World::open();
    w.deal(w.usdc, HOUSE, w.usdc.whole(50_000));
    w.prank(HOUSE).fund_house(w.usdc.whole(50_000)).ok();
    credit(&w, 50_000 * USD);
    let most = w.release_instruction(BOB, w.usdc, w.usdc.whole(200_000), 51);
    w.prank(BOB).execute_own(most).ok();
    w.pass(CHALLENGE_SECONDS);
    let rest = w.release_instruction(BOB, w.usdc, w.usdc.whole(1), 52);
    w.prank(BOB).execute_own(rest).expect_revert_of::<InChallengeWindow>();
    credit(&w, -50_000 * USD);
    assert_eq!((w.state(BOB).owed, w.balance(BOB, w.usdc).lots, w.claim(BOB).open), (0, 0, false));
    w.audit();
}

/// It is not known which credit was wrong: a debit takes from the rest first, and then there is less to hold back.
#[test]
fn a_debit_shortens_no_window() {
    let w = credited();
    credit(&w, -2_000 * USD);
    assert_free(&w, usd(198_000));
    credit(&w, -201_000 * USD);
    assert_eq!((w.balance(BOB, w.usdc).lots, w.balance(BOB, w.usdc).heldBackLots), (usd(2_000), usd(2_000)));
    assert_free(&w, 0);
}

#[test]
fn what_a_bundle_credits_is_held_back() {
    let w = World::open();
    let draft = w.draft(&[(ALICE, 0), (BOB, 0)]).fill(ALICE, BOB);
    let bundle = draft.fill_variation(ALICE, -2_500 * USD).fill_variation(BOB, 2_500 * USD).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_free(&w, usd(200_000));
    assert_eq!(w.balance(ALICE, w.usdc).heldBackLots, 0);
}

#[test]
fn what_the_house_pays_late_is_held_back_from_then_on() {
    let w = World::open();
    w.drain_house();
    credit(&w, 30_000 * USD);
    assert_eq!(w.balance(BOB, w.usdc).heldBackLots, 0, "nothing was paid yet");
    w.pass(CHALLENGE_SECONDS / 2);
    w.deal(w.usdc, HOUSE, w.usdc.whole(30_000));
    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    w.prank(STRANGER).pay_house_claim(BOB).ok();
    assert_free(&w, usd(200_000));
    w.pass(CHALLENGE_SECONDS);
    assert_free(&w, usd(200_000));
}

/// What a credit sets off was owed and never came in.
#[test]
fn what_is_set_off_is_not_held_back() {
    let w = World::open();
    w.make_owing(BOB, usd(1_000));
    credit(&w, 1_500 * USD);
    assert_eq!((w.balance(BOB, w.usdc).lots, w.balance(BOB, w.usdc).heldBackLots), (usd(500), usd(500)));
    w.audit();
}

#[test]
fn single_lots_are_held_back_as_whole_tokens() {
    let w = World::open();
    credit(&w, 1);
    credit(&w, 1);
    assert_eq!(w.balance(BOB, w.usdc).heldBackLots, usd(2));
    w.audit();
}

/// More in one hour than the ledger counts.
#[test]
fn a_credit_beyond_counting_holds_back_everything() {
    let w = World::open();
    w.deal(w.usdc, HOUSE, w.usdc.whole(20_000_000));
    w.prank(HOUSE).fund_house(w.usdc.whole(20_000_000)).ok();
    credit(&w, ((1 << 24) - 2) * USD);
    assert_free(&w, usd(200_000));
    credit(&w, USD);
    assert_free(&w, 0);
    w.pass(2 * CHALLENGE_SECONDS);
    assert_eq!(w.balance(BOB, w.usdc).heldBackLots, 0);
    w.audit();
}

#[test]
fn other_tokens_leave_as_ever() {
    let w = World::open();
    w.post_margin(BOB, w.usde, w.usde.whole(100));
    credit(&w, 5_000 * USD);
    let release = w.release_instruction(BOB, w.usde, w.usde.whole(100), 51);
    w.prank(BOB).execute_own(release).ok();
    assert_eq!(w.balance(BOB, w.usde).heldBackLots, 0);
}

#[test]
fn a_substitution_leaves_it_there() {
    let w = credited();
    w.stock(BOB, w.usde, w.usde.whole(400_000));
    let swap =
        |lots: u64, nonce| w.substitution(BOB, (w.usde, w.usde.whole(300_000)), (w.usdc, w.usdc.units(lots)), nonce);
    let found = w.prank(BOB).execute_own(swap(usd(200_000) + 1, 60)).expect_revert_of::<InChallengeWindow>();
    assert_eq!((found.account, found.free), (w.account(BOB), w.usdc.whole(200_000)));
    w.prank(BOB).execute_own(swap(usd(200_000), 61)).ok();
    assert_eq!(w.balance(BOB, w.usdc).lots, usd(5_000));
    w.audit();
}

#[test]
fn a_transfer_leaves_it_there() {
    let w = credited();
    let first = w.account(BOB);
    let second = w.join(BOB, Agreement { documentHash: B256::repeat_byte(2), ..w.agreement(BOB) });
    let moved = |amount: U256, nonce| {
        let plain = w.release_instruction(BOB, w.usdc, amount, nonce);
        CollateralInstruction { account: first, action: action::TRANSFER, toAccount: second, ..plain }
    };
    let found = w.prank(BOB).execute_own(moved(w.usdc.whole(200_001), 60)).expect_revert_of::<InChallengeWindow>();
    assert_eq!((found.account, found.free), (first, w.usdc.whole(200_000)));
    w.prank(BOB).execute_own(moved(w.usdc.whole(200_000), 61)).ok();
    assert_eq!(w.balance(BOB, w.usdc).heldBackLots, 0, "what came in by a transfer has no window");
    w.audit();
}

/// A top-up limit lies in the same word, and so does a recall of another token.
#[test]
fn limits_and_recalls_stay_as_they_are() {
    let w = World::open();
    let limits = (w.top_up_left(BOB, VENUE, w.usdc), w.top_up_left(BOB, VENUE, w.usde));
    let (account, at) = (w.account(BOB), w.now() + DAY);
    w.prank(HOUSE).escrow(recallCall { account, token: w.usde.address, at }).ok();
    credit(&w, 5_000 * USD);
    assert_eq!((w.top_up_left(BOB, VENUE, w.usdc), w.top_up_left(BOB, VENUE, w.usde)), limits);
    assert_eq!((w.balance(BOB, w.usdc).recallAt, w.balance(BOB, w.usde).recallAt), (0, at));
    assert_eq!(w.balance(BOB, w.usdc).heldBackLots, usd(5_000));
    w.audit();
}
