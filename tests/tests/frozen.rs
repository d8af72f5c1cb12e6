//! A settlement token that its issuer freezes turns nobody who can pay into a defaulter: while it is shown that it cannot be moved,
//! what can be paid in it alone waits.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, FROZEN_SECONDS, MOST_FROZEN_SECONDS};
use plumbline_tests::awkward::Mood;
use plumbline_tests::*;

/// Dave's house settles in a token that its issuer can freeze; he holds some USDC too.
fn frozen_house() -> (Fork, Token) {
    let w = World::open();
    let token = w.list_awkward(6);
    w.pass(10);
    let assets = w.usdc.bit() | token.bit();
    let terms = Agreement { settlementToken: token.address, eligibleAssets: assets, ..w.agreement(DAVE) };
    w.open_account(DAVE, terms);
    w.use_house_of(DAVE);
    let give = |who: Actor, tokens: u64| w.deal(token, who, token.whole(tokens));
    give(DAVE, 20_000);
    w.prank(DAVE).pledge(DAVE, token, token.whole(10_000)).ok();
    (w, token)
}

fn mark(w: &World, dollars: i64) {
    let set = w.draft_mark(&[(DAVE, 0)]).variation(DAVE, dollars * 1_000_000).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

fn enforce(w: &World) -> Outcome<enforceCall> {
    w.prank(STRANGER).escrow(enforceCall { account: w.account(DAVE) })
}

#[test]
fn what_is_owed_in_a_token_that_cannot_be_moved_waits_and_bears_no_interest() {
    for barred in [false, true] {
        let (w, token) = frozen_house();
        mark(&w, -15_000);
        assert_eq!(w.claim(DAVE).owed, usd(5_000));
        let freeze = |frozen: bool| {
            if barred {
                w.bar(token, w.escrow, frozen);
            } else {
                w.set_mood(token, if frozen { Mood::Paused } else { Mood::Calm });
            }
        };
        freeze(true);
        w.prank(DAVE).pledge(DAVE, token, token.whole(5_000)).expect_revert_of::<TokenCallFailed>();
        for _ in 0..3 {
            w.prank(STRANGER).probe(token).ok();
            w.pass(FROZEN_SECONDS);
        }
        mark(&w, 0);
        enforce(&w).expect_revert_of::<ClaimNotOverdue>();
        freeze(false);
        let done = w.prank(DAVE).pledge(DAVE, token, token.whole(5_000)).expect_no_emit::<LateInterestCharged>().ok();
        assert!(!done.event::<ClaimSatisfied>().late);
        w.audit();
    }
}

#[test]
fn without_a_probe_nothing_waits() {
    let (w, token) = frozen_house();
    mark(&w, -15_000);
    w.set_mood(token, Mood::Paused);
    w.pass(3_601);
    mark(&w, 0);
    enforce(&w).ok();
    assert!(w.state(DAVE).inDefault);
}

#[test]
fn margin_in_other_tokens_does_not_wait() {
    let (w, token) = frozen_house();
    let set = w.draft_mark(&[(DAVE, usd(100_000))]).variation(DAVE, -15_000_000_000).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.set_mood(token, Mood::Paused);
    w.prank(STRANGER).probe(token).ok();
    w.pass(3_601);
    let set = w.draft_mark(&[(DAVE, usd(100_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(STRANGER).probe(token).ok();
    enforce(&w).ok();
    assert!(w.state(DAVE).inDefault);
}

#[test]
fn a_token_that_moves_is_not_frozen_and_ends_a_freeze() {
    let (w, token) = frozen_house();
    w.prank(STRANGER).probe(token).expect_revert(NotFrozen { token: token.address });
    w.set_mood(token, Mood::Paused);
    let now = w.now();
    let probed = w.prank(STRANGER).probe(token).ok().event::<Probed>();
    assert_eq!(
        (probed.frozen, probed.from, probed.until, probed.used),
        (true, now, now + FROZEN_SECONDS, FROZEN_SECONDS)
    );
    w.warp(600);
    w.set_mood(token, Mood::Calm);
    let probed = w.prank(STRANGER).probe(token).ok().event::<Probed>();
    assert_eq!((probed.frozen, probed.until, probed.used), (false, now + 600, 600));
    w.prank(STRANGER).probe(token).expect_revert(NotFrozen { token: token.address });
    assert_eq!(w.wallet(w.escrow, token), token.whole(10_000), "a probe moves nothing");
    w.audit();
}

#[test]
fn three_days_a_month_are_the_most() {
    let (w, token) = frozen_house();
    mark(&w, -15_000);
    w.set_mood(token, Mood::Paused);
    let start = w.now();
    while w.now() < start + MOST_FROZEN_SECONDS + 7_200 {
        w.prank(STRANGER).probe(token).ok();
        w.pass(FROZEN_SECONDS);
    }
    mark(&w, 0);
    enforce(&w).ok();
    assert!(w.state(DAVE).inDefault);
    w.audit();
}

#[test]
fn a_house_that_cannot_move_its_token_is_not_in_default() {
    let (w, token) = frozen_house();
    mark(&w, 15_000);
    assert_eq!(w.state(DAVE).houseOwes, usd(15_000));
    w.set_mood(token, Mood::Paused);
    w.prank(STRANGER).probe(token).ok();
    w.pass(3_000);
    w.prank(STRANGER).probe(token).ok();
    w.pass(3_000);
    let enforce = || w.prank(STRANGER).escrow(enforceHouseCall { account: w.account(DAVE) });
    enforce().expect_revert_of::<ClaimNotOverdue>();
    w.pass(6_000);
    enforce().ok();
    assert!(w.house_state().inDefault);
    w.audit();
}

/// The issuer bars the escrow from sending alone: what is owed can be paid, by the desk while it is claimed, by the house up to its
/// debts. Nothing else comes in.
#[test]
fn a_debt_is_paid_in_a_token_that_could_not_leave() {
    let (w, token) = frozen_house();
    let house = w.house();
    w.deal(token, STRANGER, token.whole(10_000));
    let fund = |tokens: u64| {
        let amount = token.whole(tokens);
        w.prank(STRANGER).approved(token, amount, fundHouseCall { house, amount })
    };
    let pledge = |tokens: u64| w.prank(DAVE).pledge(DAVE, token, token.whole(tokens));
    let shut = NoWayOut { token: token.address };
    w.bar_sides(token, w.escrow, true, false);
    pledge(1).expect_revert(shut.clone());
    fund(1).expect_revert(shut.clone());
    mark(&w, -15_000);
    w.prank(DAVE).deposit(token, token.whole(1)).expect_revert(shut.clone());
    fund(1).expect_revert(shut.clone());
    assert!(!pledge(5_000).ok().event::<ClaimSatisfied>().late);
    pledge(1).expect_revert(shut.clone());
    mark(&w, 20_000);
    assert_eq!(w.state(DAVE).houseOwes, usd(5_000));
    fund(5_001).expect_revert(shut.clone());
    fund(2_000).ok();
    fund(3_001).expect_revert(shut.clone());
    fund(3_000).ok();
    fund(1).expect_revert(shut);
    w.audit();
}

#[test]
fn a_token_of_which_nothing_is_there_is_not_shown_to_be_frozen() {
    let w = World::open();
    let token = w.list_awkward(6);
    w.set_mood(token, Mood::Paused);
    w.prank(STRANGER).probe(token).expect_revert(NotFrozen { token: token.address });
}
