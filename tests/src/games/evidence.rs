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
use rand::Rng;
use risk::Book;

impl Game {
    /// The same by somebody who knows what is behind every root, from the beginning.
    pub(super) fn whole_evidence(&mut self, desk: Actor, dispute: &DisputeState) -> Vec<u8> {
        let known = self.truth.of(desk).disputed.expect("it was opened");
        if dispute.subject != subject::BOOK {
            return self.figures(&known, dispute, |last| &last.behind);
        }
        let corrected = known.changes.iter().rposition(|change| change.applied.is_none());
        let after = known.changes.last().map_or_else(Book::new, |change| change.behind.clone());
        let shown = Following { after: shown(&after, KEY), ..self.steps(desk, &known, corrected) };
        shown.encode().expect("everything fits its field")
    }

    pub(super) fn evidence(&mut self, desk: Actor, dispute: &DisputeState) -> Vec<u8> {
        let known = self.truth.of(desk).disputed.expect("it was opened");
        assert_eq!((known.history(), known.slot), (dispute.history, dispute.slot), "what is disputed");
        if dispute.subject == subject::BOOK {
            let start = known.changes.iter().rposition(Change::is_right);
            return self.steps(desk, &known, start).encode().expect("everything fits its field");
        }
        self.figures(&known, dispute, |last| &last.after)
    }

    /// Of the book that somebody knows behind the last root.
    fn figures(&mut self, known: &Known, dispute: &DisputeState, book: fn(&Change) -> &Book) -> Vec<u8> {
        let Some(last) = known.changes.last() else { return vec![] };
        let shown = self.market.at(dispute.slot).reveal(book(last)).encode().expect("the book fits its fields");
        [last.previous.as_slice(), last.digest.as_slice(), &shown].concat()
    }

    /// From any change that may have a start, right or wrong.
    pub(super) fn partial_evidence(&mut self, desk: Actor) -> Vec<u8> {
        let known = self.truth.of(desk).disputed.expect("it was opened");
        let first = known.changes.iter().rposition(|change| change.applied.is_none()).unwrap_or(0);
        let start = (!known.changes.is_empty()).then(|| self.rng.random_range(first..known.changes.len()));
        self.steps(desk, &known, start).encode().expect("everything fits its field")
    }

    /// From the book after the change at `start`, or from the beginning, to the disputed one.
    fn steps(&self, desk: Actor, known: &Known, start: Option<usize>) -> Following {
        let from = start.map_or(0, |at| at + 1);
        let (history, digest, before) = match start.map(|at| &known.changes[at]) {
            Some(change) => (change.previous, change.digest, change.behind.clone()),
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
