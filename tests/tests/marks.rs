//! The root over a slot's wider mark set: who must have signed it, for when, and that it stands.
use abi::oracle::PriceOracle::*;
use abi::oracle::ReporterSet;
use abi::packed::{SignedSlot, reporter_set_hash};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolCall;
use chain::sign::Domain;
use plumbline_tests::market::{report, sign_report, taken};
use plumbline_tests::*;

fn root() -> B256 {
    keccak256("forwards, rates, vols")
}

#[test]
fn a_quorum_commits_a_root() {
    let w = World::new();
    let slot = w.slot();
    assert_eq!(w.root_of(slot), B256::ZERO);
    let marks = w.marks(slot, root(), &[4, 0, 2]);
    let done = w.send_marks(&marks).ok();
    assert_eq!((taken(&done.logs).reports.slot, taken(&done.logs).root()), (slot, Some(root())));
    assert_eq!((w.root_of(slot), w.root_of(slot - 1), w.root_of(slot + 1)), (root(), B256::ZERO, B256::ZERO));
}

#[test]
fn less_than_a_quorum_commits_nothing() {
    let w = World::new();
    let (slot, quorum) = (w.slot(), U256::from(3));
    w.send_marks(&w.marks(slot, root(), &[0, 1])).expect_revert(NoMarksQuorum { slot, votes: U256::from(2), quorum });
    assert_eq!(w.root_of(slot), B256::ZERO);
}

#[test]
fn a_source_group_counts_once() {
    let w = World::new();
    let (slot, quorum) = (w.slot(), U256::from(3));
    let mut set = w.reporters.clone();
    set.reporters.iter_mut().skip(3).for_each(|reporter| reporter.group = 9);
    w.prank(GOVERNOR).send(w.oracle, setReportersCall { set: set.clone() }).ok();
    let of = |signers: &[u8]| SignedSlot { set: set.clone(), ..w.marks(slot, root(), signers) };
    w.send_marks(&of(&[0, 3, 4])).expect_revert(NoMarksQuorum { slot, votes: U256::from(2), quorum });
    w.send_marks(&of(&[0, 1, 3, 4])).ok();
}

#[test]
fn all_sign_the_same_root() {
    let w = World::new();
    let (slot, other, quorum) = (w.slot(), keccak256("other marks"), U256::from(3));
    let messages = |roots: &[B256]| (0..).zip(roots).map(|(place, root)| (place, report(slot, *root))).collect();
    let split = w.sign_messages(slot, messages(&[root(), root(), other, other, B256::repeat_byte(1)]));
    w.send_marks(&split).expect_revert(NoMarksQuorum { slot, votes: U256::from(2), quorum });
    let mut claimed = w.marks(slot, root(), &[0, 1, 2]);
    claimed.signatures[1] = w.marks(slot, other, &[1]).signatures[0];
    assert_eq!(w.send_marks(&claimed).expect_revert_of::<InvalidSigner>().expected, REPORTERS[1].address());
    claimed.signatures[1] = w.marks(slot - 1, root(), &[1]).signatures[0];
    assert_eq!(w.send_marks(&claimed).expect_revert_of::<InvalidSigner>().expected, REPORTERS[1].address());
    assert_eq!(w.root_of(slot), B256::ZERO);
    w.send_marks(&w.sign_messages(slot, messages(&[root(), other, other, root(), other]))).ok();
    assert_eq!(w.root_of(slot), other);
}

/// One message has the root with the prices; who has no root votes on prices alone.
#[test]
fn a_root_comes_with_the_rounds() {
    let w = World::new();
    w.warp(10);
    let slot = w.slot();
    let rounds = w.tokens().map(|token| w.round(token.feed, slot, &[ONE; 5]));
    let mut messages = w.messages(&rounds, root());
    messages[0].1.marksRoot = B256::ZERO;
    messages[3].1.marksRoot = keccak256("other marks");
    let signed = w.sign_messages(slot, messages);
    let done = w.prank(STRANGER).submit_and_sync(&signed, w.priced()).ok();
    assert_eq!((w.root_of(slot), done.returned.moved), (root(), 0b111));
    let told = taken(&done.logs);
    assert_eq!((told.root(), told.rounds().count()), (Some(root()), 3));
}

#[test]
fn the_signer_is_a_reporter_of_the_governed_set() {
    let w = World::new();
    let slot = w.slot();
    let mut marks = w.marks(slot, root(), &[0, 1, 2]);
    marks.reports.reports[2].reporter = 5;
    let refused = InvalidSigner { expected: Address::ZERO, recovered: REPORTERS[2].address() };
    w.send_marks(&marks).expect_revert(refused);
    let mut marks = w.marks(slot, root(), &[0, 1, 2]);
    marks.signatures[2] = [0; 64];
    let refused = InvalidSigner { expected: REPORTERS[2].address(), recovered: Address::ZERO };
    w.send_marks(&marks).expect_revert(refused);
    let set = ReporterSet { quorum: 1, ..w.reporters.clone() };
    let (expected, given) = (w.view(w.oracle, reporterSetHashCall {}), reporter_set_hash(&set).unwrap());
    let refused = WrongReporterSet { expected, given };
    w.send_marks(&SignedSlot { set, ..w.marks(slot, root(), &[0, 1, 2]) }).expect_revert(refused);
}

#[test]
fn the_slot_is_neither_in_the_future_nor_too_old() {
    let w = World::new();
    let (current, oldest) = (w.slot(), w.slot() - 6);
    let late = SlotInFuture { slot: current + 1, current };
    w.send_marks(&w.marks(current + 1, root(), &[0, 1, 2])).expect_revert(late);
    let early = SlotTooOld { slot: oldest - 1, oldest };
    w.send_marks(&w.marks(oldest - 1, root(), &[0, 1, 2])).expect_revert(early);
    w.send_marks(&w.marks(oldest, root(), &[0, 1, 2])).ok();
}

#[test]
fn a_root_is_not_replaced() {
    let w = World::new();
    let slot = w.slot();
    w.send_marks(&w.marks(slot, root(), &[0, 1, 2])).ok();
    let held = MarksAlreadyCommitted { slot, root: root() };
    w.send_marks(&w.marks(slot, keccak256("other marks"), &[0, 1, 2, 3, 4])).expect_revert(held.clone());
    w.send_marks(&w.marks(slot, root(), &[0, 1, 2, 3, 4])).expect_revert(held);
    assert_eq!(w.root_of(slot), root());
}

/// Bytes without a price and without a root say nothing, and a root that is zero is none.
#[test]
fn no_root_is_zero() {
    let w = World::new();
    let slot = w.slot();
    assert_eq!(w.marks(slot, B256::ZERO, &[0, 1, 2]).encode(), None);
    let payload = w.marks(slot, root(), &[0, 1, 2]).encode().unwrap();
    let at = payload.windows(32).position(|bytes| bytes == root().as_slice()).unwrap();
    let zero = [&payload[..at], &[0; 32], &payload[at + 32..]].concat();
    let data = [&submitCall::SELECTOR[..], &zero].concat();
    let refused = Malformed { offset: U256::from(at + 32) };
    w.prank(STRANGER).send_raw::<submitCall>(w.oracle, data).expect_revert(refused);
}

#[test]
fn roots_are_not_replayed_from_another_contract_or_chain() {
    let w = World::new();
    let (slot, chain) = (w.slot(), w.node.chain_id());
    for domain in [Domain::oracle(chain, w.registry), Domain::oracle(1, w.oracle), Domain::escrow(chain, w.oracle)] {
        let mut marks = w.marks(slot, root(), &[0, 1, 2]);
        marks.signatures[0] = sign_report(domain, 0, &report(slot, root()));
        assert_eq!(w.send_marks(&marks).expect_revert_of::<InvalidSigner>().expected, REPORTERS[0].address());
    }
}

#[test]
fn a_day_later_the_ring_has_moved_on() {
    let w = World::new();
    let (first, next) = (w.slot(), keccak256("tomorrow's"));
    w.send_marks(&w.marks(first, root(), &[0, 1, 2])).ok();
    w.warp(DAY);
    assert_eq!((w.slot(), w.root_of(first), w.root_of(first + 8_640)), (first + 8_640, root(), B256::ZERO));
    w.send_marks(&w.marks(w.slot(), next, &[0, 1, 2])).ok();
    assert_eq!((w.root_of(first), w.root_of(w.slot())), (B256::ZERO, next));
}

#[test]
fn marks_are_read_exactly() {
    let w = World::new();
    let payload = w.marks(w.slot(), root(), &[0, 1, 2]).encode().unwrap();
    let (end, oracle) = (payload.len(), w.oracle);
    let send = |payload: &[u8]| {
        w.prank(STRANGER).send_raw::<submitCall>(oracle, [&submitCall::SELECTOR[..], payload].concat())
    };
    send(&[&payload[..], &[0]].concat()).expect_revert(Malformed { offset: U256::from(end) });
    send(&payload[..end - 1]).expect_revert(Malformed { offset: U256::from(end - 64) });
    send(&payload).ok();
}
