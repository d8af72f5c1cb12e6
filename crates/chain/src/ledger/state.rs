use super::Window;
use abi::escrow::Agreement;
use alloy::primitives::{Address, B256};
use std::collections::BTreeMap;

/// A listed token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    pub token: Address,
    pub decimals: u8,
    pub class: u8,
    pub feed: B256,
}

/// One margin account. Amounts in micro-USD, holdings in lots.
#[derive(Clone, Debug)]
pub struct Account {
    pub agreement: Agreement,
    pub agreement_hash: B256,
    pub house: u32,
    /// Index of the settlement token.
    pub settlement: u8,
    pub root: B256,
    pub sequence: u64,
    pub requirement: u64,
    pub cumulative_variation: i64,
    pub cumulative_fill_variation: i64,
    pub slot: u64,
    pub as_of: u64,
    /// Variation the account owes.
    pub owed: u64,
    /// Variation its house owes it.
    pub house_owes: u64,
    /// Since when it owes anything.
    pub house_owes_since: u64,
    pub holdings: BTreeMap<u8, Holding>,
    /// Variation credited that may not leave yet.
    pub window: Window,
    pub claim: Claim,
    /// The last one.
    pub dispute: Dispute,
    /// Sequence of the last statement whose variation or root was disputed.
    pub last_disputed: u64,
    pub in_default: bool,
    /// It has left for a successor of the escrow.
    pub closed: bool,
    /// Figures that an event gave before the statement that brings them about.
    pub(super) announced: Announced,
}

/// What `OwedPaid` and `HouseClaimIssued` say is owed once the statement of the same call is applied, and what a late
/// `ClaimSatisfied` lets expect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Announced {
    pub owed: Option<u64>,
    pub house_owes: Option<u64>,
    /// What a claim satisfied late bears, until it is charged.
    pub interest: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub lots: u64,
    /// The part valued with the factor of new pledges.
    pub stressed: u64,
    /// What a relayer may still top up.
    pub top_up: u64,
    /// From then on it counts for nothing; zero: not recalled.
    pub recall_at: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Claims ever issued.
    pub number: u16,
    pub open: bool,
    pub tranches: [Tranche; 2],
}

/// A dispute, and the statement that it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    pub open: bool,
    /// See [`abi::escrow::subject`].
    pub subject: u8,
    /// The claim; of a dispute without one, the account's last.
    pub number: u16,
    /// What the pledgor says is wrong, micro-USD.
    pub amount: u64,
    pub root: B256,
    pub slot: u64,
    pub sequence: u64,
    pub requirement: u64,
    pub until: u64,
    /// Lots of the settlement token that the agent staked.
    pub agent_stake: u64,
    /// Both sides' stakes, while it is open.
    pub stakes: u64,
    /// Of variation or root: what the statements followed from, and what they did.
    pub change: DisputedChange,
    /// What the last ruling found; corrections follow from it.
    pub found: B256,
}

/// The statements that a dispute of variation or root is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisputedChange {
    /// Sequence of the first; of a requirement, of the only one.
    pub first: u64,
    pub previous_root: B256,
    pub previous_slot: u64,
    pub fills_digest: B256,
    pub variation: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tranche {
    pub amount: u64,
    pub deadline: u64,
    pub cause: u8,
}

#[derive(Clone, Debug)]
pub struct House {
    pub secured_party: Address,
    pub agent: Address,
    pub second_agent: Address,
    pub default_manager: Address,
    pub parameters_hash: B256,
    /// Index of the settlement token.
    pub settlement: u8,
    /// Lots of the settlement token; below zero only between the credits and the debits of one set.
    pub balance: i64,
    pub cumulative_variation: i64,
    /// Sum of what it owes accounts.
    pub owed: u64,
    pub in_default: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mandate {
    pub requirement_cap: u64,
    pub fill_variation_cap: u64,
    pub valid_until: u64,
}

impl Account {
    pub fn required(&self) -> u64 {
        super::required(&self.agreement, self.requirement)
    }

    /// Bit i set: holds asset i.
    pub fn held_assets(&self) -> u16 {
        self.holdings.iter().filter(|(_, holding)| holding.lots > 0).map(|(index, _)| 1u16 << index).sum()
    }
}
