//! Roots over a slot's wider mark set, as reporters sign them.
use crate::actors::{REPORTERS, STRANGER};
use crate::outcome::Outcome;
use crate::world::World;
use abi::oracle::PriceOracle::{marksRootCall, submitMarksCall};
use abi::packed::{MarksVote, SignedMarks};
use abi::types::MarksRoot;
use alloy::primitives::B256;
use alloy::sol_types::SolCall;
use chain::sign::Domain;

impl World {
    /// Signed by the reporters at these places.
    pub fn marks(&self, slot: u64, root: B256, signers: &[u8]) -> SignedMarks {
        let domain = Domain::oracle(self.node.chain_id(), self.oracle);
        let votes = signers.iter().map(|place| marks_vote(domain, *place, slot, root)).collect();
        SignedMarks { set: self.reporters.clone(), slot, root, votes }
    }

    pub fn send_marks(&self, marks: &SignedMarks) -> Outcome<submitMarksCall> {
        let data = [&submitMarksCall::SELECTOR[..], &marks.encode().expect("the votes fit a byte")].concat();
        self.prank(STRANGER).send_raw(self.oracle, data)
    }

    pub fn root_of(&self, slot: u64) -> B256 {
        self.view(self.oracle, marksRootCall { slot })
    }
}

pub fn marks_vote(domain: Domain, place: u8, slot: u64, root: B256) -> MarksVote {
    let signature = REPORTERS[usize::from(place)].sign(domain.marks(&MarksRoot { slot, root }));
    MarksVote { reporter: place, signature }
}
