//! Outages of the sequencer: they extend deadlines within bounds and stop new risk, and a feed that lies or fails stops nothing.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::*;
use abi::registry::EligibilityRegistry::{
    GasShort, NoOutage, NotOwner, OutageRecorded, OutagesFull, UptimeFeedSet, graceBetweenCall, recordOutageCall,
    setUptimeFeedCall, uptimeFeedCall,
};
use abi::registry::Outage;
use abi::registry::grace::{GAS_TO_ASK, TRAIL_SLOTS};
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use plumbline_tests::uptime::{Feed, FeedMood};
use plumbline_tests::*;
use proptest::prelude::*;

const HOUR: u64 = 3_600;

const FAILING: [FeedMood; 7] = [
    FeedMood::Silent,
    FeedMood::Hungry,
    FeedMood::Loud,
    FeedMood::Bursting,
    FeedMood::Short,
    FeedMood::Odd,
    FeedMood::Wide,
];

/// Accounts, and a feed that says "up".
fn watched() -> (Fork, Feed) {
    let w = World::open();
    let feed = w.watch_uptime();
    w.pass(100);
    (w, feed)
}

/// The same; Alice has an hour from now to answer a claim of 52,000 USD.
fn claimed() -> (Fork, Feed, u64) {
    let (w, feed) = watched();
    w.make_short(ALICE, usd(250_000));
    let deadline = w.claim(ALICE).first.deadline;
    assert_eq!(deadline, w.now() + HOUR);
    (w, feed, deadline)
}

/// At `time`, with fresh prices and a fresh mark.
fn enforce_at(w: &World, desk: Actor, time: u64) -> Outcome<enforceCall> {
    w.warp(time - w.now());
    if w.haircut(w.usdc).slot < w.slot() {
        w.post(&[]);
    }
    let set = w.draft_mark(&[(desk, w.state(desk).requirement)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(STRANGER).escrow(enforceCall { account: w.account(desk) })
}

fn outage(from: u64, until: u64, counted: u64) -> Outage {
    Outage { from, until, counted }
}

#[test]
fn only_the_owner_names_the_feed() {
    let w = World::open();
    let feed = Address::repeat_byte(7);
    for caller in [STRANGER, GUARDIAN, PAUSER, HOUSE] {
        let refused = NotOwner { caller: caller.address() };
        w.prank(caller).registry(setUptimeFeedCall { feed }).expect_revert(refused);
    }
    let event = UptimeFeedSet { previous: Address::ZERO, current: feed };
    w.prank(GOVERNOR).registry(setUptimeFeedCall { feed }).expect_emit(event).ok();
    assert_eq!(w.view(w.registry, uptimeFeedCall {}), feed);
}

#[test]
fn without_a_feed_there_is_no_outage() {
    let w = World::open();
    w.record_outage().expect_revert(NoOutage {});
    assert_eq!(w.grace(0, w.now()), 0);
}

#[test]
fn a_feed_that_is_up_shows_none() {
    let (w, _feed) = watched();
    w.record_outage().expect_revert(NoOutage {});
    assert_eq!(w.grace(0, w.now()), 0);
}

#[test]
fn anyone_records_an_outage_under_way_and_extends_it() {
    let (w, feed) = watched();
    let from = w.now();
    w.turns(feed, true);
    w.record_outage().expect_revert(NoOutage {});
    w.warp(60);
    w.record_outage().expect_emit(OutageRecorded { from, until: from + 60, counted: 60 }).ok();
    w.record_outage().expect_revert(NoOutage {});
    w.warp(2 * HOUR);
    let until = from + 60 + 2 * HOUR;
    w.record_outage().expect_emit(OutageRecorded { from, until, counted: HOUR }).ok();
    w.warp(500);
    w.turned(feed, false, until + 400);
    w.record_outage().expect_emit(OutageRecorded { from, until: until + 400, counted: HOUR }).ok();
    w.record_outage().expect_revert(NoOutage {});
    assert_eq!(w.outages(), [outage(from, until + 400, HOUR)]);
    w.audit();
}

/// While the sequencer is down nobody can call: the round before the latest says when it began.
#[test]
fn an_outage_is_recorded_after_it_has_ended() {
    let (w, feed) = watched();
    let from = w.now();
    w.outage(feed, 600);
    w.warp(DAY);
    w.record_outage().expect_emit(OutageRecorded { from, until: from + 600, counted: 600 }).ok();
    w.record_outage().expect_revert(NoOutage {});
    w.audit();
}

#[test]
fn a_feed_without_history_shows_only_the_present() {
    let (w, feed) = watched();
    let from = w.now();
    w.set_feed_mood(feed, FeedMood::Forgetful);
    w.turns(feed, true);
    w.warp(60);
    w.record_outage().ok();
    w.warp(60);
    w.turns(feed, false);
    w.record_outage().expect_revert(NoOutage {});
    assert_eq!(w.outages(), [outage(from, from + 60, 60)]);
}

#[test]
fn outages_never_overlap() {
    let (w, feed) = watched();
    let from = w.now();
    w.outage(feed, 600);
    w.record_outage().ok();
    // A feed that takes back what it said, and says less.
    w.warp(600);
    w.push_round(feed, true, from - 1_000);
    w.record_outage().expect_emit(OutageRecorded { from, until: from + 1_200, counted: 1_200 }).ok();
    w.push_round(feed, false, from + 300);
    w.record_outage().expect_revert(NoOutage {});
    w.warp(300);
    w.push_round(feed, true, from + 1_300);
    w.record_outage().ok();
    assert_eq!(w.outages(), [outage(from, from + 1_200, 1_200), outage(from + 1_300, from + 1_500, 200)]);
    w.audit();
}

#[test]
fn a_time_to_come_is_no_outage() {
    let (w, feed) = watched();
    let now = w.now();
    w.push_round(feed, true, now + 50);
    w.record_outage().expect_revert(NoOutage {});
    w.push_round(feed, false, now + 90);
    w.record_outage().expect_revert(NoOutage {});
    w.warp(70);
    w.record_outage().expect_emit(OutageRecorded { from: now + 50, until: now + 70, counted: 20 }).ok();
    w.audit();
}

#[test]
fn eight_outages_are_kept_for_thirty_days() {
    let (w, feed) = watched();
    let first = w.now();
    for _ in 0..8 {
        w.outage(feed, 10);
        w.record_outage().ok();
        w.warp(90);
    }
    w.outage(feed, 10);
    w.record_outage().expect_revert(OutagesFull { oldestUntil: first + 10 });
    assert_eq!(w.grace(0, w.now()), 80, "what has no room counts for nothing");
    w.warp(first + 10 + 30 * DAY - w.now());
    w.outage(feed, 10);
    w.record_outage().expect_revert(OutagesFull { oldestUntil: first + 10 });
    w.warp(1);
    w.outage(feed, 10);
    w.record_outage().ok();
    assert_eq!(w.outages().len(), 8);
    assert_eq!(w.outages()[0].from, first + 100, "the oldest is gone");
    w.audit();
}

#[test]
fn an_hour_counts_of_each_and_four_in_thirty_days() {
    let (w, feed) = watched();
    for counted in [HOUR, HOUR, HOUR, HOUR - 1, 1, 0] {
        w.outage(feed, if counted == HOUR - 1 { counted } else { 2 * HOUR });
        assert_eq!(w.record_outage().ok().event::<OutageRecorded>().counted, counted);
        w.warp(HOUR);
    }
    assert_eq!(w.grace(0, w.now()), 4 * HOUR);
    w.audit();
}

#[test]
fn a_feed_that_fails_shows_no_outage_and_delays_nothing() {
    for mood in FAILING {
        let (w, feed, deadline) = claimed();
        w.turns(feed, true);
        w.set_feed_mood(feed, mood);
        w.warp(60);
        w.record_outage().expect_revert(NoOutage {});
        assert_eq!(w.grace(0, w.now()), 0);
        enforce_at(&w, ALICE, deadline + 1).ok();
        assert_eq!(w.valuation(w.usdc).slot, w.slot(), "prices are fresh");
        assert!(w.state(ALICE).inDefault);
        w.audit();
    }
}

#[test]
fn an_address_without_code_is_no_feed() {
    let (w, _, deadline) = claimed();
    w.prank(GOVERNOR).registry(setUptimeFeedCall { feed: STRANGER.address() }).ok();
    w.record_outage().expect_revert(NoOutage {});
    enforce_at(&w, ALICE, deadline + 1).ok();
}

#[test]
fn an_outage_extends_an_open_deadline_by_as_long_as_it_lasted() {
    let (w, feed, deadline) = claimed();
    w.warp(1_000);
    w.outage(feed, 1_200);
    w.record_outage().ok();
    let (account, extended) = (w.account(ALICE), deadline + 1_200);
    let early = |timestamp| ClaimNotOverdue { account, deadline: extended, timestamp };
    enforce_at(&w, ALICE, deadline + 1).expect_revert(early(deadline + 1));
    enforce_at(&w, ALICE, extended).expect_revert(early(extended));
    assert_eq!(w.claim(ALICE).first.deadline, deadline, "what is stored never moves");
    enforce_at(&w, ALICE, extended + 1).ok();
    assert!(w.state(ALICE).inDefault);
    w.audit();
}

#[test]
fn an_outage_that_nobody_recorded_extends_it_as_well() {
    let (w, feed, deadline) = claimed();
    w.warp(1_000);
    w.outage(feed, 1_200);
    enforce_at(&w, ALICE, deadline + 1_200).expect_revert_of::<ClaimNotOverdue>();
    enforce_at(&w, ALICE, deadline + 1_201).ok();
    w.audit();
}

#[test]
fn an_outage_before_the_claim_or_after_its_deadline_extends_nothing() {
    let (w, feed) = watched();
    w.outage(feed, 1_200);
    w.record_outage().ok();
    w.make_short(ALICE, usd(250_000));
    w.warp(HOUR + 1);
    w.turns(feed, true);
    let overdue = w.now() + 600;
    enforce_at(&w, ALICE, overdue).ok();
    w.audit();
}

#[test]
fn an_outage_over_the_issue_counts_from_the_issue() {
    let (w, feed) = watched();
    w.turns(feed, true);
    w.warp(1_000);
    w.make_short(ALICE, usd(250_000));
    let deadline = w.claim(ALICE).first.deadline;
    w.warp(200);
    w.turns(feed, false);
    enforce_at(&w, ALICE, deadline + 200).expect_revert_of::<ClaimNotOverdue>();
    enforce_at(&w, ALICE, deadline + 201).ok();
}

#[test]
fn a_feed_that_says_down_for_ever_delays_enforcement_by_an_hour_and_once() {
    let (w, feed, deadline) = claimed();
    w.turns(feed, true);
    let account = w.account(ALICE);
    let early = ClaimNotOverdue { account, deadline: deadline + HOUR, timestamp: deadline + HOUR };
    enforce_at(&w, ALICE, deadline + HOUR).expect_revert(early);
    enforce_at(&w, ALICE, deadline + HOUR + 1).ok();
    // What is claimed later is not delayed at all.
    w.make_short(BOB, usd(250_000));
    let deadline = w.claim(BOB).first.deadline;
    enforce_at(&w, BOB, deadline + 1).ok();
    assert!(w.state(ALICE).inDefault && w.state(BOB).inDefault);
    w.audit();
}

#[test]
fn a_feed_that_lies_again_and_again_delays_enforcement_by_four_hours() {
    let (w, feed) = watched();
    w.join(DAVE, Agreement { resolutionTime: 40_000, ..w.agreement(DAVE) });
    w.make_short(DAVE, usd(50_000));
    let deadline = w.claim(DAVE).first.deadline;
    while w.now() < deadline {
        w.outage(feed, HOUR);
        w.record_outage().ok();
        w.warp(HOUR);
    }
    w.turns(feed, true);
    enforce_at(&w, DAVE, deadline + 4 * HOUR).expect_revert_of::<ClaimNotOverdue>();
    enforce_at(&w, DAVE, deadline + 4 * HOUR + 1).ok();
    w.audit();
}

#[test]
fn what_the_house_owes_has_the_same_grace() {
    let (w, feed) = watched();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0)]).variation(BOB, usd(30_000) as i64).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let (account, deadline) = (w.account(BOB), w.now() + HOUR);
    w.outage(feed, 900);
    w.warp(deadline + 900 - w.now());
    let early = ClaimNotOverdue { account, deadline: deadline + 900, timestamp: w.now() };
    w.prank(BOB).escrow(enforceHouseCall { account }).expect_revert(early);
    w.warp(1);
    w.prank(BOB).escrow(enforceHouseCall { account }).ok();
    assert!(w.house_state().inDefault);
    w.audit();
}

/// Settlement knows the deadline alone and does not ask the feed; what cures in the grace is not late.
#[test]
fn new_risk_is_refused_by_the_deadline_itself_and_cures_have_the_grace() {
    let (w, feed, deadline) = claimed();
    w.outage(feed, 1_200);
    w.pass(deadline + 1 - w.now());
    let account = w.account(ALICE);
    let bundle = w.draft(&[(ALICE, w.state(ALICE).requirement), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(ClaimOverdue { account, deadline });
    w.deal(w.usdc, ALICE, w.usdc.whole(60_000));
    let satisfied = ClaimSatisfied { account, number: 1, late: false };
    let done = w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(60_000)).expect_emit(satisfied);
    done.expect_no_emit::<LateInterestCharged>().ok();
    w.audit();
}

/// Who sends the call chooses its gas, and cannot make the feed fail by it.
#[test]
fn no_gas_limit_makes_an_outage_unseen() {
    let (w, feed, deadline) = claimed();
    w.outage(feed, 1_200);
    enforce_at(&w, ALICE, deadline + 1).expect_revert_of::<ClaimNotOverdue>();
    let call = enforceCall { account: w.account(ALICE) }.abi_encode();
    for gas in (60_000..460_000).step_by(2_500) {
        assert!(!w.node.transact_within(STRANGER.address(), w.escrow, call.clone(), gas).success, "with {gas} gas");
    }
    let (mut starved, mut done) = (0, 0);
    let ask = graceBetweenCall { from: 0, to: w.now() }.abi_encode();
    for gas in (40_000..240_000).step_by(2_500) {
        let asked = w.node.transact_within(STRANGER.address(), w.registry, ask.clone(), gas);
        if asked.success {
            assert_eq!(graceBetweenCall::abi_decode_returns(&asked.output).unwrap(), 1_200, "with {gas} gas");
        }
        *if asked.success { &mut done } else { &mut starved } += 1;
    }
    assert!(starved > 10 && done > 10, "{starved} limits were too low and {done} high enough");
    w.record_outage().ok();
}

#[test]
fn too_little_gas_to_ask_is_told() {
    let (w, feed) = watched();
    w.outage(feed, 1_200);
    let call = recordOutageCall {}.abi_encode();
    let short = w.node.transact_within(STRANGER.address(), w.registry, call, 100_000);
    let error = chain::Revert::decode(&short.output).is::<GasShort>().expect("GasShort");
    assert!(error.left < GAS_TO_ASK && error.needed == GAS_TO_ASK);
}

/// The registry is asked only as long as its answer can matter.
#[test]
fn a_registry_that_fails_delays_enforcement_by_four_hours_and_no_longer() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(BOB, 0)]).variation(BOB, usd(30_000) as i64).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let account = w.account(BOB);
    w.node.set_code(w.registry, &[0xfe]);
    w.warp(HOUR + 1);
    w.prank(BOB).escrow(enforceHouseCall { account }).expect_revert(RegistryCallFailed {});
    w.warp(4 * HOUR - 1);
    w.prank(BOB).escrow(enforceHouseCall { account }).expect_revert(RegistryCallFailed {});
    w.warp(1);
    let defaulted = HouseDefaulted { house: w.house(), account, owed: usd(30_000) };
    w.prank(BOB).escrow(enforceHouseCall { account }).expect_emit(defaulted).ok();
}

#[test]
fn while_an_outage_counts_there_is_no_new_risk_and_no_release() {
    let (w, feed) = watched();
    w.trade_all(99_000);
    let slot = w.valuation(w.usdc).slot;
    w.turns(feed, true);
    for price in [98_000_000, 97_000_000] {
        w.warp(40);
        w.post(&[(w.usde.feed, price)]);
    }
    let (value, haircut) = (w.valuation(w.usde), w.haircut(w.usde));
    assert_eq!((value.slot, haircut.slot), (slot, w.slot()), "the haircut moves on, the slot does not");
    assert!(haircut.haircut > 50_000 && value.factor < 930_000_000, "{haircut:?} {value:?}");
    let bundle = w.draft(&[(ALICE, usd(100_000)), (BOB, usd(100_000))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert_of::<StaleValuation>();
    let set = w.draft_mark(&[(ALICE, usd(99_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    w.prank(ALICE).execute_own(release.clone()).expect_revert_of::<StaleValuation>();
    w.turns(feed, false);
    w.pass(10);
    assert_eq!(w.valuation(w.usdc).slot, w.slot());
    let set = w.draft_mark(&[(ALICE, usd(99_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(ALICE).execute_own(release).ok();
    w.audit();
}

/// To the last second of an outage that counts: claims are issued, answered and enforced.
#[test]
fn while_an_outage_counts_claims_go_on() {
    let (w, feed, deadline) = claimed();
    w.warp(deadline + 1 - w.now());
    w.turns(feed, true);
    enforce_at(&w, ALICE, w.now() + HOUR).ok();
    assert!(w.state(ALICE).inDefault);
    assert_eq!(w.valuation(w.usdc).slot, w.slot() - TRAIL_SLOTS);
    w.make_short(BOB, usd(250_000));
    w.prank(STRANGER).escrow(issueClaimCall { account: w.account(CAROL) }).ok();
    w.deal(w.usdc, BOB, w.usdc.whole(60_000));
    let satisfied = ClaimSatisfied { account: w.account(BOB), number: 1, late: false };
    w.prank(BOB).pledge(BOB, w.usdc, w.usdc.whole(60_000)).expect_emit(satisfied).ok();
    w.audit();
}

#[test]
fn a_feed_that_says_down_for_ever_stops_new_risk_for_an_hour() {
    let (w, feed) = watched();
    w.turns(feed, true);
    w.pass(HOUR);
    assert_eq!(w.valuation(w.usdc).slot, w.slot() - TRAIL_SLOTS);
    w.pass(10);
    assert_eq!(w.valuation(w.usdc).slot, w.slot(), "its hour is over");
    w.trade_all(10_000);
    // The next one counts again, until four hours are spent.
    for counts in [true, true, true, false] {
        w.turns(feed, false);
        w.record_outage().ignore();
        w.pass(100);
        w.turns(feed, true);
        w.pass(1_000);
        let fresh = w.valuation(w.usdc).slot == w.slot();
        assert_eq!(fresh, !counts);
        w.warp(2 * HOUR);
    }
    w.audit();
}

/// Second by second; no more than four outages, so that four hours are enough.
fn grace_of_model(down: &[(u64, u64)], issued: u64, now: u64) -> u64 {
    let counts = |second: &u64| down.iter().any(|(from, until)| (*from..*until.min(&(from + HOUR))).contains(second));
    (issued..now).filter(counts).count() as u64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// However the sequencer goes down and up, and whoever records it when, a claim fails after its deadline and the seconds that count.
    #[test]
    fn fuzz_enforcement_waits_as_long_as_the_model(
        outages in prop::collection::vec((1..3_000u64, 1..5_000u64, any::<bool>()), 0..4), early in 0..600u64
    ) {
        let (w, feed, deadline) = claimed();
        let issued = deadline - HOUR;
        let mut down = vec![];
        for (pause, length, while_down) in outages {
            w.warp(pause);
            w.turns(feed, true);
            let from = w.now();
            w.warp(length);
            if while_down {
                w.record_outage().ok();
            }
            w.turns(feed, false);
            w.record_outage().ignore();
            down.push((from, w.now()));
        }
        let mut due = w.now().max(deadline + 1);
        while due <= deadline + grace_of_model(&down, issued, due) {
            due = deadline + grace_of_model(&down, issued, due) + 1;
        }
        if due > w.now() + early + 1 {
            enforce_at(&w, ALICE, due - 1 - early).expect_revert_of::<ClaimNotOverdue>();
        }
        enforce_at(&w, ALICE, due).ok();
        prop_assert!(w.state(ALICE).inDefault);
        w.audit();
    }
}
