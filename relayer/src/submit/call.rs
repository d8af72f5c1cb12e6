//! A call that is ready to be sent, and what it comes to.
use crate::journal::StatementNote;
use crate::state::fill::FillId;
use crate::state::ledger::{House, Prices};
use crate::state::{Expected, Flight, Kind};
use alloy::primitives::Address;
use chain::Revert;
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

/// What became of a call at once.
pub enum Dispatch {
    Sent,
    /// The simulation said no, or the key cannot pay; nothing was spent.
    Refused(Call, Revert),
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
