//! What is right: every account's book by what the chain applied, what it should have been stated with, and what it should hold.
use super::market::Figures;
use super::signed::{Change, Says, Signed};
use crate::actors::Actor;
use crate::disputes::KEY;
use abi::history;
use alloy::primitives::B256;
use risk::{Book, book_root};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Truth(BTreeMap<Actor, Known>);

/// Of one account.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub changes: Vec<Change>,
    /// As it stands on chain, and as it should.
    pub stated: Figures,
    pub right: Figures,
    /// The slot of both.
    pub slot: u64,
    /// The number of its last dispute.
    pub dispute: u32,
    /// What stood and should have at its slot, and the history then.
    pub disputed: Option<Box<Known>>,
}

impl Truth {
    pub fn of(&self, desk: Actor) -> Known {
        self.0.get(&desk).cloned().unwrap_or_default()
    }

    pub fn known(&mut self, desk: Actor) -> &mut Known {
        self.0.entry(desk).or_default()
    }

    pub fn book(&self, desk: Actor) -> Book {
        self.0.get(&desk).map_or_else(Book::new, Known::book)
    }

    /// The chain took it.
    pub fn apply(&mut self, signed: &Signed) {
        for Says { desk, stated, right, change, .. } in &signed.says {
            let known = self.known(*desk);
            (known.stated, known.right, known.slot) = (*stated, *right, signed.slot);
            known.changes.extend(change.clone());
        }
    }

    /// A dispute opens: what stands now is what it is about, also once it is raised.
    pub fn dispute(&mut self, desk: Actor, number: u32) {
        let known = self.known(desk);
        if known.dispute != number {
            known.dispute = number;
            known.disputed = None;
            known.disputed = Some(Box::new(known.clone()));
        }
    }
}

impl Known {
    pub fn book(&self) -> Book {
        self.changes.last().map_or_else(Book::new, |change| change.after.clone())
    }

    pub fn history(&self) -> B256 {
        self.changes.last().map_or(B256::ZERO, Change::history)
    }

    /// The stated root is that of the book.
    pub fn root_is_right(&self) -> bool {
        self.changes.last().is_none_or(Change::is_right)
    }

    /// Stated against the account: requirement too high, variation too low.
    pub fn wrongs(&self) -> (u64, u64) {
        let over = self.stated.requirement.saturating_sub(self.right.requirement);
        (over, (self.right.level - self.stated.level).max(0).unsigned_abs())
    }
}

impl Change {
    pub fn history(&self) -> B256 {
        history::after(self.previous, self.root, self.digest)
    }

    pub fn is_right(&self) -> bool {
        self.root == book_root(&self.after, KEY)
    }
}
