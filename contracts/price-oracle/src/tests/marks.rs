use super::*;
use abi::oracle::PriceOracle::*;
use abi::packed::{MarksVote, SignedMarks};
use abi::types::MarksRoot;
use alloy_primitives::U256;

const ROOT: B256 = B256::repeat_byte(9);

impl World {
    fn commit(&self, root: B256, reporters: &[u8]) -> Result<Vec<u8>> {
        let signed = eip712::marks_hash(&MarksRoot { slot: SLOT, root });
        let vote = |reporter: &u8| MarksVote { reporter: *reporter, signature: self.sign(*reporter, signed) };
        let votes = reporters.iter().map(vote).collect();
        let payload = SignedMarks { set: self.set.clone(), slot: SLOT, root, votes }.encode().unwrap();
        self.machine.send(STRANGER, ORACLE, &[&submitMarksCall::SELECTOR[..], &payload].concat())
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
    assert_eq!(w.commit(ROOT, &[0, 1, 4]), Ok(Vec::new()));
    assert_eq!(w.root(), ROOT);
    assert_eq!(emitted::<MarksCommitted>(&w.machine), [encoded(&MarksCommitted { slot: SLOT, root: ROOT })]);
    let held = MarksAlreadyCommitted { slot: SLOT, root: ROOT };
    assert_eq!(w.commit(B256::repeat_byte(8), &[0, 1, 2]), Err(held.into()));
}

#[test]
fn no_marks_are_no_root() {
    let w = World::new();
    assert_eq!(w.commit(B256::ZERO, &[0, 1, 2]), Err(ZeroRoot { slot: SLOT }.into()));
}
