use super::*;
use abi::oracle;
use abi::oracle::PriceOracle::*;
use alloy_primitives::U256;
use alloy_sol_types::SolError;
use contract_kit::Revert;

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
    assert_eq!(w.post(w.say(&[101, 99, 100, 100, 130])), Ok(Vec::new()));
    let oracle::Round { slot, price, confidence, dispersion, votes, dropped } = w.held();
    assert_eq!((slot, price, confidence, dispersion, votes, dropped), (SLOT, 100, PPM, 300_000, 4, 1));
    let told = PriceRound { feed: FEED, slot, price, confidence, dispersion, votes, dropped };
    assert_eq!(emitted::<PriceRound>(&w.machine), [encoded(&told)]);
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
    assert_eq!(w.machine.events::<PriceRound>(ORACLE).len(), 2);
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
    let mut reports = w.say(&[100, 100, 100]);
    reports[2].reporter = 3;
    let (expected, recovered) = (w.set.reporters[3].signer, w.set.reporters[2].signer);
    fails(w.post(reports), InvalidSigner { expected, recovered });
    assert_eq!((w.held().price, w.held().votes), (0, 0));
}

#[test]
fn a_group_votes_once() {
    let w = World::new();
    fails(w.post(std::vec![w.report(0, 100), w.report(0, 100)]), DuplicateGroup { group: 0 });
}

#[test]
fn a_round_that_fails_takes_the_others_with_it() {
    let w = World::new();
    let good = Round { feed: FEED, slot: SLOT, reports: w.say(&[100, 100, 100]) };
    let late = Round { slot: SLOT + 1, ..good.clone() };
    fails(w.post_all(std::vec![good, late]), SlotInFuture { slot: SLOT + 1, current: SLOT });
    assert_eq!(w.held().price, 0);
    assert_eq!(emitted::<PriceRound>(&w.machine).len(), 0);
}

#[test]
fn a_round_is_of_the_last_slots() {
    let w = World::new();
    let reports = w.say(&[100, 100, 100]);
    w.machine.warp(NOW + 7 * SLOT_SECONDS);
    fails(w.post(reports.clone()), SlotTooOld { slot: SLOT, oldest: SLOT + 1 });
    w.machine.warp(NOW + 6 * SLOT_SECONDS);
    assert!(w.post(reports).is_ok());
}

#[test]
fn a_static_call_keeps_no_round() {
    let w = World::new();
    let payload =
        Rounds { set: w.set.clone(), rounds: std::vec![Round { feed: FEED, slot: SLOT, reports: w.say(&[1, 1, 1]) }] };
    let calldata = [&submitCall::SELECTOR[..], &payload.encode().unwrap()].concat();
    w.machine.deploy(STRANGER, move |host, _| host.static_call(ORACLE, &calldata, u64::MAX).map_err(Revert));
    assert!(w.machine.send(OWNER, STRANGER, &[]).is_err());
    assert_eq!(w.held().price, 0);
}
