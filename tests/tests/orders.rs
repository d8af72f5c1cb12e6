//! Standing orders: signed once by the pledgor, carried out by others, and never to its harm.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{DailyLimit, ReturnOrder, SubstituteOrder, TopUpOrder, order, subject};
use abi::registry::EligibilityRegistry::{suspendCall, windDownCall};
use alloy::primitives::Address;
use plumbline_tests::deploy::terms;
use plumbline_tests::orders::Standing;
use plumbline_tests::*;

/// Alice's and Bob's, on one mark: `P` of Alice is 198,000 USD.
const HELD: u64 = 198_000;

fn stand(w: &World, limits: &[(Token, u64)]) {
    w.stand(ALICE, w.top_up_order(ALICE, limits, 70));
}

fn mark(w: &World, requirement: u64) -> Done<()> {
    let set = w.draft_mark(&[(ALICE, requirement)]).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    w.audit();
    Done { returned: (), logs: done.logs, gas: done.gas }
}

fn vary(w: &World, requirement: u64, variation: i64) -> Done<()> {
    let set = w.draft_mark(&[(ALICE, requirement)]).variation(ALICE, variation).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    w.audit();
    Done { returned: (), logs: done.logs, gas: done.gas }
}

fn topped_up(done: &Done<()>) -> Vec<(Address, u64)> {
    let lots = |event: &ToppedUp| (event.token, event.amount);
    let scale = |(token, amount): (Address, alloy::primitives::U256)| (token, amount.to::<u128>() as u64);
    done.events::<ToppedUp>().iter().map(lots).map(scale).collect()
}

fn claims(done: &Done<()>) -> usize {
    done.events::<ClaimIssued>().len()
}

#[test]
fn a_mark_brings_what_is_missing_and_no_claim_is_opened() {
    let w = World::open();
    stand(&w, &[(w.usdc, 50_000)]);
    let account = w.account(ALICE);
    let set = w.draft_mark(&[(ALICE, usd(HELD + 990))]).sign_mark();
    let done = w
        .prank(RELAYER)
        .mark(&set)
        .expect_emit(ToppedUp {
            account,
            token: w.usdc.address,
            order: w.standing_top_up(ALICE).order,
            amount: w.usdc.whole(1_000),
            stressedLots: 0,
        })
        .ok();
    assert_eq!((done.events::<ClaimIssued>().len(), w.claim(ALICE).number), (0, 0));
    assert_eq!((w.state(ALICE).posted, w.stocked(ALICE, w.usdc)), (usd(HELD + 990), usd(99_000)));
    assert_eq!(w.standing_top_up(ALICE).left, [usd(49_000)]);
    w.audit();
}

#[test]
fn less_than_the_minimum_transfer_amount_brings_nothing() {
    let w = World::open();
    stand(&w, &[(w.usdc, 50_000)]);
    assert_eq!(topped_up(&mark(&w, usd(HELD + 99))), []);
    assert_eq!(topped_up(&mark(&w, usd(HELD + 100))).len(), 1);
}

#[test]
fn an_account_that_lacks_nothing_is_left_alone() {
    let w = World::open();
    stand(&w, &[(w.usdc, 50_000)]);
    assert_eq!(topped_up(&mark(&w, usd(HELD))), []);
}

#[test]
fn tokens_come_in_the_pledgors_order() {
    let w = World::open();
    stand(&w, &[(w.usde, 1_000), (w.usdc, 50_000)]);
    let done = mark(&w, usd(HELD + 950 + 99));
    assert_eq!(
        done.events::<ToppedUp>().iter().map(|event| event.token).collect::<Vec<_>>(),
        [w.usde.address, w.usdc.address]
    );
    assert_eq!((w.balance(ALICE, w.usde).lots, w.balance(ALICE, w.usdc).lots), (usd(1_000), usd(200_100)));
    assert_eq!(claims(&done), 0);
}

#[test]
fn what_the_inventory_lacks_is_claimed() {
    let w = World::open();
    stand(&w, &[(w.usdc, 500_000)]);
    let done = mark(&w, usd(HELD + 99_000 + 500));
    assert_eq!((topped_up(&done).len(), w.stocked(ALICE, w.usdc)), (1, 0));
    let [issued] = &done.events::<ClaimIssued>()[..] else { panic!("one claim") };
    assert_eq!(issued.amount, usd(500));
}

#[test]
fn a_days_limit_holds_over_any_24_hours() {
    let w = World::open();
    stand(&w, &[(w.usdc, 1_000)]);
    w.warp(DAY - w.now() % DAY - 60);
    w.post(&[]);
    assert_eq!(claims(&mark(&w, usd(HELD + 990))), 0);
    w.pass(120);
    assert_eq!(claims(&mark(&w, usd(HELD + 1_980))), 1, "midnight opens nothing");
    w.post_margin(ALICE, w.usdc, w.usdc.whole(1_000));
    w.pass(DAY - 180);
    assert_eq!(w.standing_top_up(ALICE).left, [0]);
    w.pass(DAY);
    assert_eq!(w.standing_top_up(ALICE).left, [usd(1_000)]);
    assert_eq!(claims(&mark(&w, usd(HELD + 2_970))), 0);
}

#[test]
fn a_new_order_does_not_open_the_day_anew() {
    let w = World::open();
    stand(&w, &[(w.usdc, 1_000)]);
    mark(&w, usd(HELD + 990));
    w.stand(ALICE, w.top_up_order(ALICE, &[(w.usde, 5)], 71));
    w.stand(ALICE, w.top_up_order(ALICE, &[(w.usdc, 1_500)], 72));
    assert_eq!(w.standing_top_up(ALICE).left, [usd(500)]);
    w.audit();
}

#[test]
fn anyone_who_issues_a_claim_carries_the_order_out() {
    let w = World::open();
    w.trade_all(190_000);
    stand(&w, &[(w.usdc, 50_000)]);
    w.stress(w.usdc, price(9_500));
    let outcome = w.prank(STRANGER).issue_claim(ALICE).ok();
    assert_eq!((outcome.events::<ToppedUp>().len(), outcome.events::<ClaimIssued>().len()), (1, 0));
    assert!(w.state(ALICE).posted >= usd(190_000) && !w.claim(ALICE).open);
    assert_ne!(w.balance(ALICE, w.usdc).stressedLots, 0, "it takes the haircut of new pledges");
    w.audit();
}

#[test]
fn an_open_claim_is_met_once_the_inventory_can() {
    let w = World::open();
    w.make_short(ALICE, usd(HELD + 2_000));
    stand(&w, &[(w.usdc, 50_000)]);
    let account = w.account(ALICE);
    w.prank(STRANGER).issue_claim(ALICE).expect_emit(ClaimSatisfied { account, number: 1, late: false }).ok();
    w.audit();
}

#[test]
fn a_part_counts_to_the_oldest_demand() {
    let w = World::open();
    w.make_short(ALICE, usd(HELD + 2_000));
    stand(&w, &[(w.usdc, 1_000)]);
    let account = w.account(ALICE);
    w.prank(STRANGER)
        .issue_claim(ALICE)
        .expect_emit(DemandsReduced { account, number: 1, first: usd(1_010), second: 0 })
        .ok();
    w.audit();
}

#[test]
fn what_comes_after_the_deadline_is_late_as_a_pledge_is() {
    let w = World::open();
    w.make_short(ALICE, usd(HELD + 2_000));
    w.pass(3_700);
    stand(&w, &[(w.usdc, 50_000)]);
    let done = w.prank(STRANGER).issue_claim(ALICE).ok();
    let [satisfied] = &done.events::<ClaimSatisfied>()[..] else { panic!("one claim ends") };
    assert!(satisfied.late && done.events::<LateInterestCharged>().len() == 1);
    w.audit();
}

#[test]
fn variation_that_is_owed_is_paid_in_the_settlement_token() {
    let w = World::open();
    stand(&w, &[(w.usde, 50_000), (w.usdc, 50_000)]);
    let done = vary(&w, 0, -(usd(210_000) as i64));
    assert_eq!((claims(&done), w.state(ALICE).owed), (0, 0));
    assert_eq!(topped_up(&done), [(w.usdc.address, usd(10_000))]);
    let [paid] = &done.events::<OwedPaid>()[..] else { panic!("paid once") };
    assert_eq!(paid.amount, usd(10_000));
}

#[test]
fn both_margin_and_variation_come() {
    let w = World::open();
    stand(&w, &[(w.usde, 50_000), (w.usdc, 50_000)]);
    let done = vary(&w, usd(9_500), -(usd(210_000) as i64));
    assert_eq!((claims(&done), w.state(ALICE).owed), (0, 0));
    let held = (w.balance(ALICE, w.usde).lots, w.balance(ALICE, w.usdc).lots);
    assert_eq!(held, (usd(6_000), (usd(3_800) * 100).div_ceil(99)), "USDe covers 60 %");
}

#[test]
fn without_the_settlement_token_variation_is_claimed() {
    let w = World::open();
    stand(&w, &[(w.usde, 50_000)]);
    let done = vary(&w, 0, -(usd(210_000) as i64));
    assert_eq!((claims(&done), w.state(ALICE).owed, topped_up(&done)), (1, usd(10_000), vec![]));
}

#[test]
fn a_token_that_fails_is_passed_over() {
    let w = World::open();
    w.appoint();
    let (no_stock, brought) = (w.cash, usd(HELD + 990));
    stand(&w, &[(no_stock, 50_000), (w.usde, 50_000), (w.usdc, 50_000)]);
    w.prank(GUARDIAN).registry(suspendCall { index: w.usde.index }).ok();
    w.pass(10);
    assert_eq!(topped_up(&mark(&w, brought)), [(w.usdc.address, usd(1_000))], "suspended");
}

#[test]
fn a_token_without_a_price_is_passed_over() {
    let w = World::open();
    stand(&w, &[(w.usde, 50_000), (w.usdc, 50_000)]);
    w.silence(w.usde);
    w.pass(3_700);
    assert_eq!(topped_up(&mark(&w, usd(HELD + 990))), [(w.usdc.address, usd(1_000))]);
}

#[test]
fn a_token_that_was_shown_to_be_frozen_is_passed_over() {
    let w = World::open();
    stand(&w, &[(w.usde, 50_000), (w.usdc, 50_000)]);
    w.turn(w.usde, &hostile::Trick::Reverts);
    w.prank(STRANGER).probe(w.usde).ok();
    assert_eq!(topped_up(&mark_unaudited(&w, usd(HELD + 990))), [(w.usdc.address, usd(1_000))]);
}

fn mark_unaudited(w: &World, requirement: u64) -> Done<()> {
    let set = w.draft_mark(&[(ALICE, requirement)]).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    Done { returned: (), logs: done.logs, gas: done.gas }
}

#[test]
fn a_recalled_token_is_passed_over() {
    let w = World::open();
    stand(&w, &[(w.usde, 50_000), (w.usdc, 50_000)]);
    let (account, token, at) = (w.account(ALICE), w.usde.address, w.now() + DAY);
    w.prank(HOUSE).escrow(recallCall { account, token, at }).ok();
    w.pass(DAY + 10);
    assert_eq!(topped_up(&mark(&w, usd(HELD + 990))), [(w.usdc.address, usd(1_000))]);
}

#[test]
fn a_token_that_counts_for_nothing_is_passed_over() {
    let w = World::open();
    w.appoint();
    stand(&w, &[(w.usde, 50_000), (w.usdc, 50_000)]);
    w.prank(GUARDIAN).registry(windDownCall { index: w.usde.index }).ok();
    w.pass(DAY + 10);
    assert_eq!(topped_up(&mark(&w, usd(HELD + 990))), [(w.usdc.address, usd(1_000))]);
}

#[test]
fn a_concentration_limit_leaves_the_rest_to_the_next() {
    let w = World::open();
    let narrow = w.list("NRW", 6, terms(10_000, 2_000));
    w.pass(10);
    let agreement = abi::escrow::Agreement {
        eligibleAssets: w.usdc.bit() | narrow.bit(),
        documentHash: alloy::primitives::B256::repeat_byte(5),
        ..w.agreement(ALICE)
    };
    w.open_account(ALICE, agreement);
    w.stock(ALICE, narrow, narrow.whole(10_000));
    w.stand(ALICE, w.top_up_order(ALICE, &[(narrow, 10_000), (w.usdc, 50_000)], 71));
    mark(&w, usd(10_000));
    let state = w.state(ALICE);
    assert!(state.posted >= usd(10_000) && !w.claim(ALICE).open);
    assert_eq!(w.balance(ALICE, narrow).lots.div_ceil(1_000_000), 21, "0.2 % of the requirement at 1 %");
}

#[test]
fn no_order_delivers_what_is_disputed() {
    let w = World::open();
    for staker in [ALICE, AGENT] {
        w.stock(staker, w.usdc, w.usdc.whole(5_000));
    }
    mark(&w, usd(HELD - 1_000));
    w.prank(ALICE).dispute(ALICE, subject::REQUIREMENT, usd(3_000)).ok();
    stand(&w, &[(w.usdc, 50_000)]);
    w.pass(10);
    let done = mark(&w, usd(HELD + 4_000));
    assert_eq!(topped_up(&done).len(), 1);
    assert_eq!(w.state(ALICE).posted / 1_000_000, HELD + 1_000, "3,000 are held back");
    assert_eq!(done.events::<ClaimIssued>()[0].amount, usd(3_000));
}

#[test]
fn revoking_binds_at_once() {
    let w = World::open();
    stand(&w, &[(w.usdc, 50_000)]);
    let (account, number) = (w.account(ALICE), w.standing_top_up(ALICE).order);
    let set = w.draft_mark(&[(ALICE, usd(HELD + 990))]).sign_mark();
    w.prank(ALICE).revoke_top_up(ALICE).expect_emit(OrderRevoked { account, kind: order::TOP_UP, order: number }).ok();
    let done = w.prank(RELAYER).mark(&set).ok();
    assert_eq!((done.events::<ToppedUp>().len(), done.events::<ClaimIssued>().len()), (0, 1));
    assert_eq!(w.standing_top_up(ALICE).order, 0);
    w.audit();
}

#[test]
fn an_expired_order_does_nothing() {
    let w = World::open();
    let order = w.top_up_order(ALICE, &[(w.usdc, 50_000)], 70);
    let valid_until = w.now() + 50;
    w.stand(ALICE, TopUpOrder { validUntil: valid_until, ..order });
    w.stand(ALICE, SubstituteOrder { validUntil: valid_until, ..w.substitute_order(ALICE, w.usde, &[w.usdc], 71) });
    w.stand(ALICE, ReturnOrder { validUntil: valid_until, ..w.return_order(ALICE, &[w.usdc], 72) });
    w.pass(60);
    let over = || Expired { validUntil: valid_until, timestamp: w.now() };
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert(over());
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(over());
    assert_eq!(topped_up(&mark(&w, usd(HELD + 990))), []);
}

#[test]
fn the_pledgor_alone_orders_and_revokes() {
    let w = World::open();
    let order = w.top_up_order(ALICE, &[(w.usdc, 50_000)], 70);
    for other in [HOUSE, VENUE, AGENT, STRANGER] {
        let signature = other.sign(order.digest(&w.domain())).to_vec();
        let expected = InvalidSigner { expected: ALICE.address(), recovered: other.address() };
        w.prank(other).register_order(order.clone(), signature).expect_revert(expected);
        let account = w.account(ALICE);
        w.prank(other).revoke_top_up(ALICE).expect_revert(NotPledgor { account, caller: other.address() });
    }
    w.prank(ALICE).register_order(order, Vec::new()).ok();
}

#[test]
fn no_field_of_an_order_can_be_changed() {
    let w = World::open();
    let signed = w.top_up_order(ALICE, &[(w.usdc, 50_000)], 70);
    let signature = ALICE.sign(signed.digest(&w.domain())).to_vec();
    let more = vec![DailyLimit { token: w.usdc.address, amount: 1 + w.usdc.whole(50_000).to::<u128>() }];
    for other in [
        TopUpOrder { account: w.account(BOB), ..signed.clone() },
        TopUpOrder { limits: more, ..signed.clone() },
        TopUpOrder { validUntil: signed.validUntil + 1, ..signed.clone() },
        TopUpOrder { nonce: 71, ..signed.clone() },
    ] {
        w.prank(RELAYER).register_order(other, signature.clone()).expect_revert_of::<InvalidSigner>();
    }
    let signed = w.substitute_order(ALICE, w.usde, &[w.usdc], 70);
    let signature = ALICE.sign(signed.digest(&w.domain())).to_vec();
    for other in [
        SubstituteOrder { haircutLevel: 1, ..signed.clone() },
        SubstituteOrder { priceLevel: 1, ..signed.clone() },
        SubstituteOrder { tokensIn: vec![w.cash.address], ..signed.clone() },
    ] {
        w.prank(RELAYER).register_order(other, signature.clone()).expect_revert_of::<InvalidSigner>();
    }
    let signed = w.return_order(ALICE, &[w.usdc], 70);
    let signature = ALICE.sign(signed.digest(&w.domain())).to_vec();
    for other in [
        ReturnOrder { bufferPpm: 1, ..signed.clone() },
        ReturnOrder { bufferAmount: 0, ..signed.clone() },
        ReturnOrder { minimum: 0, ..signed.clone() },
    ] {
        w.prank(RELAYER).register_order(other, signature.clone()).expect_revert_of::<InvalidSigner>();
    }
}

#[test]
fn an_order_is_registered_once_and_in_its_time() {
    let w = World::open();
    let order = w.top_up_order(ALICE, &[(w.usdc, 50_000)], 70);
    w.stand(ALICE, order.clone());
    let again = NonceAlreadyUsed { pledgor: ALICE.address(), nonce: 70 };
    w.try_stand(ALICE, order.clone()).expect_revert(again);
    let late = TopUpOrder { validUntil: w.now() - 1, nonce: 71, ..order };
    w.try_stand(ALICE, late).expect_revert(Expired { validUntil: w.now() - 1, timestamp: w.now() });
}

#[test]
fn orders_name_tokens_that_they_can_use() {
    let w = World::open();
    let invalid = |field: &str| InvalidTerms { field: feed(field) };
    let none = w.top_up_order(ALICE, &[], 70);
    w.try_stand(ALICE, none).expect_revert(invalid("limits"));
    let twice = w.top_up_order(ALICE, &[(w.usdc, 1), (w.usdc, 2)], 70);
    w.try_stand(ALICE, twice).expect_revert(invalid("limits"));
    let itself = w.substitute_order(ALICE, w.usde, &[w.usdc, w.usde], 70);
    w.try_stand(ALICE, itself).expect_revert(invalid("tokensIn"));
    let never = SubstituteOrder { haircutLevel: 0, ..w.substitute_order(ALICE, w.usde, &[w.usdc], 70) };
    w.try_stand(ALICE, never).expect_revert(invalid("haircutLevel"));
    let more = ReturnOrder { bufferPpm: 1_000_001, ..w.return_order(ALICE, &[w.usdc], 70) };
    w.try_stand(ALICE, more).expect_revert(invalid("bufferPpm"));
    let other = w.list("OTHER", 6, terms(10_000, 1_000_000));
    let (account, token) = (w.account(ALICE), other.address);
    let foreign = w.top_up_order(ALICE, &[(other, 1)], 70);
    w.try_stand(ALICE, foreign).expect_revert(NotEligible { account, token });
}

/// Alice holds 40,000 USDe beside 200,000 USDC, and 100,000 USDC in inventory.
fn holding_usde(haircut: u32) -> Fork {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(40_000));
    w.stand(ALICE, SubstituteOrder { haircutLevel: haircut, ..w.substitute_order(ALICE, w.usde, &[w.usdc], 70) });
    w
}

#[test]
fn anyone_carries_a_substitution_out_once_the_level_is_reached() {
    let w = holding_usde(60_000);
    w.trade_all(190_000);
    let account = w.account(ALICE);
    let not_yet = LevelNotReached { account, token: w.usde.address, haircut: 50_000, price: ONE };
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert(not_yet);
    w.stress(w.usde, price(9_500));
    let before = w.state(ALICE);
    let number = w.standing_substitute(ALICE, w.usde).order;
    let done = w
        .prank(STRANGER)
        .substitute_as_ordered(ALICE, w.usde)
        .expect_emit(OrderCarriedOut { account, kind: order::SUBSTITUTE, order: number })
        .ok();
    let [swap] = &done.events::<Substituted>()[..] else { panic!("one step") };
    assert_eq!((swap.tokenOut, swap.amountOut), (w.usde.address, w.usde.whole(40_000)));
    assert_eq!((w.balance(ALICE, w.usde).lots, w.standing_substitute(ALICE, w.usde).left), (0, usd(960_000)));
    assert!(w.state(ALICE).posted >= before.posted.min(before.required));
    w.audit();
    let nothing = NothingToMove { account, kind: order::SUBSTITUTE };
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert(nothing);
}

#[test]
fn a_price_is_a_level_too() {
    let w = holding_usde(0x0f_0000);
    let by_price =
        SubstituteOrder { haircutLevel: 0, priceLevel: 99_000_000, ..w.substitute_order(ALICE, w.usde, &[w.usdc], 71) };
    w.stand(ALICE, by_price);
    w.warp(10);
    w.post(&[(w.usde.feed, 99_000_001)]);
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert_of::<LevelNotReached>();
    w.warp(10);
    w.post(&[(w.usde.feed, 99_000_000)]);
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).ok();
    w.audit();
}

#[test]
fn as_much_goes_out_as_what_comes_in_is_worth() {
    let w = holding_usde(40_000);
    w.trade_all(190_000);
    w.prank(ALICE).withdraw(w.usdc, w.usdc.whole(90_400)).ok();
    w.pass(10);
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).ok();
    assert_eq!(w.stocked(ALICE, w.usdc), 0);
    let gone = usd(40_000) - w.balance(ALICE, w.usde).lots;
    assert_eq!(gone, usd(9_600) * 99 / 95, "at 0.99 for 0.95, rounded down");
    w.audit();
}

#[test]
fn a_substitution_goes_no_further_than_its_amount() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(40_000));
    let out = SubstituteOrder {
        haircutLevel: 1,
        amount: w.usde.whole(1_000).to(),
        ..w.substitute_order(ALICE, w.usde, &[w.usdc], 70)
    };
    w.stand(ALICE, out);
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).ok();
    assert_eq!(w.balance(ALICE, w.usde).lots, usd(39_000));
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert_of::<NothingToMove>();
}

#[test]
fn a_substitution_passes_over_what_cannot_come_in() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(1_000));
    let into = [w.cash, w.usdc];
    let out = SubstituteOrder { haircutLevel: 1, ..w.substitute_order(ALICE, w.usde, &into, 70) };
    w.stand(ALICE, out);
    let done = w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).ok();
    assert_eq!(done.events::<Substituted>()[0].tokenIn, w.usdc.address);
    w.audit();
}

#[test]
fn two_tokens_come_in_by_one_call_and_count_to_a_claim_together() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(40_000));
    w.prank(ALICE).withdraw(w.usdc, w.usdc.whole(90_000)).ok();
    w.stock(ALICE, w.cash, w.cash.whole(50_000));
    let out = SubstituteOrder { haircutLevel: 1, ..w.substitute_order(ALICE, w.usde, &[w.usdc, w.cash], 70) };
    w.stand(ALICE, out);
    w.make_short(ALICE, usd(300_000));
    let done = w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).ok();
    assert_eq!((done.events::<Substituted>().len(), w.balance(ALICE, w.usde).lots), (2, 0));
    w.audit();
}

#[test]
fn nothing_comes_in_at_an_old_price() {
    let w = holding_usde(1);
    w.trade_all(190_000);
    w.warp(70);
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert_of::<NothingToMove>();
    w.post(&[]);
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).ok();
}

#[test]
fn excess_over_the_buffer_goes_back_once_a_day() {
    let w = World::open();
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 70));
    mark(&w, usd(100_000));
    let (account, number) = (w.account(ALICE), w.standing_return(ALICE).order);
    let done = w
        .prank(STRANGER)
        .return_as_ordered(ALICE)
        .expect_emit(OrderCarriedOut { account, kind: order::RETURN, order: number })
        .ok();
    let [released] = &done.events::<Released>()[..] else { panic!("one token") };
    assert_eq!(released.to, Address::ZERO);
    let stays = (usd(111_000) * 100).div_ceil(99);
    assert_eq!(w.balance(ALICE, w.usdc).lots, stays, "a tenth and 1,000 over 100,000");
    assert_eq!(w.stocked(ALICE, w.usdc), usd(100_000) + usd(200_000) - w.balance(ALICE, w.usdc).lots);
    w.audit();
    w.post_margin(ALICE, w.usdc, w.usdc.whole(10_000));
    let next = w.now() + DAY;
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(ReturnedAlready { account, next });
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 71));
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(ReturnedAlready { account, next });
    w.pass(DAY);
    mark(&w, usd(100_000));
    w.prank(STRANGER).return_as_ordered(ALICE).ok();
    w.audit();
}

#[test]
fn a_return_keeps_the_rules_of_a_release() {
    let w = World::open();
    w.appoint();
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 70));
    mark(&w, usd(100_000));
    let account = w.account(ALICE);
    w.prank(PAUSER).escrow(pauseCall {}).ok();
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(EnforcedPause {});
    w.prank(PAUSER).escrow(unpauseCall {}).ok();
    w.pass(61);
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert_of::<StatementTooOld>();
    w.make_short(ALICE, usd(300_000));
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(ClaimOpen { account, number: 1 });
}

#[test]
fn what_variation_brought_stays_within_its_window() {
    let w = World::open();
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 70));
    vary(&w, usd(170_000), usd(50_000) as i64);
    let held_back = w.balance(ALICE, w.usdc).heldBackLots;
    assert_eq!(held_back, usd(50_000));
    w.prank(STRANGER).return_as_ordered(ALICE).ok();
    assert!(w.balance(ALICE, w.usdc).lots >= usd(188_000) * 100 / 99 + held_back);
    w.audit();
}

#[test]
fn less_than_the_orders_minimum_does_not_go_back() {
    let w = World::open();
    let order = ReturnOrder { minimum: usd(90_000), ..w.return_order(ALICE, &[w.usdc], 70) };
    w.stand(ALICE, order);
    mark(&w, usd(100_000));
    let nothing = NothingToMove { account: w.account(ALICE), kind: order::RETURN };
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(nothing);
    mark(&w, usd(90_000));
    w.prank(STRANGER).return_as_ordered(ALICE).ok();
}

#[test]
fn a_flat_account_keeps_its_buffer_alone() {
    let w = World::open();
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 70));
    w.prank(STRANGER).return_as_ordered(ALICE).ok();
    let left = w.balance(ALICE, w.usdc).lots;
    assert_eq!(left, (usd(1_000) * 100).div_ceil(99));
    w.audit();
}

#[test]
fn an_order_that_is_none_is_not_carried_out() {
    let w = World::open();
    let (account, token) = (w.account(ALICE), w.usde.address);
    let none = NoOrder { account, kind: order::SUBSTITUTE, token };
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert(none);
    let none = NoOrder { account, kind: order::RETURN, token: Address::ZERO };
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(none);
    let none = NoOrder { account, kind: order::TOP_UP, token: Address::ZERO };
    w.prank(ALICE).revoke_top_up(ALICE).expect_revert(none);
    for kind in [order::TOP_UP, 4] {
        let call = executeOrderCall { account, kind, token: Address::ZERO };
        w.prank(STRANGER).escrow(call).expect_revert(UnknownOrder { kind });
    }
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 70));
    w.prank(ALICE).escrow(revokeOrderCall { account, kind: order::RETURN, token: Address::ZERO }).ok();
    let none = NoOrder { account, kind: order::RETURN, token: Address::ZERO };
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(none);
    w.stand(ALICE, w.substitute_order(ALICE, w.usde, &[w.usdc], 71));
    w.prank(ALICE).escrow(revokeOrderCall { account, kind: order::SUBSTITUTE, token }).ok();
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert_of::<NoOrder>();
    w.audit();
}

#[test]
fn no_order_acts_for_an_account_in_default() {
    let w = World::open();
    w.stand(ALICE, w.substitute_order(ALICE, w.usde, &[w.usdc], 71));
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 72));
    w.make_short(ALICE, usd(300_000));
    w.pass(3_601);
    mark(&w, usd(300_000));
    let account = w.account(ALICE);
    w.prank(STRANGER).escrow(enforceCall { account }).ok();
    let frozen = || AccountInDefault { account };
    w.prank(STRANGER).substitute_as_ordered(ALICE, w.usde).expect_revert(frozen());
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(frozen());
    w.prank(STRANGER).issue_claim(ALICE).expect_revert(frozen());
    w.audit();
}

#[test]
fn orders_end_when_their_account_leaves() {
    let w = World::open();
    stand(&w, &[(w.usdc, 50_000)]);
    w.stand(ALICE, w.return_order(ALICE, &[w.usdc], 72));
    let migration = w.migration(ALICE, w.successor(successor::Mood::Takes), 9);
    let (desk, house) = (w.sign_migration(ALICE, &migration), w.sign_migration(HOUSE, &migration));
    w.prank(RELAYER).migrate(&migration, desk, house).ok();
    assert_eq!((w.standing_top_up(ALICE).order, w.standing_return(ALICE).order), (0, 0));
    let account = w.account(ALICE);
    w.prank(STRANGER).return_as_ordered(ALICE).expect_revert(AccountClosed { account });
    w.audit();
}

#[test]
fn two_accounts_of_one_pledgor_share_its_inventory() {
    let w = World::open();
    let first = w.account(ALICE);
    stand(&w, &[(w.usdc, 500_000)]);
    let terms = abi::escrow::Agreement { documentHash: alloy::primitives::B256::repeat_byte(5), ..w.agreement(ALICE) };
    w.join(ALICE, terms);
    w.stand(ALICE, w.top_up_order(ALICE, &[(w.usdc, 500_000)], 71));
    mark(&w, usd(60_000));
    assert_eq!(claims(&mark(&w, usd(99_000))), 0);
    assert_eq!((w.stocked(ALICE, w.usdc), w.account(ALICE) == first), (0, false));
}

/// What a model that shares nothing but the arithmetic makes of the same orders.
#[test]
fn fuzz_top_ups_are_those_of_the_model() {
    use csa::orders::{Source, bring};
    use csa::{Holding, Lots};
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    for seed in 0..24 {
        let (w, mut rng) = (World::open(), StdRng::seed_from_u64(seed));
        let limits = [(w.usde, rng.random_range(0..4_000)), (w.usdc, rng.random_range(0..4_000))];
        stand(&w, &limits);
        if rng.random_bool(0.4) {
            w.stress(w.usde, price(rng.random_range(9_300..9_900)));
        }
        w.pass(10);
        let required = usd(HELD) + rng.random_range(0..usd(8_000));
        let valuations = limits.map(|(token, _)| w.valuation(token));
        let sources = limits.iter().zip(&valuations).map(|((token, limit), valuation)| {
            let balance = w.balance(ALICE, *token);
            let lots = Lots { all: balance.lots, stressed: balance.stressedLots };
            let held = Holding { lots, late: 0, valuation, ratio: abi::escrow::WHOLE, recalled: false };
            Source { held, most: usd(*limit).min(w.stocked(ALICE, *token)), unit: 1 }
        });
        let missing = required.saturating_sub(w.balance(ALICE, w.usdc).lots / 100 * 99);
        let (mut expected, due) = (vec![], missing >= usd(100));
        bring(if due { missing } else { 0 }, required, sources, |place, lots| {
            expected.push((limits[place].0.address, limits[place].0.units(lots)));
        });
        let set = w.draft_mark(&[(ALICE, required)]).sign_mark();
        let done = w.prank(RELAYER).mark(&set).ok();
        let found: Vec<_> = done.events::<ToppedUp>().iter().map(|event| (event.token, event.amount)).collect();
        assert_eq!(found, expected, "seed {seed}");
        w.audit();
    }
}
