//! Accounts, houses and what else the events rebuild.
use super::announced::Announced;
use super::debts::{Part, Parts};
use super::delivered::Counting;
use super::{Claim, Dispute, Orders, Shield, Window};
use abi::escrow::{Agreement, DefaultState};
use alloy::primitives::{Address, B256};
use std::collections::BTreeMap;

/// A listed token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The ERC-20.
    pub token: Address,
    /// Of the token.
    pub decimals: u8,
    /// See [`abi::registry::class`].
    pub class: u8,
    /// The oracle's feed that it is priced by.
    pub feed: B256,
}

/// One margin account. Amounts in micro-USD, holdings in lots.
#[derive(Clone, Debug)]
pub struct Account {
    /// What both parties signed.
    pub agreement: Agreement,
    /// Its EIP-712 struct hash.
    pub agreement_hash: B256,
    /// Number of the house.
    pub house: u32,
    /// Index of the settlement token.
    pub settlement: u8,
    /// What its book became by which fills and events, see [`abi::history`].
    pub history: B256,
    /// The book's root, as it was stated or corrected last.
    pub root: B256,
    /// Statements so far.
    pub sequence: u64,
    /// As stated last.
    pub requirement: u64,
    /// Lots of the settlement token, since the account was opened.
    pub cumulative_variation: i64,
    /// Whole tokens that statements took since the UTC day of the last one began.
    pub debited: u64,
    /// Of the prices of the last statement.
    pub slot: u64,
    /// Seconds since 1970 at which the last statement was made.
    pub as_of: u64,
    /// Variation and interest the account owes; never beside what the house owes it.
    pub owed: u64,
    /// Variation its house owes it.
    pub house_owes: u64,
    /// Since when it owes anything.
    pub house_owes_since: u64,
    /// By index of the asset.
    pub holdings: BTreeMap<u8, Holding>,
    /// Variation credited that may not leave yet.
    pub window: Window,
    /// What is asked of it.
    pub claim: Claim,
    /// The last one.
    pub dispute: Dispute,
    /// What upheld rulings found wrong; no default rests on it until then.
    pub shield: Shield,
    /// Others than the pledgor may pledge into it.
    pub takes_pledges: bool,
    /// What its pledgor has others carry out.
    pub orders: Orders,
    /// A claim on it failed.
    pub in_default: bool,
    /// What was at the moment of default.
    pub failed: DefaultState,
    /// It has left for a successor of the escrow.
    pub closed: bool,
    /// What events said that others of the same call must bring about.
    pub(super) announced: Announced,
    /// From when on what is delivered counts.
    pub(super) counting: Counting,
    /// What was left of the house's debts when this one was touched last; none of a debt that is new.
    pub(super) part: Option<Part>,
}

/// What an account has of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// All of them.
    pub lots: u64,
    /// The part valued with the factor of new pledges.
    pub stressed: u64,
    /// Whole tokens that came in while a claim was open and they had no price: they shield from no enforcement.
    pub late: u64,
    /// From then on it counts for nothing; zero: not recalled.
    pub recall_at: u64,
}

/// The other side of accounts.
#[derive(Clone, Debug)]
pub struct House {
    /// Who holds the margin.
    pub secured_party: Address,
    /// The calculation agent.
    pub agent: Address,
    /// Zero: the agent is alone.
    pub second_agent: Address,
    /// Who may act on an account in default; zero: nobody.
    pub default_manager: Address,
    /// Of the agreed risk parameters.
    pub parameters_hash: B256,
    /// Index of the settlement token.
    pub settlement: u8,
    /// Lots of the settlement token; below zero only between the credits and the debits of one set.
    pub balance: i64,
    /// Lots; with that of all its accounts it comes to zero.
    pub cumulative_variation: i64,
    /// Sum of what it owes accounts.
    pub owed: u64,
    /// It missed a claim on it.
    pub in_default: bool,
    /// Rulings against its agents, each within a day of the one before, and when the last was.
    pub lost: (u32, u64),
    /// What is left of its debts.
    pub(super) parts: Parts,
    /// Lots that it paid in this transaction.
    pub(super) paid_out: u64,
}

/// What a venue may bind an account to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mandate {
    /// Micro-USD.
    pub requirement_cap: u64,
    /// Lots of the settlement token a day.
    pub fill_variation_cap: u64,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// What fills cost in `day` (days since 1970).
    pub used: u64,
    /// Days since 1970.
    pub day: u64,
}

/// Governed bounds, as the escrow begins with them or as they were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Seconds from match to settlement.
    pub settle_within: u16,
    /// Least stake, parts per million of the disputed amount.
    pub stake_ppm: u32,
    /// Least stake, micro-USD.
    pub least_stake: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { settle_within: 120, stake_ppm: 1_000, least_stake: 1_000_000_000 }
    }
}

impl House {
    /// What it may pay out: not owed.
    pub fn free(&self) -> u64 {
        u64::try_from(self.balance).unwrap_or_default().saturating_sub(self.owed)
    }
}

impl Account {
    /// `C`, micro-USD.
    pub fn required(&self) -> u64 {
        super::required(&self.agreement, self.requirement)
    }

    /// Lots of the settlement token.
    pub fn cash(&self) -> u64 {
        self.holdings.get(&self.settlement).map_or(0, |holding| holding.lots)
    }

    /// Bit i set: holds asset i.
    pub fn held_assets(&self) -> u16 {
        self.holdings.iter().filter(|(_, holding)| holding.lots > 0).map(|(index, _)| 1u16 << index).sum()
    }
}
