//! Variation is a level: what the book is worth at the slot's marks, with its cash. It has one right value, and disputes of it are
//! about that.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{ruling, subject};
use alloy::primitives::{I256, U256};
use plumbline_tests::changes::*;
use plumbline_tests::disputes::{Stated, number};
use plumbline_tests::*;

/// Variation that the agent keeps from Alice.
const KEPT: u64 = 3_000_000_000;
const USD: i64 = 1_000_000;
/// Dollars that BTC rises between two statements.
const RISE: u64 = 500;
const VARIATION: u8 = subject::VARIATION;

/// Alice's book at two statements; the second is wrong by so much.
struct Varied {
    w: Fork,
    before: Stated,
    after: Stated,
}

impl Varied {
    fn by(error: i64) -> Self {
        let w = World::open();
        w.stock(AGENT, w.usdc, w.usdc.whole(10_500));
        let before = Stated::at(w.slot());
        w.hold(ALICE, &before);
        w.pass(10);
        let after = Stated::of(before.book.clone(), w.slot(), RISE);
        w.vary(ALICE, &after, error);
        Self { w, before, after }
    }

    fn wrong() -> Self {
        Self::by(-(KEPT as i64))
    }

    fn dispute(&self, amount: u64) -> Outcome<disputeCall> {
        self.w.prank(ALICE).dispute(ALICE, VARIATION, amount)
    }

    fn reveal(&self) -> Outcome<revealPortfolioCall> {
        self.w.prank(ALICE).reveal_portfolio(ALICE, &self.after.reveal())
    }

    /// The same book at the next slot, stated with an error.
    fn next(&self, rise: u64, error: i64) -> Stated {
        self.w.pass(10);
        let next = Stated::of(self.before.book.clone(), self.w.slot(), rise);
        self.w.vary(ALICE, &next, error);
        next
    }
}

#[test]
fn the_kernel_finds_variation_that_was_kept_and_credits_it() {
    let v = Varied::wrong();
    let (w, account) = (&v.w, v.w.account(ALICE));
    let (before, house, lots) = (w.state(ALICE), w.house_state(), w.balance(ALICE, w.usdc).lots);
    v.dispute(KEPT).ok();
    let done = v.reveal().ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner), (ruling::UPHELD, ALICE.address()));
    assert_eq!(
        I256::from_be_bytes(ruled.found.0),
        I256::try_from(v.after.level).unwrap(),
        "the kernel's, to the micro-USD"
    );
    let corrected = done.event::<VariationCorrected>();
    assert_eq!((corrected.account, corrected.paid), (account, KEPT as i64));
    assert_eq!(corrected.cumulativeVariation, v.after.level);
    assert_eq!(w.state(ALICE).cumulativeVariation, before.cumulativeVariation + KEPT as i64);
    assert_eq!(w.house_state().cumulativeVariation, house.cumulativeVariation - KEPT as i64);
    let balance = w.balance(ALICE, w.usdc);
    assert_eq!(balance.lots, lots + KEPT);
    assert!(balance.heldBackLots >= KEPT, "as every credit it is held back for a while");
    w.audit();
}

#[test]
fn the_kernel_rejects_a_dispute_of_right_variation() {
    let v = Varied::by(0);
    v.dispute(KEPT).ok();
    let done = v.reveal().expect_no_emit::<VariationCorrected>().ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner), (ruling::REJECTED, AGENT.address()));
    v.w.audit();
}

/// Both directions: what is found replaces what was stated.
#[test]
fn who_got_too_much_and_disputes_it_gives_it_back() {
    let v = Varied::by(KEPT as i64);
    v.dispute(KEPT).ok();
    let done = v.reveal().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert_eq!(done.event::<VariationCorrected>().paid, -(KEPT as i64));
    assert_eq!(v.w.state(ALICE).cumulativeVariation, v.after.level);
    v.w.audit();
}

#[test]
fn who_names_more_than_was_kept_loses_and_is_still_credited() {
    let v = Varied::wrong();
    v.dispute(2 * KEPT).ok();
    let done = v.reveal().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert_eq!(done.event::<VariationCorrected>().paid, KEPT as i64);
    v.w.audit();
}

/// A wrong credit is put right by the next statement, as the challenge window intends. That statement is right, by itself.
#[test]
fn an_honest_correction_is_disputed_in_vain() {
    let v = Varied::by(KEPT as i64);
    let corrected = v.next(2 * RISE, 0);
    v.dispute(KEPT).ok();
    let done = v.w.prank(ALICE).reveal_portfolio(ALICE, &corrected.reveal());
    let done = done.expect_no_emit::<VariationCorrected>().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert_eq!(v.w.state(ALICE).cumulativeVariation, corrected.level);
    v.w.audit();
}

/// However often it is stated again meanwhile: what was on the books when the dispute was opened is ruled.
#[test]
fn statements_do_not_outrun_a_dispute() {
    let v = Varied::wrong();
    let requirement = v.w.state(ALICE).requirement;
    for _ in 0..300 {
        let set = v.w.draft_mark(&[(ALICE, requirement)]).sign_mark();
        v.w.prank(RELAYER).mark(&set).ok();
    }
    v.dispute(KEPT).ok();
    let set = v.w.draft_mark(&[(ALICE, requirement)]).sign_mark();
    v.w.prank(RELAYER).mark(&set).ok();
    let done = v.reveal().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert_eq!(done.event::<VariationCorrected>().paid, KEPT as i64, "the same book and slot");
    v.w.audit();
}

#[test]
fn a_later_slots_statement_is_right_or_wrong_by_itself() {
    let v = Varied::wrong();
    v.dispute(KEPT).ok();
    let next = v.next(2 * RISE, -(KEPT as i64));
    let done = v.reveal().expect_no_emit::<VariationCorrected>().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert_eq!(v.w.dispute(ALICE).shield, KEPT, "no default rests on it for a day");
    // What the agent keeps on keeping is disputed anew, at twice its stake.
    v.dispute(KEPT).ok();
    let done = v.w.prank(ALICE).reveal_portfolio(ALICE, &next.reveal()).ok();
    assert_eq!(done.event::<VariationCorrected>().paid, KEPT as i64);
    assert_eq!(done.event::<DisputeRuled>().stakes, 3 * 1_000_000_000);
    v.w.audit();
}

/// The level has no memory: what was wrong before does not make a right statement wrong.
#[test]
fn agents_go_on_from_what_was_corrected() {
    let v = Varied::wrong();
    v.dispute(KEPT).ok();
    v.reveal().ok();
    let next = v.next(2 * RISE, 0);
    assert_eq!(v.w.state(ALICE).cumulativeVariation, next.level);
    v.w.audit();
}

#[test]
fn what_the_house_cannot_pay_it_owes() {
    let v = Varied::wrong();
    v.dispute(KEPT).ok();
    v.w.drain_house();
    let done = v.reveal().ok();
    assert_eq!(done.event::<VariationCorrected>().paid, 0);
    assert_eq!(v.w.state(ALICE).houseOwes, done.event::<HouseClaimIssued>().owed);
    assert!(v.w.state(ALICE).houseOwes >= KEPT);
    v.w.audit();
}

/// A fill away from the mark is in the book's cash, and so in the level.
#[test]
fn what_fills_cost_is_part_of_the_level() {
    for (kept, expected) in [(0, ruling::REJECTED), (KEPT as i64, ruling::UPHELD)] {
        let w = World::open();
        w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
        let before = Stated::at(w.slot());
        w.hold(ALICE, &before);
        w.pass(10);
        let terms = terms(10, 80_000);
        let after = Stated::of(bought(&before.book, &terms), w.slot(), 0);
        assert!(after.level > 2_900 * USD, "bought 3,000 USD below the mark");
        w.buy(ALICE, &terms, after.root(), after.level - kept);
        w.commit(&after);
        w.prank(ALICE).dispute(ALICE, VARIATION, KEPT).ok();
        let done = w.prank(ALICE).reveal_portfolio(ALICE, &after.reveal()).ok();
        assert_eq!(done.event::<DisputeRuled>().ruling, expected);
        w.audit();
    }
}

/// The day's cap bounds what statements take; what exceeds it is stated, and owed.
#[test]
fn a_loss_above_the_days_cap_is_stated_whole() {
    let w = World::open();
    w.post_margin(ALICE, w.usdc, w.usdc.whole(700_000));
    let set = w.draft_mark(&[(ALICE, usd(10_000)), (BOB, 0)]).level(ALICE, -600_000 * USD).level(BOB, 600_000 * USD);
    w.prank(RELAYER).mark(&set.sign_mark()).ok();
    let state = w.state(ALICE);
    assert_eq!((state.cumulativeVariation, state.owed), (-600_000 * USD, usd(100_000)));
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(400_000), "500,000 USD a day are agreed");
    assert_eq!(w.state(BOB).cumulativeVariation, 600_000 * USD, "and nobody else's set waits for it");
    let claim = w.claim(ALICE);
    assert_eq!((claim.first.amount, claim.first.cause), (usd(100_000), abi::escrow::cause::VARIATION));
    // Not answered is agreed: enforcement takes what is there, and defaults nobody.
    w.pass(3_601);
    let set = w.draft_mark(&[(ALICE, usd(10_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(STRANGER).escrow(enforceCall { account: w.account(ALICE) }).ok();
    assert_eq!((w.state(ALICE).owed, w.state(ALICE).inDefault), (0, false));
    w.audit();
}

#[test]
fn an_account_without_history_gained_nothing() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let set = w.draft_mark(&[(ALICE, 0)]).level(ALICE, -5_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(ALICE).dispute_stated(ALICE, VARIATION, usd(5_000), number(-5_000 * USD)).ok();
    let done = w.prank(ALICE).reveal_packed(ALICE, &[]).ok();
    assert_eq!(done.event::<VariationCorrected>().paid, 5_000 * USD);
    assert_eq!(U256::from_be_bytes(done.event::<DisputeRuled>().found.0), U256::ZERO);
    w.audit();
}
