//! What a pledgor shows of its book in a dispute.
use super::Game;
use super::signed::Change;
use super::truth::Known;
use crate::actors::Actor;
use crate::disputes::KEY;
use abi::escrow::{DisputeState, subject};
use abi::packed::{Following, ShownStep};
use alloy::primitives::B256;
use chain::reveal::shown;
use risk::Book;

impl Game {
    pub(super) fn evidence(&mut self, desk: Actor, dispute: &DisputeState) -> Vec<u8> {
        let known = self.truth.of(desk).disputed.expect("it was opened");
        assert_eq!((known.history(), known.slot), (dispute.history, dispute.slot), "what is disputed");
        if dispute.subject == subject::BOOK {
            return self.steps(desk, &known).encode().expect("everything fits its field");
        }
        let Some(last) = known.changes.last() else { return vec![] };
        let shown = self.market.at(dispute.slot).reveal(&last.after).encode().expect("the book fits its fields");
        [last.previous.as_slice(), last.digest.as_slice(), &shown].concat()
    }

    /// From the last book that was stated right to the disputed one.
    fn steps(&self, desk: Actor, known: &Known) -> Following {
        let start = known.changes.iter().rposition(Change::is_right);
        let from = start.map_or(0, |at| at + 1);
        let (history, digest, before) = match start.map(|at| &known.changes[at]) {
            Some(change) => (change.previous, change.digest, change.after.clone()),
            None => (B256::ZERO, B256::ZERO, Book::new()),
        };
        let step = |change: &Change| {
            let applied = change.applied.clone().expect("what was corrected is right");
            ShownStep { applied, root: change.root }
        };
        Following {
            account: self.w.account(desk),
            previous_history: history,
            digest,
            before: shown(&before, KEY),
            after: Default::default(),
            steps: known.changes[from..].iter().map(step).collect(),
        }
    }
}
