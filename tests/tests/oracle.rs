//! price-oracle: rounds, their checks, governance.
use abi::oracle::PriceOracle::*;
use abi::oracle::{Reporter, ReporterSet, Round};
use abi::packed::{Report, Rounds, reporter_set_hash};
use abi::types::PriceReport;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{SolCall, SolValue};
use chain::sign::Domain;
use plumbline_tests::*;
use proptest::prelude::*;

/// Reports of `Rounds` follow the set of five, the number of rounds, and feed, slot and number of reports.
const FIRST_REPORT: usize = 8 + 5 * 22 + 1 + 41;

fn btc() -> B256 {
    feed("BTC-USD")
}

/// Prices of a round in dollars.
fn dollars(prices: &[u64]) -> Vec<u64> {
    prices.iter().map(|price| price * ONE).collect()
}

trait Oracle {
    fn post_dollars(&self, prices: &[u64]) -> Outcome<submitCall>;
    fn post_reports(&self, reports: Vec<Report>) -> Outcome<submitCall>;
    fn signed(&self, price: u64) -> PriceReport;
    fn five(&self) -> Vec<Report>;
    fn held(&self, feed: B256, slot: u64) -> Round;
    fn govern(&self, set: ReporterSet) -> Outcome<setReportersCall>;
    fn post_as(&self, set: &ReporterSet, reports: Vec<Report>) -> Outcome<submitCall>;
}

impl Oracle for World {
    /// BTC of the present slot.
    fn post_dollars(&self, prices: &[u64]) -> Outcome<submitCall> {
        let round = self.round(btc(), self.slot(), &dollars(prices));
        self.prank(STRANGER).submit(vec![round])
    }

    fn post_reports(&self, reports: Vec<Report>) -> Outcome<submitCall> {
        let round = abi::packed::Round { feed: btc(), slot: self.slot(), reports };
        self.prank(STRANGER).submit(vec![round])
    }

    fn signed(&self, price: u64) -> PriceReport {
        PriceReport { feed: btc(), slot: self.slot(), price, confidence: 1_000_000 }
    }

    fn five(&self) -> Vec<Report> {
        (0..5).map(|place| self.report(place, self.signed(100 * ONE))).collect()
    }

    fn held(&self, feed: B256, slot: u64) -> Round {
        self.view(self.oracle, roundCall { feed, slot })
    }

    fn govern(&self, set: ReporterSet) -> Outcome<setReportersCall> {
        let oracle = self.oracle;
        self.prank(GOVERNOR).send(oracle, setReportersCall { set })
    }

    /// The calldata names another set than the world's.
    fn post_as(&self, set: &ReporterSet, reports: Vec<Report>) -> Outcome<submitCall> {
        let round = abi::packed::Round { feed: btc(), slot: self.slot(), reports };
        let payload = Rounds { set: set.clone(), rounds: vec![round] }.encode().unwrap();
        self.prank(STRANGER).send_raw(self.oracle, [&submitCall::SELECTOR[..], &payload].concat())
    }
}

#[test]
fn round_keeps_median_confidence_and_dispersion() {
    let w = World::new();
    let slot = w.slot();
    let mut reports = w.five();
    for (place, (price, confidence)) in
        [(101, 990_000), (99, 980_000), (100, 970_000), (102, 999_000), (100, 960_001)].into_iter().enumerate()
    {
        reports[place] = w.report(place, PriceReport { confidence, ..w.signed(price * ONE) });
    }
    let (price, confidence, dispersion) = (100 * ONE, 980_000, 20_000);
    let emitted = PriceRound { feed: btc(), slot, price, confidence, dispersion, votes: 5, dropped: 0 };
    w.post_reports(reports).expect_emit(emitted).ok();
    let round = Round { slot, price, confidence, dispersion, votes: 5, dropped: 0 };
    assert_eq!(w.held(btc(), slot), round);
    assert_eq!(w.view(w.oracle, latestCall { feed: btc(), maxAgeSlots: 0 }), round);
}

#[test]
fn even_number_takes_the_mean_of_the_middle_two_rounded_down() {
    let w = World::new();
    let (slot, feed) = (w.slot(), feed("X"));
    let round = w.round(feed, slot, &[1_000, 1_003, 1_001, 1_004]);
    w.prank(RELAYER).submit(vec![round]).ok();
    assert_eq!(w.held(feed, slot).price, 1_002);
    let round = w.round(feed, slot - 1, &[1_000, 1_000, 1_001, 1_001]);
    w.prank(RELAYER).submit(vec![round]).ok();
    assert_eq!(w.held(feed, slot - 1).price, 1_000);
}

/// 10 October 2025: one venue printed USDe at 0.65 while the others stayed near 0.99.
#[test]
fn lone_print_is_dropped_and_shows_as_dispersion() {
    let w = World::new();
    w.warp(10);
    let (slot, feed) = (w.slot(), w.usde.feed);
    let round = w.round(feed, slot, &[price(6_500), price(9_900), price(9_920), price(9_890), price(9_910)]);
    let (price, confidence, dispersion) = (99_050_000, 1_000_000, 343_766);
    let emitted = PriceRound { feed, slot, price, confidence, dispersion, votes: 4, dropped: 1 };
    w.prank(STRANGER).submit(vec![round]).expect_emit(emitted).ok();
}

#[test]
fn confidence_is_that_of_counted_votes() {
    let w = World::new();
    let mut reports = w.five();
    reports[2] = w.report(2, PriceReport { confidence: 10, ..w.signed(90 * ONE) });
    w.post_reports(reports).ok();
    let held = w.held(btc(), w.slot());
    assert_eq!((held.confidence, held.votes, held.dropped, held.dispersion), (1_000_000, 4, 1, 100_000));
}

/// One source of five trusts its price not at all: it is one vote, and the round's confidence is that of the others.
#[test]
fn one_source_does_not_decide_the_confidence() {
    let w = World::new();
    let mut reports = w.five();
    reports[0] = w.report(0, PriceReport { confidence: 0, ..w.signed(100 * ONE) });
    w.post_reports(reports.clone()).ok();
    assert_eq!(w.held(btc(), w.slot()).confidence, 1_000_000);
    w.warp(10);
    let says = |place, confidence| w.report(place, PriceReport { confidence, ..w.signed(100 * ONE) });
    w.post_reports(vec![says(0, 0), says(1, 1_000_000), says(2, 900_000), says(3, 800_000)]).ok();
    assert_eq!(w.held(btc(), w.slot()).confidence, 800_000, "of an even number the lower of the middle two");
}

#[test]
fn quorum_counts_reports() {
    let w = World::new();
    let (votes, quorum) = (U256::from(2), U256::from(3));
    w.post_dollars(&[100, 100]).expect_revert(NoQuorum { feed: btc(), votes, quorum });
    w.post_dollars(&[]).expect_revert(NoQuorum { feed: btc(), votes: U256::ZERO, quorum });
    w.post_dollars(&[100, 100, 100]).ok();
}

#[test]
fn quorum_counts_what_is_left_after_dropping() {
    let w = World::new();
    let quorum = U256::from(3);
    w.post_dollars(&[90, 95, 100, 105, 110]).expect_revert(NoQuorum { feed: btc(), votes: U256::from(1), quorum });
    w.post_dollars(&[100, 200, 100, 200]).expect_revert(NoQuorum { feed: btc(), votes: U256::ZERO, quorum });
    w.post_dollars(&[98, 100, 102, 150, 50]).ok();
    assert_eq!(w.held(btc(), w.slot()).votes, 3);
}

#[test]
fn larger_round_supersedes() {
    let w = World::new();
    let slot = w.slot();
    w.post_dollars(&[100, 100, 101]).ok();
    let emitted = PriceRound {
        feed: btc(),
        slot,
        price: 101 * ONE,
        confidence: 1_000_000,
        dispersion: 9_901,
        votes: 5,
        dropped: 0,
    };
    w.post_dollars(&[100, 100, 101, 101, 101]).expect_emit(emitted).ok();
    assert_eq!(w.held(btc(), slot).votes, 5);
}

#[test]
fn equal_or_smaller_round_does_not_supersede() {
    let w = World::new();
    let (feed, slot, held) = (btc(), w.slot(), U256::from(4));
    w.post_dollars(&[100; 4]).ok();
    w.post_dollars(&[101; 4]).expect_revert(NotSuperseding { feed, slot, reports: U256::from(4), held });
    w.post_dollars(&[101; 3]).expect_revert(NotSuperseding { feed, slot, reports: U256::from(3), held });
    assert_eq!(w.held(feed, slot).price, 100 * ONE);
    w.post_dollars(&[100, 100, 100, 100, 150]).ok();
    let (reports, held) = (U256::from(4), U256::from(5));
    w.post_dollars(&[100; 4]).expect_revert(NotSuperseding { feed, slot, reports, held });
}

/// Reports count, not votes: who posts the tight ones first hides nothing.
#[test]
fn a_round_that_counts_no_more_votes_supersedes_by_its_reports() {
    let w = World::new();
    for first in 3..5 {
        w.warp(10);
        let slot = w.slot();
        let all = [100, 100, 100, 70, 60];
        w.post_dollars(&all[..first]).ok();
        assert_eq!(w.held(btc(), slot).dispersion, if first == 3 { 0 } else { 300_000 });
        let emitted = PriceRound {
            feed: btc(),
            slot,
            price: 100 * ONE,
            confidence: 1_000_000,
            dispersion: 400_000,
            votes: 3,
            dropped: 2,
        };
        w.post_dollars(&all).expect_emit(emitted).ok();
        let (reports, held) = (U256::from(first), U256::from(5));
        let fewer = NotSuperseding { feed: btc(), slot, reports, held };
        w.post_dollars(&all[..first]).expect_revert(fewer);
    }
}

/// Three agree within the band, all five do not: what the three made stands, and shows how far the others are.
#[test]
fn more_reports_without_a_quorum_raise_the_dispersion_of_what_stands() {
    let w = World::new();
    let (slot, quorum) = (w.slot(), U256::from(3));
    let all = [970, 985, 1_000, 1_040, 1_040];
    let none = NoQuorum { feed: btc(), votes: U256::from(2), quorum };
    w.post_dollars(&all).expect_revert(none.clone());
    w.post_dollars(&all[..3]).ok();
    let (price, dispersion) = (985 * ONE, 55_838);
    let emitted = PriceRound { feed: btc(), slot, price, confidence: 1_000_000, dispersion, votes: 3, dropped: 2 };
    w.post_dollars(&all).expect_emit(emitted).ok();
    w.post_dollars(&all).expect_revert(none);
    let (reports, held) = (quorum, U256::from(5));
    w.post_dollars(&all[..3]).expect_revert(NotSuperseding { feed: btc(), slot, reports, held });
    let round = w.held(btc(), slot);
    assert_eq!((round.price, round.dispersion, round.votes, round.dropped), (price, dispersion, 3, 2));
}

#[test]
fn the_round_before_is_the_newest_within_an_hour() {
    let w = World::new();
    let first = w.slot();
    let at = |slot| {
        let found = w.view(w.oracle, roundAndPreviousCall { feed: btc(), slot });
        assert_eq!(found.round, w.held(btc(), slot));
        (found.previous.slot, found.previous.price)
    };
    w.post_dollars(&[100; 5]).ok();
    assert_eq!(at(first), (0, 0));
    w.warp(3_600);
    assert_eq!(at(first + 360), (0, 0), "no round, nothing before it");
    w.post_dollars(&[101; 5]).ok();
    assert_eq!(at(first + 360), (first, 100 * ONE));
    w.warp(30);
    w.post_dollars(&[102; 5]).ok();
    assert_eq!(at(first + 363), (first + 360, 101 * ONE));
    let late = w.round(btc(), first + 362, &dollars(&[103; 5]));
    w.prank(STRANGER).submit(vec![late]).ok();
    assert_eq!(at(first + 363), (first + 362, 103 * ONE));
    w.warp(3_610);
    w.post_dollars(&[104; 5]).ok();
    assert_eq!(at(first + 724), (0, 0), "an hour and a slot");
}

#[test]
fn what_another_call_brought_is_passed_over() {
    let w = World::new();
    let (eth, slot) = (feed("ETH-USD"), w.slot());
    w.post_dollars(&[100; 5]).ok();
    let rounds = vec![w.round(btc(), slot, &dollars(&[100; 5])), w.round(eth, slot, &dollars(&[40; 5]))];
    let done = w.prank(RELAYER).submit(rounds.clone()).ok();
    assert_eq!(done.event::<PriceRound>().feed, eth);
    let (reports, held) = (U256::from(5), U256::from(5));
    w.prank(RELAYER).submit(rounds).expect_revert(NotSuperseding { feed: eth, slot, reports, held });
}

#[test]
fn a_bad_round_fails_the_whole_call() {
    let w = World::new();
    let (eth, slot) = (feed("ETH-USD"), w.slot());
    let rounds = vec![w.round(eth, slot, &dollars(&[40; 5])), w.round(btc(), slot, &dollars(&[100; 2]))];
    w.prank(RELAYER).submit(rounds).expect_revert_of::<NoQuorum>();
    assert_eq!(w.held(eth, slot).price, 0);
}

#[test]
fn slot_must_not_be_in_the_future() {
    let w = World::new();
    let current = w.slot();
    let round = w.round(btc(), current + 1, &dollars(&[100; 5]));
    w.prank(RELAYER).submit(vec![round]).expect_revert(SlotInFuture { slot: current + 1, current });
}

#[test]
fn slot_may_be_as_old_as_the_set_says() {
    let w = World::new();
    let oldest = w.slot() - 6;
    let round = w.round(btc(), oldest - 1, &dollars(&[100; 5]));
    w.prank(RELAYER).submit(vec![round]).expect_revert(SlotTooOld { slot: oldest - 1, oldest });
    let round = w.round(btc(), oldest, &dollars(&[100; 5]));
    w.prank(RELAYER).submit(vec![round]).ok();
}

#[test]
fn set_must_be_the_governed_one() {
    let w = World::new();
    let expected = w.view(w.oracle, reporterSetHashCall {});
    assert_eq!(Some(expected), reporter_set_hash(&w.reporters));
    let other = ReporterSet { quorum: 2, ..w.reporters.clone() };
    let given = reporter_set_hash(&other).unwrap();
    w.post_as(&other, w.five()).expect_revert(WrongReporterSet { expected, given });
}

#[test]
fn signature_must_be_of_the_reporter_named() {
    let w = World::new();
    let mut reports = w.five();
    reports[1].signature = w.report(2, w.signed(100 * ONE)).signature;
    let (expected, recovered) = (REPORTERS[1].address(), REPORTERS[2].address());
    w.post_reports(reports).expect_revert(InvalidSigner { expected, recovered });
}

#[test]
fn signature_must_be_of_the_report() {
    let w = World::new();
    let spoil: [fn(&mut Report); 2] = [|report| report.price += 1, |report| report.confidence -= 1];
    for change in spoil {
        let mut reports = w.five();
        change(&mut reports[3]);
        assert_eq!(w.post_reports(reports).expect_revert_of::<InvalidSigner>().expected, REPORTERS[3].address());
    }
    let [other_feed, other_slot] =
        [PriceReport { feed: feed("ETH-USD"), ..w.signed(100 * ONE) }, PriceReport { slot: 5, ..w.signed(100 * ONE) }];
    for signed in [other_feed, other_slot] {
        let mut reports = w.five();
        reports[0] = w.report(0, signed);
        assert_eq!(w.post_reports(reports).expect_revert_of::<InvalidSigner>().expected, REPORTERS[0].address());
    }
}

#[test]
fn signature_must_not_be_the_malleable_twin() {
    const ORDER: U256 =
        alloy::primitives::uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    let w = World::new();
    let mut reports = w.five();
    let s = U256::from_be_slice(&reports[0].signature[32..]);
    let (parity, s) = (s >> 255, s & (U256::MAX >> 1));
    let twin: U256 = (ORDER - s) & (U256::MAX >> 1) | ((U256::from(1) - parity) << 255);
    reports[0].signature[32..].copy_from_slice(&twin.to_be_bytes::<32>());
    assert_eq!(w.post_reports(reports).expect_revert_of::<InvalidSigner>().expected, REPORTERS[0].address());
}

#[test]
fn no_signature_is_no_signer() {
    let w = World::new();
    let mut reports = w.five();
    reports[0].signature = [0; 64];
    let expected = REPORTERS[0].address();
    w.post_reports(reports).expect_revert(InvalidSigner { expected, recovered: Address::ZERO });
}

#[test]
fn reporter_must_be_in_the_set() {
    let w = World::new();
    let mut reports = w.five();
    reports[4].reporter = 5;
    let outcome = w.post_reports(reports);
    outcome.expect_revert(InvalidSigner { expected: Address::ZERO, recovered: REPORTERS[4].address() });
}

#[test]
fn reports_are_not_replayed_from_another_contract_or_chain() {
    let w = World::new();
    let chain = w.node.chain_id();
    for domain in [Domain::oracle(chain, w.registry), Domain::oracle(1, w.oracle), Domain::escrow(chain, w.oracle)] {
        let mut reports = w.five();
        reports[0].signature = REPORTERS[0].sign(domain.report(&w.signed(100 * ONE)));
        assert_eq!(w.post_reports(reports).expect_revert_of::<InvalidSigner>().expected, REPORTERS[0].address());
    }
}

#[test]
fn a_reporter_votes_once() {
    let w = World::new();
    let mut reports = w.five();
    reports[4] = w.report(1, w.signed(100 * ONE));
    w.post_reports(reports).expect_revert(DuplicateGroup { group: 2 });
}

#[test]
fn a_source_group_votes_once() {
    let w = World::new();
    let mut set = w.reporters.clone();
    set.reporters.iter_mut().skip(3).for_each(|reporter| reporter.group = 9);
    w.govern(set.clone()).ok();
    let reports = w.five();
    w.post_as(&set, reports.clone()).expect_revert(DuplicateGroup { group: 9 });
    w.post_as(&set, reports[..4].to_vec()).ok();
}

#[test]
fn price_must_be_positive() {
    let w = World::new();
    let mut reports = w.five();
    reports[2] = w.report(2, w.signed(0));
    w.post_reports(reports).expect_revert(InvalidPrice { feed: btc() });
}

#[test]
fn confidence_is_at_most_one() {
    let w = World::new();
    let mut reports = w.five();
    reports[2] = w.report(2, PriceReport { confidence: 1_000_001, ..w.signed(ONE) });
    w.post_reports(reports).expect_revert(InvalidConfidence { confidence: 1_000_001 });
}

#[test]
fn payload_is_read_exactly() {
    let w = World::new();
    let rounds = Rounds { set: w.reporters.clone(), rounds: vec![w.round(btc(), w.slot(), &dollars(&[100; 5]))] };
    let payload = rounds.encode().unwrap();
    let end = payload.len();
    let oracle = w.oracle;
    let send = |payload: &[u8]| {
        let data = [&submitCall::SELECTOR[..], payload].concat();
        w.prank(RELAYER).send_raw::<submitCall>(oracle, data)
    };
    send(&[&payload[..], &[0]].concat()).expect_revert(Malformed { offset: U256::from(end) });
    send(&payload[..end - 1]).expect_revert(Malformed { offset: U256::from(end - 64) });
    send(&payload[..FIRST_REPORT]).expect_revert(Malformed { offset: U256::from(FIRST_REPORT) });
    send(&[]).expect_revert(Malformed { offset: U256::ZERO });
    send(&payload).ok();
}

#[test]
fn ring_holds_a_day() {
    let w = World::new();
    let first = w.slot();
    w.post_dollars(&[100; 5]).ok();
    w.warp(8_639 * 10);
    w.post_dollars(&[101; 5]).ok();
    assert_eq!((w.held(btc(), first).price, w.held(btc(), w.slot()).price), (100 * ONE, 101 * ONE));
    w.warp(10);
    w.post_dollars(&[102; 3]).ok();
    assert_eq!(w.slot(), first + 8_640);
    let none = Round { slot: first, price: 0, confidence: 0, dispersion: 0, votes: 0, dropped: 0 };
    assert_eq!((w.held(btc(), first), w.held(btc(), w.slot()).price), (none, 102 * ONE));
}

#[test]
fn feeds_do_not_meet_in_storage() {
    let w = World::new();
    w.post_dollars(&[100; 5]).ok();
    assert_eq!(w.held(feed("ETH-USD"), w.slot()).price, 0);
    assert_eq!(w.held(btc(), w.slot() + 8_640).price, 0);
}

#[test]
fn latest_walks_back_to_its_age() {
    let w = World::new();
    let (feed, slot) = (btc(), w.slot());
    w.post_dollars(&[100; 5]).ok();
    w.warp(50);
    assert_eq!(w.view(w.oracle, latestCall { feed, maxAgeSlots: 5 }).slot, slot);
    let (oracle, current) = (w.oracle, w.slot());
    w.prank(STRANGER).send(oracle, latestCall { feed, maxAgeSlots: 4 }).expect_revert(NoRound { feed, slot: current });
}

#[test]
fn latest_walks_an_hour_at_most() {
    let w = World::new();
    let (feed, oracle) = (btc(), w.oracle);
    w.post_dollars(&[100; 5]).ok();
    w.warp(3_600);
    assert_eq!(w.view(oracle, latestCall { feed, maxAgeSlots: u64::MAX }).price, 100 * ONE);
    w.warp(10);
    let slot = w.slot();
    w.prank(STRANGER).send(oracle, latestCall { feed, maxAgeSlots: u64::MAX }).expect_revert(NoRound { feed, slot });
}

#[test]
fn new_set_takes_the_place_of_the_old() {
    let w = World::new();
    let old = w.reporters.clone();
    let set = ReporterSet { quorum: 1, bandPpm: 5, maxAgeSlots: 8_639, reporters: old.reporters[3..].to_vec() };
    let hash = reporter_set_hash(&set).unwrap();
    let emitted = ReportersSet {
        setHash: hash,
        quorum: 1,
        bandPpm: 5,
        maxAgeSlots: 8_639,
        signers: vec![REPORTERS[3].address(), REPORTERS[4].address()],
        groups: vec![4, 5],
    };
    w.govern(set).expect_emit(emitted).ok();
    let given = reporter_set_hash(&old).unwrap();
    w.post_dollars(&[100; 5]).expect_revert(WrongReporterSet { expected: hash, given });
}

#[test]
fn invalid_sets_are_refused() {
    type Change = fn(&mut ReporterSet);
    let changes: [Change; 9] = [
        |set| set.quorum = 0,
        |set| set.quorum = 6,
        |set| set.bandPpm = 1_000_000,
        |set| set.maxAgeSlots = 8_640,
        |set| set.reporters[0].signer = Address::ZERO,
        |set| set.reporters[0].signer = set.reporters[4].signer,
        |set| set.reporters.iter_mut().skip(2).for_each(|reporter| reporter.group = 1),
        |set| set.reporters.clear(),
        |set| set.reporters = (1..=33).map(|n| Reporter { signer: Address::repeat_byte(n), group: n.into() }).collect(),
    ];
    let w = World::new();
    for change in changes {
        let mut set = w.reporters.clone();
        change(&mut set);
        w.govern(set).expect_revert(InvalidReporterSet {});
    }
    let widest = (1..=32).map(|n| Reporter { signer: Address::repeat_byte(n), group: n.into() }).collect();
    let set = ReporterSet { quorum: 32, reporters: widest, ..w.reporters.clone() };
    w.govern(set).ok();
}

#[test]
fn only_the_owner_governs() {
    let w = World::new();
    let (oracle, set, caller) = (w.oracle, w.reporters.clone(), STRANGER.address());
    w.prank(STRANGER).send(oracle, setReportersCall { set }).expect_revert(NotOwner { caller });
    w.prank(STRANGER).send(oracle, transferOwnershipCall { newOwner: caller }).expect_revert(NotOwner { caller });
    w.prank(STRANGER).send(oracle, acceptOwnershipCall {}).expect_revert(NotOwner { caller });
}

#[test]
fn padding_of_a_set_must_be_zero() {
    let w = World::new();
    let (oracle, set) = (w.oracle, w.reporters.clone());
    let mut data = setReportersCall { set }.abi_encode();
    data[4 + 32] = 1;
    let outcome = w.prank(GOVERNOR).send_raw::<setReportersCall>(oracle, data);
    outcome.expect_revert(Malformed { offset: U256::ZERO });
}

#[test]
fn ownership_passes_in_two_steps() {
    let w = World::new();
    let (oracle, previous, new) = (w.oracle, GOVERNOR.address(), ALICE.address());
    let started = OwnershipTransferStarted { previousOwner: previous, newOwner: new };
    w.prank(GOVERNOR).send(oracle, transferOwnershipCall { newOwner: new }).expect_emit(started).ok();
    assert_eq!(w.view(oracle, ownerCall {}), previous);
    w.prank(GOVERNOR).send(oracle, acceptOwnershipCall {}).expect_revert(NotOwner { caller: previous });
    let transferred = OwnershipTransferred { previousOwner: previous, newOwner: new };
    w.prank(ALICE).send(oracle, acceptOwnershipCall {}).expect_emit(transferred).ok();
    assert_eq!(w.view(oracle, ownerCall {}), new);
    let set = w.reporters.clone();
    w.govern(set).expect_revert(NotOwner { caller: previous });
    w.prank(ALICE).send(oracle, acceptOwnershipCall {}).expect_revert(NotOwner { caller: new });
}

#[test]
fn offered_ownership_can_be_withdrawn() {
    let w = World::new();
    let oracle = w.oracle;
    for new in [ALICE.address(), Address::ZERO] {
        w.prank(GOVERNOR).send(oracle, transferOwnershipCall { newOwner: new }).ok();
    }
    w.prank(ALICE).send(oracle, acceptOwnershipCall {}).expect_revert(NotOwner { caller: ALICE.address() });
}

#[test]
fn constructor_runs_once() {
    let w = World::new();
    let data = [&stylus_constructorCall::SELECTOR[..], &STRANGER.address().abi_encode()].concat();
    let oracle = w.oracle;
    w.prank(STRANGER).send_raw::<stylus_constructorCall>(oracle, data).expect_revert(AlreadyInitialized {});
    assert_eq!(w.view(oracle, ownerCall {}), GOVERNOR.address());
}

/// A round of five signers, its slot of the ring used before.
#[test]
fn round_of_five_signers_stays_within_its_budget() {
    let w = World::new();
    w.cache_programs();
    w.post_dollars(&[100; 3]).ok();
    let gas = w.post_dollars(&[100; 5]).ok().gas;
    assert!(gas <= 60_000, "{gas} gas");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever is signed, the round is the one that the rule written out gives.
    #[test]
    fn fuzz_round_follows_the_rule(prices in prop::collection::vec(prop_oneof![96_000_000..=104_000_000u64, 1..=u64::MAX], 0..=5)) {
        let w = World::new();
        let round = w.round(btc(), w.slot(), &prices);
        let outcome = w.prank(RELAYER).submit(vec![round]);
        match rule(&prices) {
            Some((price, votes)) if votes >= 3 => {
                outcome.ok();
                let held = w.held(btc(), w.slot());
                prop_assert_eq!((held.price, usize::from(held.votes), usize::from(held.dropped)), (price, votes, prices.len() - votes));
            }
            other => prop_assert_eq!(outcome.expect_revert_of::<NoQuorum>().votes, U256::from(other.map_or(0, |(_, votes)| votes))),
        }
    }
}

fn rule(prices: &[u64]) -> Option<(u64, usize)> {
    let median =
        |sorted: &[u128]| Some((sorted.get((sorted.len().checked_sub(1)?) / 2)? + sorted.get(sorted.len() / 2)?) / 2);
    let mut sorted: Vec<u128> = prices.iter().map(|price| u128::from(*price)).collect();
    sorted.sort_unstable();
    let first = median(&sorted)?;
    sorted.retain(|price| price.abs_diff(first) * 1_000_000 <= first * 20_000);
    Some((median(&sorted)? as u64, sorted.len()))
}
