//! price-oracle: slots, their rounds and checks, governance.
use abi::oracle::PriceOracle::*;
use abi::oracle::{Reporter, ReporterSet, Round};
use abi::packed::{SignedSlot, reporter_set_hash};
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{SolCall, SolValue};
use chain::sign::Domain;
use plumbline_tests::market::{self, Said, sign_report, taken};
use plumbline_tests::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Bytes of the set of five, before slot and signers, 4 each.
const SET: usize = 8 + 5 * 22;

fn btc() -> B256 {
    feed("BTC-USD")
}

/// Prices of a round in dollars.
fn dollars(prices: &[u64]) -> Vec<u64> {
    prices.iter().map(|price| price * ONE).collect()
}

trait Oracle {
    fn post_dollars(&self, prices: &[u64]) -> Outcome<submitCall>;
    fn post_slot(&self, slot: &SignedSlot) -> Outcome<submitCall>;
    fn five(&self) -> SignedSlot;
    fn says(&self, said: &[(u64, u32)]) -> Outcome<submitCall>;
    fn held(&self, feed: B256, slot: u64) -> Round;
    fn govern(&self, set: ReporterSet) -> Outcome<setReportersCall>;
}

impl Oracle for World {
    /// BTC of the present slot.
    fn post_dollars(&self, prices: &[u64]) -> Outcome<submitCall> {
        let round = self.round(btc(), self.slot(), &dollars(prices));
        self.prank(STRANGER).submit(vec![round])
    }

    fn post_slot(&self, slot: &SignedSlot) -> Outcome<submitCall> {
        self.prank(STRANGER).submit_signed(slot)
    }

    /// BTC at 100 dollars.
    fn five(&self) -> SignedSlot {
        self.signed_slot(&[self.round(btc(), self.slot(), &dollars(&[100; 5]))], B256::ZERO)
    }

    /// BTC of the present slot, in dollars, with confidences.
    fn says(&self, said: &[(u64, u32)]) -> Outcome<submitCall> {
        let said = (0..).zip(said);
        let said =
            said.map(|(reporter, (price, confidence))| Said { reporter, price: price * ONE, confidence: *confidence });
        self.prank(STRANGER).submit(vec![market::Round { feed: btc(), slot: self.slot(), said: said.collect() }])
    }

    fn held(&self, feed: B256, slot: u64) -> Round {
        self.view(self.oracle, roundCall { feed, slot })
    }

    fn govern(&self, set: ReporterSet) -> Outcome<setReportersCall> {
        let oracle = self.oracle;
        self.prank(GOVERNOR).send(oracle, setReportersCall { set })
    }
}

#[test]
fn round_keeps_median_confidence_and_dispersion() {
    let w = World::new();
    let slot = w.slot();
    let (price, confidence, dispersion) = (100 * ONE, 980_000, 20_000);
    let round = Round { slot, price, confidence, dispersion, votes: 5, dropped: 0 };
    let said = [(101, 990_000), (99, 980_000), (100, 970_000), (102, 999_000), (100, 960_001)];
    w.says(&said).expect_round(btc(), round.clone()).ok();
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
    let kept = Round { slot, price, confidence, dispersion, votes: 4, dropped: 1 };
    w.prank(STRANGER).submit(vec![round]).expect_round(feed, kept).ok();
}

#[test]
fn confidence_is_that_of_counted_votes() {
    let w = World::new();
    let sure = (100, 1_000_000);
    w.says(&[sure, sure, (90, 10), sure, sure]).ok();
    let held = w.held(btc(), w.slot());
    assert_eq!((held.confidence, held.votes, held.dropped, held.dispersion), (1_000_000, 4, 1, 100_000));
}

/// One source of five trusts its price not at all: it is one vote, and the round's confidence is that of the others.
#[test]
fn one_source_does_not_decide_the_confidence() {
    let w = World::new();
    let sure = (100, 1_000_000);
    w.says(&[(100, 0), sure, sure, sure, sure]).ok();
    assert_eq!(w.held(btc(), w.slot()).confidence, 1_000_000);
    w.warp(10);
    w.says(&[(100, 0), sure, (100, 900_000), (100, 800_000)]).ok();
    assert_eq!(w.held(btc(), w.slot()).confidence, 800_000, "of an even number the lower of the middle two");
}

#[test]
fn quorum_counts_reports() {
    let w = World::new();
    let (votes, quorum) = (U256::from(2), U256::from(3));
    w.post_dollars(&[100, 100]).expect_revert(NoQuorum { feed: btc(), votes, quorum });
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
    let round = Round { slot, price: 101 * ONE, confidence: 1_000_000, dispersion: 9_901, votes: 5, dropped: 0 };
    w.post_dollars(&[100, 100, 101, 101, 101]).expect_round(btc(), round).ok();
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
        let round = Round { slot, price: 100 * ONE, confidence: 1_000_000, dispersion: 400_000, votes: 3, dropped: 2 };
        w.post_dollars(&all).expect_round(btc(), round).ok();
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
    let round = Round { slot, price, confidence: 1_000_000, dispersion, votes: 3, dropped: 2 };
    w.post_dollars(&all).expect_round(btc(), round).ok();
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
    assert_eq!(done.returned, U256::from(0b10), "of feeds in their order");
    assert_eq!(taken(&done.logs).rounds().map(|(feed, _)| feed).collect::<Vec<_>>(), [eth]);
    let (reports, held) = (U256::from(5), U256::from(5));
    w.prank(RELAYER).submit(rounds).expect_revert(NotSuperseding { feed: eth, slot, reports, held });
}

/// Of a feed two speak, and of another one five: the second has its round, and what was passed over is told.
#[test]
fn a_feed_without_a_quorum_holds_up_no_other() {
    let w = World::new();
    let (eth, slot) = (feed("ETH-USD"), w.slot());
    let rounds = vec![w.round(eth, slot, &dollars(&[40; 5])), w.round(btc(), slot, &dollars(&[100; 2]))];
    let done = w.prank(RELAYER).submit(rounds).ok();
    assert_eq!((w.held(eth, slot).price, w.held(btc(), slot).price), (40 * ONE, 0));
    let told = taken(&done.logs);
    assert_eq!((told.reports.feeds.clone(), told.outcomes[0].price), (vec![btc(), eth], 0));
    w.prank(RELAYER).submit(vec![w.round(btc(), slot, &dollars(&[100; 3]))]).ok();
}

/// Whatever is signed of one feed, who has none votes on the others.
#[test]
fn a_reporter_without_a_price_votes_on_the_other_feeds() {
    let w = World::new();
    let (eth, slot) = (feed("ETH-USD"), w.slot());
    let mut some = w.round(btc(), slot, &dollars(&[100, 101, 102, 103, 104]));
    some.said.remove(2);
    let signed = w.signed_slot(&[some, w.round(eth, slot, &dollars(&[40; 5]))], B256::ZERO);
    w.post_slot(&signed).ok();
    assert_eq!((w.held(btc(), slot).votes, w.held(eth, slot).votes), (4, 5));
    assert_eq!(w.held(btc(), slot).price, 102 * ONE, "between 101 and 103");
}

/// The signature is over all prices: whoever posts leaves out none of them.
#[test]
fn a_report_is_taken_whole() {
    let w = World::new();
    let (eth, slot) = (feed("ETH-USD"), w.slot());
    let rounds = [w.round(btc(), slot, &dollars(&[100; 5])), w.round(eth, slot, &dollars(&[40; 5]))];
    for (place, reporter) in REPORTERS.into_iter().enumerate() {
        let mut signed = w.signed_slot(&rounds, B256::ZERO);
        signed.reports.reports[place].quotes.remove(place % 2);
        assert_eq!(w.post_slot(&signed).expect_revert_of::<InvalidSigner>().expected, reporter.address());
    }
    let mut other_root = w.signed_slot(&rounds, B256::repeat_byte(1));
    other_root.reports.roots[0] = B256::repeat_byte(2);
    assert_eq!(w.post_slot(&other_root).expect_revert_of::<InvalidSigner>().expected, REPORTERS[0].address());
    let mut no_root = w.signed_slot(&rounds, B256::repeat_byte(1));
    no_root.reports.reports[4].root = 0;
    assert_eq!(w.post_slot(&no_root).expect_revert_of::<InvalidSigner>().expected, REPORTERS[4].address());
}

/// Who signs twice counts once: with more reports beside it the other message takes the slot.
#[test]
fn of_two_messages_of_a_reporter_the_larger_set_s_stands() {
    let w = World::new();
    let slot = w.slot();
    w.post_dollars(&[100, 100, 101]).ok();
    let (reports, held) = (U256::from(3), U256::from(3));
    w.post_dollars(&[100, 100, 99]).expect_revert(NotSuperseding { feed: btc(), slot, reports, held });
    w.post_dollars(&[100, 100, 99, 100]).ok();
    assert_eq!(w.held(btc(), slot).dispersion, 10_000);
    let twice = w.round(btc(), slot, &dollars(&[100, 100, 99, 100, 100]));
    let mut signed = w.signed_slot(&[twice], B256::ZERO);
    signed.reports.reports[4].reporter = 3;
    assert_eq!(signed.encode(), None, "a reporter has one place in a call");
}

/// Prices from one end of the numbers to the other.
#[test]
fn differences_may_be_as_large_as_numbers_are() {
    let w = World::new();
    let (slot, all) = (w.slot(), [1, u64::MAX, u64::MAX - 1, u64::MAX, 7]);
    w.prank(RELAYER).submit(vec![w.round(btc(), slot, &all)]).ok();
    let held = w.held(btc(), slot);
    assert_eq!((held.price, held.votes, held.dropped, held.dispersion), (u64::MAX, 3, 2, 1_000_000));
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
    w.post_slot(&SignedSlot { set: other, ..w.five() }).expect_revert(WrongReporterSet { expected, given });
}

#[test]
fn signature_must_be_of_the_reporter_named() {
    let w = World::new();
    let mut signed = w.five();
    signed.signatures[1] = signed.signatures[2];
    let (expected, recovered) = (REPORTERS[1].address(), REPORTERS[2].address());
    w.post_slot(&signed).expect_revert(InvalidSigner { expected, recovered });
}

#[test]
fn signature_must_be_of_the_report() {
    let w = World::new();
    let spoil: [fn(&mut SignedSlot); 4] = [
        |signed| signed.reports.reports[3].quotes[0].price += 1,
        |signed| signed.reports.reports[3].quotes[0].confidence -= 1,
        |signed| signed.reports.slot -= 1,
        |signed| signed.reports.feeds[0] = feed("ETH-USD"),
    ];
    for (change, place) in spoil.into_iter().zip([3, 3, 0, 0]) {
        let mut signed = w.five();
        change(&mut signed);
        let refused = w.post_slot(&signed).expect_revert_of::<InvalidSigner>();
        assert_eq!(refused.expected, REPORTERS[place].address());
    }
}

#[test]
fn signature_must_not_be_the_malleable_twin() {
    const ORDER: U256 =
        alloy::primitives::uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    let w = World::new();
    let mut signed = w.five();
    let s = U256::from_be_slice(&signed.signatures[0][32..]);
    let (parity, s) = (s >> 255, s & (U256::MAX >> 1));
    let twin: U256 = (ORDER - s) & (U256::MAX >> 1) | ((U256::from(1) - parity) << 255);
    signed.signatures[0][32..].copy_from_slice(&twin.to_be_bytes::<32>());
    assert_eq!(w.post_slot(&signed).expect_revert_of::<InvalidSigner>().expected, REPORTERS[0].address());
}

#[test]
fn no_signature_is_no_signer() {
    let w = World::new();
    let mut signed = w.five();
    signed.signatures[0] = [0; 64];
    let expected = REPORTERS[0].address();
    w.post_slot(&signed).expect_revert(InvalidSigner { expected, recovered: Address::ZERO });
}

#[test]
fn reporter_must_be_in_the_set() {
    let w = World::new();
    for place in [5, 31] {
        let mut signed = w.five();
        signed.reports.reports[4].reporter = place;
        let outcome = w.post_slot(&signed);
        outcome.expect_revert(InvalidSigner { expected: Address::ZERO, recovered: REPORTERS[4].address() });
    }
}

#[test]
fn reports_are_not_replayed_from_another_contract_or_chain() {
    let w = World::new();
    let chain = w.node.chain_id();
    for domain in [Domain::oracle(chain, w.registry), Domain::oracle(1, w.oracle), Domain::escrow(chain, w.oracle)] {
        let mut signed = w.five();
        let message = signed.reports.message(&signed.reports.reports[0]);
        signed.signatures[0] = sign_report(domain, 0, &message);
        assert_eq!(w.post_slot(&signed).expect_revert_of::<InvalidSigner>().expected, REPORTERS[0].address());
    }
}

/// A stranger who repeats what was posted changes nothing and gains nothing.
#[test]
fn a_slot_is_not_replayed() {
    let w = World::new();
    let signed = w.five();
    w.post_slot(&signed).ok();
    w.post_slot(&signed).expect_revert_of::<NotSuperseding>();
    w.warp(70);
    let (slot, oldest) = (signed.reports.slot, w.slot() - 6);
    w.post_slot(&signed).expect_revert(SlotTooOld { slot, oldest });
    w.warp(DAY);
    w.post_slot(&signed).expect_revert_of::<SlotTooOld>();
}

#[test]
fn a_source_group_votes_once() {
    let w = World::new();
    let mut set = w.reporters.clone();
    set.reporters.iter_mut().skip(3).for_each(|reporter| reporter.group = 9);
    w.govern(set.clone()).ok();
    let of = |prices: &[u64]| SignedSlot {
        set: set.clone(),
        ..w.signed_slot(&[w.round(btc(), w.slot(), &dollars(prices))], B256::ZERO)
    };
    w.post_slot(&of(&[100; 5])).expect_revert(DuplicateGroup { group: 9 });
    w.post_slot(&of(&[100; 4])).ok();
    let (eth, slot) = (feed("ETH-USD"), w.slot());
    let mut completes = w.round(eth, slot, &dollars(&[40; 5]));
    completes.said.remove(3);
    let rounds = [w.round(btc(), slot, &dollars(&[100; 4])), completes];
    w.post_slot(&SignedSlot { set: set.clone(), ..w.signed_slot(&rounds, B256::ZERO) }).ok();
    assert_eq!(w.held(eth, slot).votes, 4, "another reporter of the group speaks of another feed");
}

#[test]
fn price_must_be_positive() {
    let w = World::new();
    w.post_dollars(&[100, 100, 0, 100, 100]).expect_revert(InvalidPrice { feed: btc() });
}

/// Bytes can say no more than full confidence, nor less than none.
#[test]
fn confidence_is_at_most_one() {
    let w = World::new();
    let messages: Vec<_> = w.messages(&[w.round(btc(), w.slot(), &dollars(&[100; 5]))], B256::ZERO);
    let with = |confidence: u32| {
        let mut messages = messages.clone();
        messages[2].1.confidences = vec![confidence];
        w.sign_messages(w.slot(), messages)
    };
    assert_eq!(with(1_000_001).encode(), None);
    let payload = with(0).encode().unwrap();
    // 1,000,000 less, three bytes; one more is none.
    let place = payload.windows(3).position(|bytes| bytes == [0xc0, 0x84, 0x3d]).unwrap();
    let mut more = payload.clone();
    more[place] += 1;
    let oracle = w.oracle;
    let send = |payload: &[u8]| {
        let data = [&submitCall::SELECTOR[..], payload].concat();
        w.prank(RELAYER).send_raw::<submitCall>(oracle, data)
    };
    send(&more).expect_revert(Malformed { offset: U256::from(place + 3) });
    send(&payload).ok();
}

#[test]
fn payload_is_read_exactly() {
    let w = World::new();
    let payload = w.five().encode().unwrap();
    let end = payload.len();
    let oracle = w.oracle;
    let send = |payload: &[u8]| {
        let data = [&submitCall::SELECTOR[..], payload].concat();
        w.prank(RELAYER).send_raw::<submitCall>(oracle, data)
    };
    let malformed = |offset: usize| Malformed { offset: U256::from(offset) };
    send(&[&payload[..], &[0]].concat()).expect_revert(malformed(end));
    send(&payload[..end - 1]).expect_revert(malformed(end - 64));
    send(&payload[..SET]).expect_revert(malformed(SET));
    send(&payload[..SET + 9]).expect_revert(malformed(SET + 9));
    send(&[]).expect_revert(malformed(0));
    // No feeds and no roots: nothing is said.
    send(&[&payload[..SET + 4], &[0; 6]].concat()).expect_revert(malformed(SET + 10));
    let mut spoilt = payload.clone();
    spoilt[SET + 8] = 32;
    send(&spoilt).expect_revert(malformed(SET + 9));
    send(&payload).ok();
}

/// The registry's call takes the same bytes, and its offsets are those of the oracle.
#[test]
fn the_registry_hands_on_where_bytes_are_malformed() {
    let w = World::new();
    let payload = w.five().encode_and_sync(0).unwrap();
    let registry = w.registry;
    use abi::registry::EligibilityRegistry::submitAndSyncCall;
    let send = |payload: &[u8]| {
        let data = [&submitAndSyncCall::SELECTOR[..], payload].concat();
        w.prank(RELAYER).send_raw::<submitAndSyncCall>(registry, data)
    };
    let mut spoilt = payload.clone();
    spoilt[SET + 8] = 32;
    send(&spoilt).expect_revert(Malformed { offset: U256::from(SET + 9) });
    send(&payload[..1]).expect_revert(Malformed { offset: U256::from(1) });
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
    assert!(gas <= 57_600, "{gas} gas");
}

/// What each of five reporters says of each of four feeds, or nothing.
fn said() -> impl Strategy<Value = Vec<Vec<Option<(u64, u32)>>>> {
    let price = prop_oneof![4 => 96_000_000..=104_000_000u64, 1 => 1..=u64::MAX, 1 => Just(ONE)];
    let said = prop::option::weighted(0.8, (price, prop_oneof![Just(1_000_000), 0..=1_000_000u32]));
    prop::collection::vec(prop::collection::vec(said, 5), 1..=4)
}

fn rounds_of(w: &World, said: &[Vec<Option<(u64, u32)>>], reporters: u8) -> Vec<market::Round> {
    let names = ["A", "BTC-USD", "ETH-USD", "A-LONG-NAME-OF-THIRTY-TWO-LETTERS"];
    let round = |(name, said): (&str, &Vec<Option<(u64, u32)>>)| {
        let said = (0..reporters).zip(said).filter_map(|(reporter, said)| {
            let (price, confidence) = (*said)?;
            Some(Said { reporter, price, confidence })
        });
        market::Round { feed: feed(&name[..name.len().min(32)]), slot: w.slot(), said: said.collect() }
    };
    names.into_iter().zip(said).map(round).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever is signed, and in whichever order smaller and larger sets come, the slot's rounds are those of the rule written out.
    #[test]
    fn fuzz_rounds_follow_the_rule(said in said(), first in 1u8..=5, root: bool) {
        let w = World::new();
        let root = if root { B256::repeat_byte(3) } else { B256::ZERO };
        let mut expected: BTreeMap<B256, Expected> = BTreeMap::new();
        let mut committed = false;
        for reporters in [first, 5] {
            let rounds = rounds_of(&w, &said, reporters);
            if rounds.iter().all(|round| round.said.is_empty()) {
                continue;
            }
            let signed = w.signed_slot(&rounds, root);
            let signers = signed.reports.reports.len();
            let mut brings = !root.is_zero() && !committed && signers >= 3;
            committed |= brings;
            for round in &rounds {
                let held = expected.get(&round.feed).copied();
                let next = follow(held, &round.said);
                brings |= next != held;
                expected.extend(next.map(|next| (round.feed, next)));
            }
            let outcome = w.post_slot(&signed);
            if brings { drop(outcome.ok()) } else { prop_assert!(outcome.reverted()) }
        }
        for name in rounds_of(&w, &said, 5) {
            let Round { price, confidence, dispersion, votes, dropped, .. } = w.held(name.feed, w.slot());
            let found = (price != 0).then_some(Expected { price, confidence, dispersion, votes, dropped });
            prop_assert_eq!(found, expected.get(&name.feed).copied());
        }
        prop_assert_eq!(w.root_of(w.slot()), if committed { root } else { B256::ZERO });
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expected {
    price: u64,
    confidence: u32,
    dispersion: u32,
    votes: u8,
    dropped: u8,
}

/// The rule of rounds, written anew: what a slot holds after more was said.
fn follow(held: Option<Expected>, said: &[Said]) -> Option<Expected> {
    let reports = held.map_or(0, |held| usize::from(held.votes + held.dropped));
    if said.len() <= reports {
        return held;
    }
    let prices: Vec<u64> = said.iter().map(|said| said.price).collect();
    let away = |price: u64| {
        let most = prices.iter().map(|said| u128::from(said.abs_diff(price)) * 1_000_000).max().unwrap_or(0);
        u32::try_from(most.div_ceil(u128::from(price))).unwrap_or(u32::MAX)
    };
    let quorate = rule(&prices).filter(|(_, votes)| *votes >= 3);
    let Some((price, votes)) = quorate else {
        let held = held?;
        let dropped = (said.len() - usize::from(held.votes)) as u8;
        return Some(Expected { dispersion: held.dispersion.max(away(held.price)), dropped, ..held });
    };
    let mut middle: Vec<u128> = prices.iter().map(|price| u128::from(*price)).collect();
    middle.sort_unstable();
    let median = (middle[(middle.len() - 1) / 2] + middle[middle.len() / 2]) / 2;
    let counted = said.iter().filter(|said| u128::from(said.price).abs_diff(median) * 1_000_000 <= median * 20_000);
    let mut confidences: Vec<u32> = counted.map(|said| said.confidence).collect();
    confidences.sort_unstable();
    let confidence = confidences[(confidences.len() - 1) / 2];
    Some(Expected {
        price,
        confidence,
        dispersion: away(price),
        votes: votes as u8,
        dropped: (said.len() - votes) as u8,
    })
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
