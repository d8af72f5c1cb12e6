//! A call that is ready to be sent, and what it comes to.
use crate::agents::NotSigned;
use crate::journal::StatementNote;
use crate::state::fill::FillId;
use crate::state::ledger::{House, Prices};
use crate::state::{Expected, Flight, Kind};
use abi::types::StatementSet;
use alloy::primitives::{Address, B256};
use chain::Revert;
use chain::proposal::{self, Terms};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Call {
    pub kind: Kind,
    /// 0 for a lapse.
    pub house: u32,
    /// Zero for a set without fills.
    pub venue: Address,
    pub calldata: Vec<u8>,
    /// What agents must sign first.
    pub unsigned: Option<Unsigned>,
    pub statements: Vec<StatementNote>,
    pub prices: Arc<Prices>,
    pub accounts: BTreeMap<u64, Expected>,
    pub house_after: Option<House>,
    /// Fills that settle with it.
    pub fills: Vec<FillId>,
    /// Fills in it, settled or lapsed.
    pub count: usize,
    /// Gas of its execution, from above: for a call that cannot be tried, because what it builds on is in flight.
    pub gas: u64,
}

/// A set without its agents' signatures.
#[derive(Clone, Debug)]
pub struct Unsigned {
    /// With something as long in the signatures' place.
    pub call: proposal::Call,
    /// The same with its selector.
    pub calldata: Vec<u8>,
    pub set: StatementSet,
    /// Of its fills.
    pub terms: Vec<Terms>,
    /// Digests of the sets in flight that it builds on.
    pub ahead: Vec<B256>,
}

/// What the journal keeps of a set.
pub fn notes(set: &StatementSet) -> Vec<StatementNote> {
    let notes = set.statements.iter().map(|statement| StatementNote {
        account: statement.account,
        sequence: statement.sequence,
        root: statement.newRoot,
        requirement: statement.requirement,
        cumulative_variation: statement.cumulativeVariation,
    });
    notes.collect()
}

/// What became of a call at once.
pub enum Dispatch {
    Sent,
    /// The simulation said no, or the key cannot pay; nothing was spent.
    Refused(Call, Revert),
    /// An agent computes something else, or does not answer; nothing was spent.
    NotSigned(Call, NotSigned),
    /// More than one transaction holds, in the node's words; nothing was spent.
    TooLarge(Call, String),
}

/// What became of a flight.
#[derive(Clone, Debug)]
pub enum Outcome {
    Included,
    /// On chain without effect.
    Reverted,
    /// Never on chain, and why it does not get there.
    Gone(String),
}

pub struct Concluded {
    pub flight: Flight,
    pub outcome: Outcome,
}
