//! A house pays what it owes pro rata, is enforced against only for what it cannot pay, and leaves its default when it owes nothing.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, Withdrawal};
use alloy::primitives::{Address, U256};
use plumbline_tests::*;

const USD: i64 = 1_000_000;

fn gain(w: &World, gains: &[(Actor, i64)]) {
    let mut draft = w.draft_mark(&gains.iter().map(|(desk, _)| (*desk, 0)).collect::<Vec<_>>());
    for (desk, dollars) in gains {
        draft = draft.variation(*desk, dollars * USD);
    }
    w.prank(RELAYER).mark(&draft.sign_mark()).ok();
}

fn enforce(w: &World, desk: Actor) -> Outcome<enforceHouseCall> {
    w.prank(STRANGER).escrow(enforceHouseCall { account: w.account(desk) })
}

#[test]
fn who_asks_first_gets_no_more_than_its_part() {
    let w = World::open();
    w.drain_house();
    gain(&w, &[(BOB, 30_000), (CAROL, 60_000)]);
    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    w.prank(BOB).pay_house_claim(BOB).ok();
    w.prank(CAROL).pay_house_claim(CAROL).ok();
    assert_eq!((w.state(BOB).houseOwes, w.state(CAROL).houseOwes), (usd(20_000), usd(40_000)));
    w.audit();
}

#[test]
fn a_gain_of_today_is_not_paid_ahead_of_those_that_wait() {
    let w = World::open();
    w.drain_house();
    gain(&w, &[(BOB, 30_000), (CAROL, 30_000)]);
    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    gain(&w, &[(ALICE, 30_000)]);
    assert_eq!(w.state(ALICE).houseOwes, usd(30_000));
    for desk in [ALICE, BOB, CAROL] {
        w.prank(desk).pay_house_claim(desk).ok();
    }
    assert_eq!([ALICE, BOB, CAROL].map(|desk| w.state(desk).houseOwes), [usd(30_000), usd(15_000), usd(15_000)]);
    w.audit();
}

#[test]
fn gains_of_one_set_share_what_is_there() {
    let w = World::open();
    w.drain_house();
    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    gain(&w, &[(ALICE, 10_000), (BOB, 20_000), (CAROL, 30_000)]);
    assert_eq!([ALICE, BOB, CAROL].map(|desk| w.state(desk).houseOwes), [usd(5_000), usd(10_000), usd(15_000)]);
    w.audit();
}

#[test]
fn a_house_with_the_money_pays_and_is_not_in_default() {
    let w = World::open();
    w.drain_house();
    gain(&w, &[(BOB, 30_000)]);
    w.prank(HOUSE).fund_house(w.usdc.whole(900_000)).ok();
    w.pass(3_601);
    enforce(&w, BOB).expect_no_emit::<HouseDefaulted>().ok();
    assert_eq!((w.state(BOB).houseOwes, w.house_state().inDefault), (0, false));
    let bundle = w.draft(&[(BOB, usd(1)), (CAROL, usd(1))]).fill(BOB, CAROL).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.audit();
}

#[test]
fn next_to_nothing_is_no_default() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0)]).variation(BOB, 1).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    assert_eq!(w.state(BOB).houseOwes, 1);
    w.pass(3_601);
    enforce(&w, BOB).expect_no_emit::<HouseDefaulted>().ok();
    assert!(!w.house_state().inDefault);
}

#[test]
fn a_house_that_owes_nothing_any_more_is_no_longer_in_default() {
    let w = World::open();
    w.drain_house();
    gain(&w, &[(BOB, 30_000), (CAROL, 10_000)]);
    w.pass(3_601);
    enforce(&w, BOB).ok().event::<HouseDefaulted>();
    w.prank(HOUSE).fund_house(w.usdc.whole(39_000)).ok();
    w.prank(BOB).pay_house_claim(BOB).expect_no_emit::<HouseCured>().ok();
    assert!(w.house_state().inDefault);
    w.prank(HOUSE).fund_house(w.usdc.whole(1_000)).ok();
    // Carol's part is set aside for her: nothing is owed that is not there.
    let house = w.house();
    w.prank(BOB).pay_house_claim(BOB).expect_emit(HouseCured { house }).ok();
    assert!(!w.house_state().inDefault);
    w.prank(HOUSE).withdraw_house(w.usdc.units(1)).expect_revert_of::<HouseShort>();
    w.prank(CAROL).pay_house_claim(CAROL).ok();
    assert_eq!((w.state(BOB).houseOwes, w.state(CAROL).houseOwes, w.house_state().owed), (0, 0, 0));
    w.audit();
}

/// What is set aside for Carol stays hers while she and Alice gain together more than the house can pay.
#[test]
fn gains_that_come_together_take_nothing_that_is_set_aside() {
    let w = World::open();
    w.drain_house();
    w.prank(RELAYER).mark(&w.draft_mark(&[(CAROL, 0)]).variation(CAROL, usd(50) as i64).sign_mark()).ok();
    w.prank(HOUSE).fund_house(w.usdc.whole(110)).ok();
    let both = w.draft_mark(&[(ALICE, 0), (CAROL, 0)]);
    let both = both.variation(ALICE, usd(60) as i64).variation(CAROL, usd(60) as i64).sign_mark();
    w.prank(RELAYER).mark(&both).ok();
    assert_eq!((w.state(ALICE).houseOwes, w.state(CAROL).houseOwes), (usd(30), usd(30)), "each is paid half");
    for desk in [ALICE, CAROL] {
        w.prank(STRANGER).pay_house_claim(desk).ok();
        assert_eq!(w.state(desk).houseOwes, usd(30), "and nothing is there for the rest");
    }
    w.audit();
}

/// A house of Dave's that settles in a token that has barred its secured party, and 100 of it on its books.
fn barred_house() -> (Fork, Token) {
    let w = World::open();
    let token = w.list_awkward(6);
    w.pass(10);
    let terms = Agreement { settlementToken: token.address, eligibleAssets: token.bit(), ..w.agreement(DAVE) };
    w.open_account(DAVE, terms);
    w.use_house_of(DAVE);
    let amount = token.whole(100);
    w.deal(token, HOUSE, amount);
    w.prank(HOUSE).send(token.address, TestToken::approveCall { spender: w.escrow, amount }).ok();
    w.prank(HOUSE).escrow(fundHouseCall { house: w.house(), amount }).ok();
    w.bar(token, HOUSE, true);
    (w, token)
}

#[test]
fn a_barred_secured_party_withdraws_to_another_address() {
    let (w, token) = barred_house();
    let (house, to) = (w.house(), Address::repeat_byte(0xd1));
    w.prank(HOUSE).withdraw_house(token.whole(10)).expect_revert(TokenCallFailed { token: token.address });
    let of_house = |amount| Withdrawal { house, ..w.withdrawal(HOUSE, token, token.whole(amount), to) };
    let emitted = HouseWithdrawn { house, to, amount: token.whole(30) };
    w.prank(HOUSE).withdraw_to(of_house(30), vec![]).expect_emit(emitted).ok();
    let carried = of_house(70);
    let signature = HOUSE.sign(w.domain().withdrawal(&carried)).to_vec();
    w.prank(STRANGER).withdraw_to(carried.clone(), signature.clone()).ok();
    w.prank(STRANGER).withdraw_to(carried, signature).expect_revert_of::<NonceAlreadyUsed>();
    assert_eq!((w.wallet(to, token), w.house_state().balance), (token.whole(100), 0));
    w.audit();
}

/// By the secured party alone, in the settlement token alone, and never what the house owes.
#[test]
fn a_house_pays_out_no_more_to_another_address_than_to_its_own() {
    let (w, token) = barred_house();
    let (house, to) = (w.house(), Address::repeat_byte(0xd1));
    let of = |owner: Actor, token: Token, amount| Withdrawal { house, ..w.withdrawal(owner, token, amount, to) };
    let other = NotSecuredParty { house, caller: DAVE.address() };
    w.prank(DAVE).withdraw_to(of(DAVE, token, token.whole(1)), vec![]).expect_revert(other);
    w.prank(HOUSE).withdraw_to(of(HOUSE, w.usdc, w.usdc.whole(1)), vec![]).expect_revert_of::<InvalidTerms>();
    let unknown = Withdrawal { house: 99, ..of(HOUSE, token, token.whole(1)) };
    w.prank(HOUSE).withdraw_to(unknown, vec![]).expect_revert(UnknownHouse { house: 99 });
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, 0)]).variation(DAVE, usd(150) as i64).sign_mark()).ok();
    let short = HouseShort { house, asked: token.units(1), held: U256::ZERO };
    w.prank(HOUSE).withdraw_to(of(HOUSE, token, token.units(1)), vec![]).expect_revert(short);
    w.audit();
}
