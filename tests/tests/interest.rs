//! Late interest: a claim satisfied after its first deadline bears the agreement's rate, 8 % a year in these worlds.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, cause};
use alloy::primitives::B256;
use plumbline_tests::*;

const USD: i64 = 1_000_000;
/// 52,000 USD for a day at 8 %: 11.39726027…, rounded up to a lot.
const OF_A_DAY: u64 = 11_397_261;

/// Alice misses a claim of 52,000 USD; a day has passed since its deadline.
fn late() -> Fork {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_600 + DAY);
    w
}

fn charged(w: &World, amount: u64) -> LateInterestCharged {
    LateInterestCharged { account: w.account(ALICE), number: 1, amount }
}

/// What a pledge that cures the claim does besides.
fn cure(w: &World) -> Outcome<pledgeCall> {
    w.deal(w.usdc, ALICE, w.usdc.whole(60_000));
    w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(60_000))
}

#[test]
fn a_late_pledge_pays_interest_to_the_house() {
    let w = late();
    let (house, variation) = (w.house_state().balance, w.state(ALICE).cumulativeVariation);
    let (account, id) = (w.account(ALICE), w.house());
    cure(&w)
        .expect_emit(ClaimSatisfied { account, number: 1, late: true })
        .expect_emit(charged(&w, OF_A_DAY))
        .expect_emit(OwedPaid { account, house: id, amount: OF_A_DAY, owed: 0 })
        .expect_no_emit::<ClaimIssued>()
        .ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(260_000) - OF_A_DAY);
    assert_eq!(w.house_state().balance, house + OF_A_DAY);
    assert_eq!((w.state(ALICE).cumulativeVariation, w.state(ALICE).owed), (variation, 0));
    w.audit();
}

#[test]
fn in_time_nothing_is_charged() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_600);
    cure(&w).expect_no_emit::<LateInterestCharged>().ok();
    assert_eq!((w.balance(ALICE, w.usdc).lots, w.claim(ALICE).open), (usd(260_000), false));
    w.audit();
}

#[test]
fn a_second_late_costs_a_lot_at_least() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_601);
    cure(&w).expect_emit(charged(&w, 132)).ok();
    w.audit();
}

/// Each part that was delivered, from its own deadline on.
#[test]
fn both_demands_bear_it_from_their_own_deadlines() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(600);
    w.make_short(ALICE, usd(252_000));
    w.pass(3_000 + DAY);
    let of = |dollars: u64, seconds: u64| {
        (u128::from(usd(dollars)) * 80_000 * u128::from(seconds)).div_ceil(1_000_000 * 365 * 86_400) as u64
    };
    cure(&w).expect_emit(charged(&w, of(52_000, DAY) + of(2_000, DAY - 600))).ok();
    w.audit();
}

/// A part that comes late bears interest when it comes; the rest goes on.
#[test]
fn a_part_delivered_late_bears_it_at_once() {
    let w = late();
    let account = w.account(ALICE);
    w.deal(w.usdc, ALICE, w.usdc.whole(10_000));
    let done = w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(10_000)).expect_no_emit::<ClaimSatisfied>().ok();
    let delivered = usd(9_900);
    let expected = (u128::from(delivered) * 80_000).div_ceil(1_000_000 * 365) as u64;
    assert_eq!(done.event::<LateInterestCharged>().amount, expected);
    let reduced = done.event::<DemandsReduced>();
    assert_eq!(
        (reduced.account, reduced.number, reduced.first, reduced.second),
        (account, 1, usd(52_000) - delivered, 0)
    );
    w.audit();
}

#[test]
fn without_a_rate_nothing_is_charged() {
    let w = World::open();
    w.open_account(DAVE, Agreement { lateInterest: 0, ..w.agreement(DAVE) });
    w.make_short(DAVE, usd(1_000));
    w.pass(3_600 + DAY);
    w.deal(w.usdc, DAVE, w.usdc.whole(2_000));
    let done = w.prank(DAVE).pledge(DAVE, w.usdc, w.usdc.whole(2_000));
    let done = done.expect_no_emit::<LateInterestCharged>().ok();
    assert!(done.event::<ClaimSatisfied>().late);
    w.audit();
}

/// Alice pays what she owed to the last lot, and nothing is left for the interest.
#[test]
fn what_is_not_there_is_claimed_anew() {
    let w = World::open();
    w.make_owing(ALICE, usd(52_000));
    w.pass(3_600 + DAY);
    w.deal(w.usdc, ALICE, w.usdc.whole(60_000));
    let (account, id, deadline) = (w.account(ALICE), w.house(), w.now() + 3_600);
    let claimed = ClaimIssued {
        account,
        number: 2,
        tranche: 1,
        cause: cause::INTEREST,
        amount: OF_A_DAY,
        owed: OF_A_DAY,
        deadline,
    };
    w.prank(ALICE)
        .pledge(ALICE, w.usdc, w.usdc.whole(52_000))
        .expect_emit(OwedPaid { account, house: id, amount: usd(52_000), owed: 0 })
        .expect_emit(charged(&w, OF_A_DAY))
        .expect_emit(claimed)
        .ok();
    assert_eq!((w.state(ALICE).owed, w.claim(ALICE).owed, w.claim(ALICE).open), (OF_A_DAY, OF_A_DAY, true));
    w.audit();
    let before = w.snapshot();
    w.prank(ALICE)
        .pledge(ALICE, w.usdc, w.usdc.units(OF_A_DAY))
        .expect_emit(OwedPaid { account, house: id, amount: OF_A_DAY, owed: 0 })
        .expect_emit(ClaimSatisfied { account, number: 2, late: false })
        .ok();
    w.audit();
    w.revert(before);
    // It is a claim like any other: missed, it fails.
    w.pass(3_601);
    let set = w.draft_mark(&[(ALICE, 0)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(STRANGER).escrow(enforceCall { account }).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn it_is_set_off_against_what_the_house_owes() {
    let w = late();
    w.drain_house();
    let set = w.draft_mark(&[(ALICE, usd(250_000))]).variation(ALICE, 10_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    assert_eq!(w.state(ALICE).houseOwes, usd(10_000));
    cure(&w).expect_emit(charged(&w, OF_A_DAY)).expect_no_emit::<OwedPaid>().ok();
    assert_eq!((w.state(ALICE).houseOwes, w.state(ALICE).owed), (usd(10_000) - OF_A_DAY, 0));
    assert_eq!(w.house_state().owed, usd(10_000) - OF_A_DAY);
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(260_000));
    w.audit();
}

/// What prices brought back nobody delivered late.
#[test]
fn a_recovery_bears_none() {
    let w = late();
    let account = w.account(ALICE);
    let set = w.draft_mark(&[(ALICE, usd(100_000))]).sign_mark();
    let satisfied = ClaimSatisfied { account, number: 1, late: true };
    w.prank(RELAYER).mark(&set).expect_emit(satisfied).expect_no_emit::<LateInterestCharged>().ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(200_000));
    w.audit();
}

/// A bundle leaves a late claim to others: the interest would take from the margin that it has just checked.
#[test]
fn a_bundle_ends_no_late_claim_and_anyone_can() {
    let w = late();
    let bundle = w.draft(&[(ALICE, usd(100_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_no_emit::<ClaimSatisfied>().ok();
    assert!(w.claim(ALICE).open);
    let account = w.account(ALICE);
    w.prank(STRANGER)
        .escrow(issueClaimCall { account })
        .expect_emit(ClaimSatisfied { account, number: 1, late: true })
        .ok();
    assert!(!w.claim(ALICE).open);
    w.audit();
}

#[test]
fn a_claim_that_is_given_up_bears_none() {
    let w = late();
    let account = w.account(ALICE);
    let cancelled = w.prank(HOUSE).escrow(cancelClaimCall { account });
    cancelled.expect_no_emit::<LateInterestCharged>().expect_emit(ClaimCancelled { account, number: 1 }).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(200_000));
    w.audit();
}

#[test]
fn a_rate_above_all_of_it_a_year_is_refused() {
    let w = World::open();
    let open = |rate: u32| {
        let terms = Agreement { lateInterest: rate, ..w.agreement(DAVE) };
        let digest = w.domain().agreement(&terms);
        w.prank(RELAYER).open_account(terms, DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec())
    };
    open(1_000_001).expect_revert(InvalidTerms { field: B256::right_padding_from(b"lateInterest") });
    open(1_000_000).ok();
}
