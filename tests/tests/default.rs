//! Missed deadlines: enforced by anyone after a fresh mark; the account is frozen with what its close-out needs.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{DefaultState, SILENCE_SECONDS};
use alloy::primitives::U256;
use chain::Recorded;
use chain::invariants::audit;
use plumbline_tests::*;

fn enforce(w: &World, desk: Actor) -> Outcome<enforceCall> {
    w.prank(STRANGER).escrow(enforceCall { account: w.account(desk) })
}

fn mark(w: &World, desk: Actor, requirement: u64) {
    let set = w.draft_mark(&[(desk, requirement)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

/// Alice misses a claim of 52,000 USD; marked a second ago.
fn missed() -> Fork {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_601);
    mark(&w, ALICE, usd(250_000));
    w
}

#[test]
fn anyone_enforces_a_missed_claim() {
    let w = missed();
    let (account, now, slot) = (w.account(ALICE), w.now(), w.slot());
    enforce(&w, ALICE)
        .expect_emit(AccountDefaulted {
            account,
            number: 1,
            slot,
            requirement: usd(250_000),
            required: usd(250_000),
            posted: usd(198_000),
            owed: 0,
        })
        .ok();
    let record = DefaultState { at: now, number: 1, slot, required: usd(250_000), posted: usd(198_000), owed: 0 };
    assert_eq!(w.view(w.escrow, defaultOfCall { account }), record);
    assert!(w.state(ALICE).inDefault && w.claim(ALICE).open);
    w.audit();
}

#[test]
fn nobody_enforces_before_the_deadline() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_600);
    mark(&w, ALICE, usd(250_000));
    let (account, now) = (w.account(ALICE), w.now());
    enforce(&w, ALICE).expect_revert(ClaimNotOverdue { account, deadline: now, timestamp: now });
}

#[test]
fn a_second_tranche_is_missed_at_its_own_deadline() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(600);
    mark(&w, ALICE, usd(270_000));
    let (account, second) = (w.account(ALICE), w.claim(ALICE).second);
    assert_eq!(second.amount, usd(20_000));
    // The first tranche is met, the second is not.
    w.post_margin(ALICE, w.usdc, w.usdc.whole(53_000));
    w.pass(3_001);
    mark(&w, ALICE, usd(270_000));
    let refused = ClaimNotOverdue { account, deadline: second.deadline, timestamp: w.now() };
    enforce(&w, ALICE).expect_revert(refused);
    w.pass(600);
    mark(&w, ALICE, usd(270_000));
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
}

#[test]
fn what_a_second_tranche_does_not_ask_is_missed_at_the_first_deadline() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(600);
    mark(&w, ALICE, usd(270_000));
    w.post_margin(ALICE, w.usdc, w.usdc.whole(52_000));
    w.pass(3_001);
    mark(&w, ALICE, usd(270_000));
    enforce(&w, ALICE).ok();
}

#[test]
fn nobody_enforces_on_an_old_mark() {
    let w = missed();
    let as_of = w.now();
    w.pass(61);
    let account = w.account(ALICE);
    enforce(&w, ALICE).expect_revert(StatementTooOld { account, asOf: as_of, oldest: as_of + 1 });
}

#[test]
fn an_account_that_is_whole_again_is_satisfied_late_and_not_frozen() {
    let w = World::open();
    w.deal(w.usde, ALICE, w.usde.whole(60_000));
    w.prank(ALICE).pledge(ALICE, w.usde, w.usde.whole(60_000)).ok();
    w.stress(w.usdc, 90_000_000);
    w.make_short(ALICE, usd(240_000));
    // Prices come back without a mark; the last one names what is required.
    w.pass(3_601);
    let set = w.draft_mark(&[(ALICE, usd(240_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let (account, open) = (w.account(ALICE), w.claim(ALICE).open);
    assert!(open, "short at {}", w.state(ALICE).posted);
    w.warp(10);
    w.post(&[(w.usdc.feed, 100_000_000)]);
    assert!(w.state(ALICE).posted >= usd(240_000), "{}", w.state(ALICE).posted);
    enforce(&w, ALICE).expect_emit(ClaimSatisfied { account, number: 1, late: true }).ok();
    assert!(!w.state(ALICE).inDefault);
}

#[test]
fn without_a_claim_nothing_is_enforced() {
    let w = World::open();
    enforce(&w, ALICE).expect_revert(NoClaim { account: w.account(ALICE) });
}

#[test]
fn prices_older_than_marks_accept_enforce_nothing() {
    let w = World::open();
    w.make_short(ALICE, usd(199_000));
    w.warp(2 * SILENCE_SECONDS);
    enforce(&w, ALICE).expect_revert_of::<StaleValuation>();
}

/// At one dollar each, 200,000 USDC are not 250,000 USD.
#[test]
fn what_is_missing_at_any_price_is_enforced() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.warp(2 * SILENCE_SECONDS);
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn a_token_without_a_price_shields_no_account_from_enforcement() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.warp(SILENCE_SECONDS + 1);
    w.post_only(w.usdc);
    w.post_margin(ALICE, w.usde, w.usde.whole(1));
    enforce(&w, ALICE).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn enforcement_asks_no_price_of_what_is_not_needed() {
    let w = World::open();
    w.post_margin(ALICE, w.cash, w.cash.whole(1));
    w.make_short(ALICE, usd(250_000));
    w.warp(SILENCE_SECONDS + 1);
    w.post_margin(ALICE, w.usdc, w.usdc.whole(60_000));
    w.post_only(w.usdc);
    let satisfied = ClaimSatisfied { account: w.account(ALICE), number: 1, late: true };
    enforce(&w, ALICE).expect_emit(satisfied).ok();
    w.audit();
}

#[test]
fn an_account_in_default_is_frozen() {
    let w = missed();
    enforce(&w, ALICE).ok();
    w.pass(10);
    let frozen = AccountInDefault { account: w.account(ALICE) };
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(frozen.clone());
    let set = w.draft_mark(&[(ALICE, 0)]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(frozen.clone());
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    w.prank(ALICE).execute_own(release).expect_revert(frozen.clone());
    w.deal(w.usdc, ALICE, w.usdc.whole(100_000));
    w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(100_000)).expect_revert(frozen.clone());
    enforce(&w, ALICE).expect_revert(frozen.clone());
    w.prank(HOUSE).escrow(cancelClaimCall { account: w.account(ALICE) }).expect_revert(frozen.clone());
    w.prank(STRANGER).escrow(issueClaimCall { account: w.account(ALICE) }).expect_revert(frozen);
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(200_000), "what it held is there");
}

#[test]
fn another_accounts_default_changes_nothing_for_the_others() {
    let w = missed();
    enforce(&w, ALICE).ok();
    w.pass(10);
    let before = w.balance(BOB, w.usdc).lots;
    let bundle = w.draft(&[(BOB, usd(1_000)), (CAROL, usd(1_000))]).fill(BOB, CAROL).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.balance(BOB, w.usdc).lots, before);
    w.prank(BOB).withdraw(w.usdc, w.usdc.whole(100_000)).ok();
}

#[test]
fn a_house_that_misses_its_claim_takes_no_new_fills() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0)]).variation(BOB, usd(30_000) as i64).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let (account, house, deadline) = (w.account(BOB), w.house(), w.now() + 3_600);
    w.pass(3_600);
    let early = ClaimNotOverdue { account, deadline, timestamp: w.now() };
    w.prank(BOB).escrow(enforceHouseCall { account }).expect_revert(early);
    w.warp(1);
    w.prank(BOB)
        .escrow(enforceHouseCall { account })
        .expect_emit(HouseDefaulted { house, account, owed: usd(30_000) })
        .ok();
    let bundle = w.draft(&[(BOB, usd(1)), (CAROL, usd(1))]).fill(BOB, CAROL).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(HouseInDefault { house });
    // Everyone's own margin comes back whole.
    let release = w.release_instruction(CAROL, w.usdc, w.usdc.whole(200_000), 1);
    w.prank(CAROL).execute_own(release).ok();
    assert!(w.house_state().inDefault);
    w.audit();
}

/// An auditor sees a default that came too early, of an account or of a house.
#[test]
fn a_default_before_its_deadline_breaks_invariant_6() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0), (ALICE, usd(900_000))]).variation(BOB, usd(30_000) as i64).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.pass(3_601);
    w.prank(BOB).escrow(enforceHouseCall { account: w.account(BOB) }).ok();
    let set = w.draft_mark(&[(ALICE, usd(900_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(STRANGER).escrow(enforceCall { account: w.account(ALICE) }).ok();
    w.audit();
    let mut events = w.events();
    let early = |recorded: &mut Recorded| recorded.timestamp = recorded.timestamp.min(w.now() - 1);
    events.iter_mut().for_each(early);
    let found: Vec<String> = audit(w.escrow, &events).breaches.iter().map(ToString::to_string).collect();
    let late = |what: &str| found.iter().filter(|breach| breach.contains(what)).count();
    assert_eq!((late("the house's deadline had passed"), late("the deadline had passed")), (1, 1), "{found:#?}");
}

#[test]
fn a_house_that_paid_in_time_has_no_claim_to_enforce() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0)]).variation(BOB, usd(30_000) as i64).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    w.prank(STRANGER).pay_house_claim(BOB).ok();
    w.pass(3_601);
    let account = w.account(BOB);
    w.prank(BOB).escrow(enforceHouseCall { account }).expect_revert(NoClaim { account });
}

#[test]
fn the_secured_party_gives_up_a_claim_for_margin() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    let account = w.account(ALICE);
    let refused = NotSecuredParty { house: w.house(), caller: ALICE.address() };
    w.prank(ALICE).escrow(cancelClaimCall { account }).expect_revert(refused);
    w.prank(HOUSE).escrow(cancelClaimCall { account }).expect_emit(ClaimCancelled { account, number: 1 }).ok();
    assert!(!w.claim(ALICE).open);
    w.prank(HOUSE).escrow(cancelClaimCall { account }).expect_revert(NoClaim { account });
    w.prank(STRANGER).escrow(issueClaimCall { account }).ok();
    assert_eq!((w.claim(ALICE).number, w.claim(ALICE).first.amount), (2, usd(52_000)), "what is due still is");
    w.audit();
}

#[test]
fn anyone_issues_a_claim_that_prices_call_for() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(197_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let account = w.account(ALICE);
    w.prank(STRANGER).escrow(issueClaimCall { account }).expect_no_emit::<ClaimIssued>().ok();
    w.stress(w.usdc, 98_000_000);
    let posted = w.state(ALICE).posted;
    let issued = w.prank(STRANGER).escrow(issueClaimCall { account }).ok().event::<ClaimIssued>();
    assert_eq!((issued.cause, issued.amount), (abi::escrow::cause::HAIRCUT, usd(197_000) - posted));
    assert_eq!(w.wallet(STRANGER, w.usdc), U256::ZERO);
    w.audit();
}

#[test]
fn an_agreement_cannot_set_a_cure_shorter_than_the_minimum() {
    let w = World::open();
    let short = abi::escrow::Agreement { resolutionTime: 599, ..w.agreement(DAVE) };
    let digest = w.domain().agreement(&short);
    let (pledgor, party) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
    let field = alloy::primitives::B256::right_padding_from(b"resolutionTime");
    w.prank(RELAYER).open_account(short, pledgor, party).expect_revert(InvalidTerms { field });
}

#[test]
fn what_the_house_pays_an_account_in_default_does_not_cure_it() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, usd(210_000))]).variation(BOB, usd(30_000) as i64).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.pass(3_601);
    let set = w.draft_mark(&[(BOB, usd(210_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    enforce(&w, BOB).ok();
    w.prank(HOUSE).fund_house(w.usdc.whole(30_000)).ok();
    w.prank(STRANGER).pay_house_claim(BOB).expect_no_emit::<ClaimSatisfied>().ok();
    assert_eq!(w.balance(BOB, w.usdc).lots, usd(230_000));
    assert!(w.state(BOB).inDefault && w.claim(BOB).open);
    w.audit();
}
