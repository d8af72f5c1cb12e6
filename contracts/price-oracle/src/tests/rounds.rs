use super::*;
use abi::oracle;
use abi::oracle::PriceOracle::*;
use alloy_primitives::U256;
use alloy_sol_types::SolError;
use contract_kit::Revert;

const OTHER: B256 = B256::with_last_byte(8);

impl World {
    fn held(&self) -> oracle::Round {
        self.machine.act(STRANGER, ORACLE, &roundCall { feed: FEED, slot: SLOT }).unwrap()
    }
}

fn fails<E: SolError>(outcome: Result<Vec<u8>>, error: E) {
    assert_eq!(outcome, Err(Revert::from(error)), "{}", E::SIGNATURE);
}

#[test]
fn a_round_is_kept_and_told() {
    let w = World::new();
    let said = w.say(&[101, 99, 100, 100, 130]);
    assert_eq!(w.post(said.clone()), Ok(U256::from(1).to_be_bytes_vec()));
    let oracle::Round { slot, price, confidence, dispersion, votes, dropped } = w.held();
    assert_eq!((slot, price, confidence, dispersion, votes, dropped), (SLOT, 100, PPM, 300_000, 4, 1));
    let [told] = &w.taken()[..] else { panic!("one event") };
    assert_eq!(told.rounds().collect::<Vec<_>>(), [(FEED, &w.held())]);
    let heard: Vec<_> =
        told.reports.reports.iter().map(|report| (report.reporter, told.reports.message(report))).collect();
    assert_eq!(heard, said, "every vote is told");
    assert_eq!(w.machine.act(STRANGER, ORACLE, &latestCall { feed: FEED, maxAgeSlots: 0 }), Ok(w.held()));
}

#[test]
fn more_reports_supersede_a_round_and_as_many_do_not() {
    let w = World::new();
    w.post(w.say(&[100, 100, 100])).unwrap();
    let three = U256::from(3);
    fails(w.post(w.say(&[101, 101, 101])), NotSuperseding { feed: FEED, slot: SLOT, reports: three, held: three });
    assert_eq!(w.held().price, 100);
    w.post(w.say(&[101, 101, 101, 101])).unwrap();
    assert_eq!((w.held().price, w.held().votes), (101, 4));
    assert_eq!(w.taken().len(), 2);
}

#[test]
fn more_reports_without_a_quorum_leave_the_price_and_raise_the_dispersion() {
    let w = World::new();
    fails(
        w.post(w.say(&[100, 100, 200, 300, 400])),
        NoQuorum { feed: FEED, votes: U256::from(1), quorum: U256::from(3) },
    );
    w.post(w.say(&[100, 100, 100])).unwrap();
    w.post(w.say(&[100, 100, 200, 300, 400])).unwrap();
    assert_eq!((w.held().price, w.held().votes, w.held().dropped), (100, 3, 2));
    assert_eq!(w.held().dispersion, 3_000_000);
}

#[test]
fn a_report_of_somebody_else_is_refused_and_nothing_is_kept() {
    let w = World::new();
    let mut signed = w.signed(w.say(&[100, 100, 100]));
    signed.reports.reports[2].reporter = 3;
    let (expected, recovered) = (w.set.reporters[3].signer, w.set.reporters[2].signer);
    fails(w.post_slot(&signed), InvalidSigner { expected, recovered });
    assert_eq!((w.held().price, w.held().votes), (0, 0));
}

/// Two reporters of one source complete each other, and never speak of the same feed.
#[test]
fn a_group_votes_once_on_a_feed() {
    let mut w = World::new();
    w.set.reporters[4].group = w.set.reporters[0].group;
    w.machine.act(OWNER, ORACLE, &setReportersCall { set: w.set.clone() }).unwrap();
    fails(w.post(w.say(&[100; 5])), DuplicateGroup { group: w.set.reporters[0].group });
    let mut said = w.say(&[100; 4]);
    said.push((4, says(&[(OTHER, 50)])));
    assert!(w.post(said).is_ok());
    assert_eq!(w.held().votes, 4);
}

/// One who has no price of a feed votes on the others, and a feed without a quorum holds up none.
#[test]
fn a_feed_without_a_quorum_is_passed_over() {
    let w = World::new();
    let mut said = w.say(&[100, 101, 102]);
    said[0].1 = says(&[(FEED, 100), (OTHER, 50)]);
    said.push((3, says(&[(OTHER, 50)])));
    assert_eq!(w.post(said.clone()), Ok(U256::from(1).to_be_bytes_vec()));
    let [told] = &w.taken()[..] else { panic!("one event") };
    assert_eq!((told.outcomes[0].price, told.outcomes[1].price), (101, 0), "what was passed over is told");
    said[1].1 = says(&[(FEED, 101), (OTHER, 50)]);
    assert_eq!(w.post(said), Ok(U256::from(2).to_be_bytes_vec()), "the first feed is there already");
}

/// The signature is over everything: no one's report is taken in part.
#[test]
fn a_report_is_taken_whole() {
    let w = World::new();
    let said = (0..3).map(|place| (place, says(&[(FEED, 100), (OTHER, 50)]))).collect();
    let mut signed = w.signed(said);
    signed.reports.reports[1].quotes.pop();
    let expected = w.set.reporters[1].signer;
    let Err(error) = w.post_slot(&signed) else { panic!("it is refused") };
    assert_eq!(error.0[..4], InvalidSigner::SELECTOR);
    assert_eq!(error.0[4..36], *expected.into_word());
    assert_eq!(w.held().price, 0);
}

#[test]
fn a_round_is_of_the_last_slots() {
    let w = World::new();
    let mut late = w.say(&[100, 100, 100]);
    late.iter_mut().for_each(|(_, message)| message.slot = SLOT + 1);
    fails(w.post(late), SlotInFuture { slot: SLOT + 1, current: SLOT });
    let reports = w.say(&[100, 100, 100]);
    w.machine.warp(NOW + 7 * SLOT_SECONDS);
    fails(w.post(reports.clone()), SlotTooOld { slot: SLOT, oldest: SLOT + 1 });
    w.machine.warp(NOW + 6 * SLOT_SECONDS);
    assert!(w.post(reports).is_ok());
}

/// What a contract asks for is answered, whoever brought it; a call that brings nothing then says why, behind the answer.
#[test]
fn what_is_asked_for_is_answered() {
    let w = World::new();
    let asked = SignedSlot { asked: std::vec![FEED, OTHER], ..w.signed(w.say(&[100, 100, 100])) };
    let answers = [w.post_slot(&asked).unwrap(), w.post_slot(&asked).unwrap()];
    let words = |answer: &[u8], at: usize| U256::from_be_slice(&answer[at * 32..][..32]);
    for (answer, taken) in answers.iter().zip([1, 0]) {
        assert_eq!(words(answer, 0), U256::from(taken));
        assert_eq!((words(answer, 1), words(answer, 2)), (U256::from(SLOT), U256::from(100)));
        assert_eq!((words(answer, 13), words(answer, 14)), (U256::from(SLOT), U256::ZERO), "no round of the other");
    }
    let three = U256::from(3);
    let why = NotSuperseding { feed: FEED, slot: SLOT, reports: three, held: three };
    assert_eq!((answers[0].len(), &answers[1][25 * 32..]), (25 * 32, &why.abi_encode()[..]));
    assert_eq!(w.taken().len(), 1);
}

#[test]
fn a_static_call_keeps_no_round() {
    let w = World::new();
    let payload = w.signed(w.say(&[1, 1, 1])).encode().unwrap();
    let calldata = [&submitCall::SELECTOR[..], &payload].concat();
    w.machine.deploy(STRANGER, move |host, _| host.static_call(ORACLE, &calldata, u64::MAX).map_err(Revert));
    assert!(w.machine.send(OWNER, STRANGER, &[]).is_err());
    assert_eq!(w.held().price, 0);
}
