//! Every account, inventory and house rebuilt from events alone.
//!
//! [`Ledger::apply`] takes events in order and never asks the chain. What an event contradicts is a [`Fault`]:
//! the ledger then follows the event, so that one fault does not hide the next.
//!
//! What stands on the books is here, and how it is computed is written anew: nothing of the contracts' own arithmetic is called.
mod announced;
mod apply;
mod claims;
mod collateral;
mod corrections;
mod custody;
mod debts;
mod defaults;
mod delivered;
mod demands;
mod dispute;
mod disputes;
mod dues;
mod fault;
mod fills;
mod freezes;
mod interest;
mod margin;
mod migration;
mod open;
mod orders;
mod outages;
mod rulings;
mod set;
mod slots;
mod stakes;
mod state;
mod statements;
mod window;

pub use demands::{Claim, Tranche};
pub use dispute::{Dispute, Shield, Stakes};
pub use fault::Fault;
pub use fills::FailRate;
pub use freezes::Freeze;
pub use margin::{posted, required, value};
pub use orders::{GiveBack, Orders, Substitute, TopUp};
pub use outages::Outages;
pub use state::{Account, Asset, Bounds, Holding, House, Mandate};
pub use window::Window;

use abi::registry::Valuation;
use alloy::primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};

/// What the events of all contracts rebuild.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The contract whose books these are.
    pub escrow: Address,
    /// Time of the last event.
    pub now: u64,
    /// No new risk, no release.
    pub paused: bool,
    /// By number.
    pub accounts: BTreeMap<u64, Account>,
    /// By number.
    pub houses: BTreeMap<u32, House>,
    /// Lots by holder and asset index.
    pub inventory: BTreeMap<(Address, u8), u64>,
    /// By index in the registry.
    pub assets: BTreeMap<u8, Asset>,
    /// By index, as the registry valued them last.
    pub valuations: BTreeMap<u8, Valuation>,
    /// By index, ppm: in force, and where they move to.
    haircuts: BTreeMap<u8, (u32, u32)>,
    /// As the owner set them last, in cents of a USD; in force from the next round on.
    price_caps: BTreeMap<u8, u32>,
    /// As they were recorded.
    pub outages: Outages,
    /// Units the escrow holds of each token, by `Transfer` events since the last `Reconciled`.
    pub held: BTreeMap<Address, U256>,
    /// Units that came in and that no event books: anybody's gift, and nobody's.
    pub gifts: BTreeMap<Address, U256>,
    /// By index of assets that were ever reconciled: what a lot is paid with and counts for, in 1e-9.
    pub ratios: BTreeMap<u8, u64>,
    /// Transaction that applied each fill.
    pub fills: BTreeMap<(Address, u64), B256>,
    /// Transaction that lapsed each fill.
    pub lapsed: BTreeMap<(Address, u64), B256>,
    /// By account and venue.
    pub mandates: BTreeMap<(u64, Address), Mandate>,
    /// Lots that relayers may still top up, by account, venue and asset.
    pub top_ups: BTreeMap<(u64, Address, u8), u64>,
    /// Governed.
    pub bounds: Bounds,
    /// By index of the token that could not be moved.
    pub freezes: BTreeMap<u8, Freeze>,
    /// Somebody's word on outages is taken.
    pub watched: bool,
    /// Rounds and roots of marks.
    slots: slots::Slots,
    /// The transaction, and the set in it, that events are of.
    tx: B256,
    set: set::Set,
    /// Whose nonce was spent last in it.
    signer: Option<Address>,
    /// Top-up limits whose mandate follows.
    named: BTreeSet<(u64, Address, u8)>,
    /// Spent, by pledgor.
    pub nonces: BTreeSet<(Address, u64)>,
}

impl Ledger {
    /// The books of an escrow before its first event.
    pub fn new(escrow: Address) -> Self {
        Self { escrow, ..Self::default() }
    }

    /// The asset a token is listed as.
    pub fn asset_of(&self, token: Address) -> Option<(u8, &Asset)> {
        self.assets.iter().find(|(_, asset)| asset.token == token).map(|(index, asset)| (*index, asset))
    }

    /// Lots in accounts, inventories, houses and disputes together.
    pub fn total_lots(&self, index: u8) -> i128 {
        let accounts = self
            .accounts
            .values()
            .filter_map(|account| account.holdings.get(&index))
            .map(|holding| i128::from(holding.lots));
        let inventories =
            self.inventory.iter().filter(|((_, asset), _)| *asset == index).map(|(_, lots)| i128::from(*lots));
        let houses =
            self.houses.values().filter(|house| house.settlement == index).map(|house| i128::from(house.balance));
        let disputed = self.accounts.values().filter(|account| account.settlement == index);
        let stakes = disputed.map(|account| i128::from(account.dispute.held()));
        accounts.chain(inventories).chain(houses).chain(stakes).sum()
    }
}
