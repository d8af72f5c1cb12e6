//! Claims: tranches, deadlines, what satisfies them and who pays the house's.
use abi::escrow::MarginEscrow::*;
use abi::escrow::cause;
use alloy::primitives::U256;
use plumbline_tests::*;

const USD: i64 = 1_000_000;

#[test]
fn an_increase_opens_a_second_tranche_with_its_own_deadline() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(600);
    let set = w.draft_mark(&[(ALICE, usd(270_000))]).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    let issued = done.event::<ClaimIssued>();
    assert_eq!((issued.number, issued.amount, issued.deadline), (1, usd(20_000), w.now() + 3_600));
    let claim = w.claim(ALICE);
    assert_eq!((claim.first.amount, claim.first.deadline), (usd(52_000), START + 3_600));
    assert_eq!((claim.second.amount, claim.second.deadline), (usd(20_000), START + 4_200));
}

#[test]
fn at_most_two_tranches_are_open() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    for requirement in [260_000, 270_000, 280_000] {
        w.pass(60);
        let set = w.draft_mark(&[(ALICE, usd(requirement))]).sign_mark();
        w.prank(RELAYER).mark(&set).ok();
    }
    let claim = w.claim(ALICE);
    assert_eq!(
        (claim.first.deadline, claim.second.deadline),
        (START + 3_600, START + 3_660),
        "no deadline moved later"
    );
}

#[test]
fn a_second_mark_of_the_same_shortfall_issues_nothing() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(600);
    let set = w.draft_mark(&[(ALICE, usd(250_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_no_emit::<ClaimIssued>().ok();
    assert_eq!(w.claim(ALICE).second.amount, 0);
}

#[test]
fn a_smaller_shortfall_keeps_the_deadline() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(600);
    let set = w.draft_mark(&[(ALICE, usd(230_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_no_emit::<ClaimSatisfied>().ok();
    let claim = w.claim(ALICE);
    assert!(claim.open);
    assert_eq!(claim.first.deadline, START + 3_600);
}

#[test]
fn a_claim_has_the_next_number() {
    let w = World::open();
    for number in 1..=3u16 {
        w.make_short(ALICE, usd(250_000));
        assert_eq!(w.claim(ALICE).number, number);
        w.pass(10);
        let set = w.draft_mark(&[(ALICE, 0)]).sign_mark();
        let account = w.account(ALICE);
        w.prank(RELAYER).mark(&set).expect_emit(ClaimSatisfied { account, number, late: false }).ok();
        w.pass(10);
    }
}

#[test]
fn variation_comes_before_margin_in_a_claim() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, usd(40_000))]).variation(ALICE, -210_000 * USD).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    let issued = done.event::<ClaimIssued>();
    assert_eq!((issued.amount, issued.owed, issued.cause), (usd(50_000), usd(10_000), cause::VARIATION));
}

#[test]
fn owed_variation_is_due_below_the_minimum_transfer_amount() {
    let w = World::open();
    w.make_owing(ALICE, 1);
    assert_eq!(w.claim(ALICE).first.amount, 1);
}

#[test]
fn the_house_pays_its_claim_when_it_can() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0)]).variation(BOB, 30_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let (house, account) = (w.house(), w.account(BOB));

    w.deal(w.usdc, HOUSE, w.usdc.whole(40_000));
    w.prank(HOUSE).fund_house(w.usdc.whole(10_000)).ok();
    w.prank(STRANGER)
        .pay_house_claim(BOB)
        .expect_emit(HouseClaimPaid { house, account, amount: usd(10_000), owed: usd(20_000) })
        .ok();
    assert_eq!((w.state(BOB).houseOwes, w.house_state().balance), (usd(20_000), 0));

    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    w.prank(STRANGER)
        .pay_house_claim(BOB)
        .expect_emit(HouseClaimPaid { house, account, amount: usd(20_000), owed: 0 })
        .ok();
    assert_eq!((w.state(BOB).houseOwes, w.house_state().owed), (0, 0));
    assert_eq!(w.balance(BOB, w.usdc).lots, usd(230_000));
}

#[test]
fn the_secured_party_cannot_withdraw_what_the_house_owes() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0)]).variation(BOB, 30_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.deal(w.usdc, HOUSE, w.usdc.whole(50_000));
    w.prank(HOUSE).fund_house(w.usdc.whole(50_000)).ok();

    let house = w.house();
    let found = w.prank(HOUSE).withdraw_house(w.usdc.units(usd(20_000) + 1)).expect_revert_of::<HouseShort>();
    assert_eq!((found.house, found.asked), (house, U256::from(usd(20_000) + 1)));
    w.prank(HOUSE)
        .withdraw_house(w.usdc.whole(20_000))
        .expect_emit(HouseWithdrawn { house, to: HOUSE.address(), amount: w.usdc.whole(20_000) })
        .ok();
    assert_eq!(w.wallet(HOUSE, w.usdc), w.usdc.whole(1_020_000));
}

#[test]
fn a_stranger_cannot_withdraw_from_the_house() {
    let w = World::open();
    let expected = NotSecuredParty { house: w.house(), caller: AGENT.address() };
    w.prank(AGENT).withdraw_house(U256::from(1)).expect_revert(expected);
}

#[test]
fn anyone_may_fund_the_house() {
    let w = World::open();
    w.deal(w.usdc, STRANGER, w.usdc.whole(5));
    let (house, before) = (w.house(), w.house_state().balance);
    w.prank(STRANGER)
        .fund_house(w.usdc.whole(5))
        .expect_emit(HouseFunded { house, from: STRANGER.address(), amount: w.usdc.whole(5) })
        .ok();
    assert_eq!(w.house_state().balance, before + usd(5));
}

#[test]
fn an_unknown_house_cannot_be_funded() {
    let w = World::open();
    w.deal(w.usdc, STRANGER, w.usdc.whole(5));
    let call = fundHouseCall { house: 77, amount: U256::from(5) };
    w.prank(STRANGER).escrow(call).expect_revert(UnknownHouse { house: 77 });
}

#[test]
fn satisfied_late_says_so() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_601);
    let set = w.draft_mark(&[(ALICE, 0)]).sign_mark();
    let account = w.account(ALICE);
    w.prank(RELAYER).mark(&set).expect_emit(ClaimSatisfied { account, number: 1, late: true }).ok();
}
