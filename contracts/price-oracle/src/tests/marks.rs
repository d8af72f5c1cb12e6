use super::*;
use abi::oracle::PriceOracle::*;
use alloy_primitives::U256;

const ROOT: B256 = B256::repeat_byte(9);

impl World {
    fn commit(&self, root: B256, reporters: &[u8]) -> Result<Vec<u8>> {
        let alone = SlotReport { marksRoot: root, ..says(&[]) };
        self.post(reporters.iter().map(|reporter| (*reporter, alone.clone())).collect())
    }

    fn root(&self) -> B256 {
        self.machine.act(STRANGER, ORACLE, &marksRootCall { slot: SLOT }).unwrap()
    }
}

#[test]
fn the_first_quorum_commits_a_slots_marks() {
    let w = World::new();
    let (votes, quorum) = (U256::from(2), U256::from(3));
    assert_eq!(w.commit(ROOT, &[0, 1]), Err(NoMarksQuorum { slot: SLOT, votes, quorum }.into()));
    assert_eq!(w.root(), B256::ZERO);
    assert!(w.commit(ROOT, &[0, 1, 4]).is_ok());
    assert_eq!(w.root(), ROOT);
    assert_eq!(w.taken().iter().map(TakenSlot::root).collect::<Vec<_>>(), [Some(ROOT)]);
    let held = MarksAlreadyCommitted { slot: SLOT, root: ROOT };
    assert_eq!(w.commit(B256::repeat_byte(8), &[0, 1, 2]), Err(held.into()));
}

/// One of them has no root, one another: three are a quorum, and all five prices count.
#[test]
fn a_root_and_prices_come_in_one_message() {
    let w = World::new();
    let other = B256::repeat_byte(7);
    let mut messages = w.say(&[100; 5]);
    for (reporter, root) in [(0, other), (1, ROOT), (2, ROOT), (4, ROOT)] {
        messages[reporter].1.marksRoot = root;
    }
    let taken: U256 = U256::from(1) | (U256::from(1) << 255);
    assert_eq!(w.post(messages), Ok(taken.to_be_bytes_vec()));
    assert_eq!((w.root(), w.taken()[0].rounds().count()), (ROOT, 1));
    assert_eq!(w.taken()[0].outcomes[0].votes, 5);
}

/// A root without a quorum holds up no round, nor a round without one the root.
#[test]
fn prices_and_root_do_not_hold_up_each_other() {
    let w = World::new();
    let mut messages = w.say(&[100; 3]);
    messages[1].1.marksRoot = ROOT;
    assert!(w.post(messages.clone()).is_ok());
    assert_eq!((w.root(), w.taken()[0].committed), (B256::ZERO, 0));
    messages.iter_mut().for_each(|(_, message)| message.marksRoot = ROOT);
    assert!(w.post(messages).is_ok(), "the round is there already");
    assert_eq!((w.root(), w.taken()[1].rounds().count()), (ROOT, 0));
}
