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
    /// What its book became by which fills and events, see [`abi::history`].
    pub history: B256,
    pub sequence: u64,
    pub requirement: u64,
    pub cumulative_variation: i64,
    /// Of the last statement's fills.
    pub fill_variation: i64,
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
    /// What upheld rulings found wrong; nothing rests on it until then.
    pub shield: Shield,
    /// Others than the pledgor may pledge into it.
    pub takes_pledges: bool,
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

/// A dispute, and what was on the books when it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    pub open: bool,
    /// Disputes of the account are numbered from 1.
    pub number: u32,
    /// See [`abi::escrow::subject`].
    pub subject: u8,
    /// What the pledgor says is wrong, micro-USD; held back while it is open.
    pub amount: u64,
    pub history: B256,
    pub slot: u64,
    pub requirement: u64,
    pub variation: i64,
    pub opened: u64,
    pub until: u64,
    pub stakes: Stakes,
    /// What stands, and by how many steps of the book it was found.
    pub found: B256,
    pub steps: u32,
}

/// What each side stands for, in lots of the settlement token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    pub pledgor: u64,
    pub agent: u64,
    /// Out of the house's balance.
    pub house: u64,
    /// What the house will owe; nothing of it is there.
    pub owed: u64,
}

/// What upheld rulings found wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shield {
    pub amount: u64,
    pub until: u64,
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

impl Dispute {
    /// Lots that lie in it.
    pub fn held(&self) -> u64 {
        let Stakes { pledgor, agent, house, .. } = self.stakes;
        if self.open { pledgor.saturating_add(agent).saturating_add(house) } else { 0 }
    }
}

/// Governed bounds, as the escrow begins with them or as they were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub settle_within: u16,
    pub stake_ppm: u32,
    pub least_stake: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { settle_within: 120, stake_ppm: 1_000, least_stake: 1_000_000_000 }
    }
}

/// When a token could not be moved, as probes showed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freeze {
    pub from: u64,
    pub until: u64,
    pub used: u64,
}
