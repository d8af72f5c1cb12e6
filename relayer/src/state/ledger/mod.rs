//! The escrow's state as far as bundles depend on it, held in step with the chain.
//!
//! Absolute figures come from view calls ([`crate::rpc::read`]); what the relayer's own transactions do is predicted, and kept where
//! the chain's events confirm it. An account that an event touches otherwise is read again.
pub mod account;

pub use account::{Account, Balance, Claim, HeldBack, Standing, Terms, TopUps, Valued};
pub use marks::prices;
pub use marks::{PriceBook, Prices};

use abi::registry::Valuation;
use alloy::primitives::{Address, B256};
use std::collections::BTreeMap;

/// The newest block that was absorbed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub number: u64,
    pub hash: B256,
    /// Seconds: the chain's time.
    pub timestamp: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    pub index: u8,
    pub token: Address,
    pub decimals: u8,
    pub feed: B256,
    pub valuation: Valuation,
    /// What a lot counts for, in 1e-9: less than 1e9 where the escrow holds less than its books say.
    pub ratio: u64,
}

impl Asset {
    /// Lots of its smallest unit: only whole units move.
    pub(crate) fn unit(&self) -> u64 {
        10u64.pow(6u8.saturating_sub(self.decimals).into())
    }
}

/// A secured party's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct House {
    pub id: u32,
    pub agent: Address,
    pub second_agent: Address,
    pub secured_party: Address,
    pub parameters_hash: B256,
    /// Index of the settlement token.
    pub settlement: u8,
    pub lots: csa::House,
    pub cumulative_variation: i64,
    /// Grows with every change.
    pub version: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub head: Head,
    pub assets: BTreeMap<u8, Asset>,
    pub houses: BTreeMap<u32, House>,
    pub accounts: BTreeMap<u64, Account>,
    /// Lots by holder and asset.
    pub inventory: BTreeMap<(Address, u8), u64>,
    pub prices: PriceBook,
    /// Seconds since 1970, by token: until when it counts as stopped by its issuer, as somebody has shown since this process follows.
    pub frozen: BTreeMap<Address, u64>,
    /// A fill settles at most so many seconds after it was matched.
    pub settle_within: u64,
    /// Grows when valuations or prices change.
    pub version: u64,
}

impl Ledger {
    pub fn inventory(&self, holder: Address, asset: u8) -> u64 {
        self.inventory.get(&(holder, asset)).copied().unwrap_or(0)
    }

    /// Its issuer stopped it: no order brings it.
    pub fn is_frozen(&self, token: Address, now: u64) -> bool {
        self.frozen.get(&token).is_some_and(|until| *until > now)
    }

    pub fn asset_of(&self, token: Address) -> Option<&Asset> {
        self.assets.values().find(|asset| asset.token == token)
    }

    pub fn house_of(&self, account: u64) -> Option<&House> {
        self.houses.get(&self.accounts.get(&account)?.house)
    }

    /// The feed of a house's settlement token; zero where the token is not listed.
    pub fn settlement_feed(&self, house: &House) -> B256 {
        self.assets.get(&house.settlement).map_or(B256::ZERO, |asset| asset.feed)
    }

    /// The oldest slot that new risk accepts now.
    pub fn oldest_fresh_slot(&self) -> u64 {
        abi::slot_at(self.head.timestamp).saturating_sub(abi::escrow::FRESH_SLOTS)
    }

    /// What counts in a mark now.
    pub fn marked(&self) -> Valued {
        let oldest = abi::slot_at(self.head.timestamp).saturating_sub(abi::escrow::MARK_SLOTS);
        Valued { oldest, now: self.head.timestamp }
    }

    /// What counts in a bundle with fills now.
    pub fn fresh(&self) -> Valued {
        Valued { oldest: self.oldest_fresh_slot(), now: self.head.timestamp }
    }

    /// What the relayer binds new risk to: nothing that is recalled, from the notice on.
    pub fn lasting(&self) -> Valued {
        Valued { now: u64::MAX, ..self.fresh() }
    }

    /// Changes whenever something that decides about these accounts does.
    pub fn stamp(&self, accounts: impl IntoIterator<Item = u64>) -> u64 {
        let accounts = accounts.into_iter().filter_map(|id| self.accounts.get(&id));
        accounts.fold(self.version, |sum, account| {
            let house = self.houses.get(&account.house).map_or(0, |house| house.version);
            sum.wrapping_add(account.version).wrapping_add(house)
        })
    }
}
