//! What was signed, and that nothing else is signed for the same account and sequence while it may land.
//!
//! A signature that has left cannot be taken back. So a second, different statement for an account and sequence is signed only
//! where the first can land no more:
//!
//! * it is past its `validUntil`, by the chain's time; or
//! * another account of its set has moved on: a set lands whole or not at all; or
//! * the account's positions have become others than it builds on.
//!
//! The same statement at the same slot is signed again as often as one likes.
use abi::types::{MarginStatement, StatementSet};
use alloy::primitives::{B256, keccak256};
use alloy::sol_types::SolValue;
use chain::ledger::Account;
use chain::proposal::Proposal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A set that was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Promise {
    /// The EIP-712 digest that was signed.
    pub digest: B256,
    /// Seconds. After it the set lands no more.
    pub valid_until: u64,
    /// Whose accounts it states.
    pub house: u32,
    /// What the house's cumulative variation becomes, micro-USD.
    pub house_variation: i64,
    /// Of its prices.
    pub slot: u64,
    /// Seconds.
    pub as_of: u64,
    /// In the set's order.
    pub statements: Vec<Stated>,
    /// As it was proposed.
    pub proposal: Proposal,
}

/// What a set says of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// Its number.
    pub account: u64,
    /// One more than the account's.
    pub sequence: u64,
    /// The history that it builds on.
    pub previous: B256,
    /// The history that it leads to.
    pub history: B256,
    /// Cumulative, micro-USD.
    pub variation: i64,
    /// A hash of the statement with the set's slot.
    pub content: B256,
}

impl Promise {
    /// Of a set with its digest, and the proposal that it came from.
    pub fn of(digest: B256, set: &StatementSet, proposal: Proposal) -> Self {
        let statements = set.statements.iter().map(|statement| Stated {
            account: statement.account,
            sequence: statement.sequence,
            previous: statement.previousHistory,
            history: history_after(statement),
            variation: statement.cumulativeVariation,
            content: content(statement, set.slot),
        });
        Self {
            digest,
            valid_until: set.validUntil,
            house: set.house,
            house_variation: set.houseCumulativeVariation,
            slot: set.slot,
            as_of: set.asOf,
            statements: statements.collect(),
            proposal,
        }
    }

    /// Whether it has an account that went beyond what it states, or became another than it builds on: it landed, or never will.
    pub fn is_over(&self, accounts: &BTreeMap<u64, Account>) -> bool {
        self.statements.iter().any(|stated| {
            let Some(account) = accounts.get(&stated.account) else { return false };
            let next = account.sequence.saturating_add(1) == stated.sequence;
            account.sequence >= stated.sequence || (next && account.history != stated.previous)
        })
    }

    /// The first account that `other` states differently.
    fn contradicts(&self, other: &Self) -> Option<u64> {
        let differs = |stated: &&Stated| {
            let same = |of: &&Stated| (of.account, of.sequence) == (stated.account, stated.sequence);
            other.statements.iter().find(same).is_some_and(|of| of.content != stated.content)
        };
        self.statements.iter().find(differs).map(|stated| stated.account)
    }
}

/// What the account's history becomes.
pub fn history_after(statement: &MarginStatement) -> B256 {
    if statement.fillsDigest.is_zero() {
        return statement.previousHistory;
    }
    abi::history::after(statement.previousHistory, statement.newRoot, statement.fillsDigest)
}

fn content(statement: &MarginStatement, slot: u64) -> B256 {
    keccak256((statement.abi_encode(), slot).abi_encode())
}

/// The sets that were signed and are not forgotten.
#[derive(Clone, Debug, Default)]
pub struct Promises {
    by_digest: HashMap<B256, Arc<Promise>>,
    /// Sets that state an account at a sequence.
    by_statement: BTreeMap<(u64, u64), Vec<Arc<Promise>>>,
}

impl Promises {
    /// The earlier promise that `new` contradicts and that may land yet, with the account. `now` is the chain's time.
    pub fn standing(&self, new: &Promise, now: u64, accounts: &BTreeMap<u64, Account>) -> Option<(u64, Arc<Promise>)> {
        let earlier = new.statements.iter().filter_map(|of| self.by_statement.get(&(of.account, of.sequence)));
        let mut alive = earlier.flatten().filter(|held| held.valid_until >= now && !held.is_over(accounts));
        alive.find_map(|held| Some((new.contradicts(held)?, Arc::clone(held))))
    }

    /// By digest.
    pub fn get(&self, digest: B256) -> Option<&Promise> {
        self.by_digest.get(&digest).map(AsRef::as_ref)
    }

    /// Keeps a promise; a second time it changes nothing.
    pub fn give(&mut self, promise: Promise) {
        let promise = Arc::new(promise);
        if self.by_digest.insert(promise.digest, Arc::clone(&promise)).is_some() {
            return;
        }
        for stated in &promise.statements {
            self.by_statement.entry((stated.account, stated.sequence)).or_default().push(Arc::clone(&promise));
        }
    }

    /// Forgets what ended before a time; how many that were.
    pub fn forget(&mut self, before: u64) -> usize {
        let had = self.by_digest.len();
        self.by_digest.retain(|_, promise| promise.valid_until >= before);
        for held in self.by_statement.values_mut() {
            held.retain(|promise| promise.valid_until >= before);
        }
        self.by_statement.retain(|_, held| !held.is_empty());
        had - self.by_digest.len()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.by_digest.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.by_digest.is_empty()
    }
}
