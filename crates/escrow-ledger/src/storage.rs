//! The packed layout, and the one place that knows it. Widths are those of `docs/contracts/margin-escrow.md`.
//!
//! An account's slots are neighbours, and so are a house's: they share the first 31 bytes of
//! `keccak256(id ‖ space)` and end in a number. Loading a slot twice in a call costs almost nothing, and a store is
//! written once, when the call ends or calls out.
use crate::registry::{Asset, bit};
use abi::escrow::{Bounds, WHOLE};
use alloy_primitives::{Address, B256, U256};
use contract_kit::host::ambient;
use contract_kit::storage::key;
use contract_kit::word::{Fields, Word};

mod account;
mod dispute;
mod house;
mod maps;
mod orders;

pub use account::{Balance, Claims, DefaultRecord, Hold, HouseOwes, Party, Slots, State, Terms};
pub use dispute::{Dispute, Finding, Shield, Stakes};
pub use house::{Agents, HouseLedger, HouseSlots, Lost, parameters_tag};
pub use maps::{
    Bits, Mandate, account_of_agreement, bit_of, house_of, inventory, mandate, set_account_of_agreement, set_house_of,
    set_inventory, set_mandate, set_top_up, take_bits, take_nonce, top_up,
};
pub use orders::{AssetList, ReturnOrder, SubstituteOrder, TopUpStep};

/// Mappings, by the byte that ends their keys' preimages.
mod space {
    pub const ACCOUNT: u8 = 1;
    pub const HOUSE: u8 = 2;
    pub const HOUSE_OF: u8 = 3;
    pub const AGREEMENT: u8 = 4;
    pub const MANDATE: u8 = 5;
    pub const INVENTORY: u8 = 6;
    pub const APPLIED: u8 = 7;
    pub const NONCE: u8 = 8;
    pub const TOP_UP: u8 = 9;
}

const REGISTRY: u8 = 0;
const COUNTS: u8 = 1;
/// Slots 3 to 5 are those of [`Program`].
/// From here 16 slots, one for each asset.
const ASSETS: u8 = 32;
/// From here 16 slots, what is missing of each.
const LOSSES: u8 = 48;
/// From here 16 slots, when each could not be moved.
const FREEZES: u8 = 64;

/// What every call reads in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The eligibility registry, fixed at construction.
    pub registry: Address,
    /// New risk and releases are stopped.
    pub paused: bool,
    /// Bit i set: the escrow holds less of asset i than its books say.
    pub impaired: u16,
    /// What the registry's owner may set.
    pub bounds: Bounds,
}

impl Head {
    /// Loads it.
    #[inline(never)]
    pub fn load() -> Self {
        Self::take(Word::load(ambient(), &B256::with_last_byte(REGISTRY)))
    }

    /// Stores it.
    #[inline(never)]
    pub fn store(&self) {
        self.put().store(ambient(), &B256::with_last_byte(REGISTRY))
    }
}

slot! {
    paths Head {
        registry: Address = 160,
        paused: bool = 1,
        impaired: u16 = 16,
        bounds.settleWithin: u16 = 16,
        bounds.stakePpm: u32 = 20,
        bounds.leastStake: u64 = 40,
    }
}

/// A program that the escrow was constructed with.
#[derive(Clone, Copy, Debug)]
pub enum Program {
    /// Computes what a revealed book requires.
    Verifier = 3,
    /// Says what a revealed book hashes to.
    Examiner = 4,
    /// Has the rounds and the roots of marks; the registry's, for good.
    Oracle = 5,
}

impl Program {
    /// Where the program is.
    pub fn address(self) -> Address {
        Word::load(ambient(), &B256::with_last_byte(self as u8)).take_address()
    }

    /// Fixes the program, at construction.
    pub fn set(self, address: &Address) {
        Fields::default().fit_address(address).store(ambient(), &B256::with_last_byte(self as u8));
    }
}

/// An asset as the registry listed it, and the lots of it in all accounts, inventories and houses.
struct Record {
    token: Address,
    decimals: u8,
    class: u8,
    total: u64,
}

slot! {
    Record {
        token: Address = 160,
        decimals: u8 = 8,
        class: u8 = 8,
        total: u64 = 64,
    }
}

impl Record {
    fn load(index: u8) -> Self {
        Self::take(Word::load(ambient(), &B256::with_last_byte(ASSETS.wrapping_add(index))))
    }
}

/// An asset as the registry listed it; a zero token where nothing is recorded.
#[inline(never)]
pub fn asset(index: u8) -> Asset {
    let Record { token, decimals, class, .. } = Record::load(index);
    Asset { index, token, decimals, class }
}

/// Lots of an asset in all accounts, inventories and houses.
pub fn total_lots(index: u8) -> u64 {
    Record::load(index).total
}

/// Records an asset, so that a top-up need not ask the registry, and the lots of it on the books.
pub fn record(asset: &Asset, total: u64) {
    let Asset { index, token, decimals, class } = *asset;
    Record { token, decimals, class, total }.put().store(ambient(), &B256::with_last_byte(ASSETS.wrapping_add(index)));
}

/// What a lot of an asset is paid with and counts for, in 1e-9. Its slot holds what is missing, nothing for a whole asset.
#[inline(never)]
pub fn ratio(index: u8) -> u64 {
    WHOLE.saturating_sub(Word::load(ambient(), &B256::with_last_byte(LOSSES.wrapping_add(index))).take(64))
}

/// Sets the ratio and, with it, whether the asset is impaired.
pub fn set_ratio(index: u8, ratio: u64) {
    let (head, bit) = (Head::load(), bit(index));
    Fields::default()
        .fit(WHOLE.saturating_sub(ratio), 64)
        .store(ambient(), &B256::with_last_byte(LOSSES.wrapping_add(index)));
    let impaired = if ratio < WHOLE { head.impaired | bit } else { head.impaired & !bit };
    Head { impaired, ..head }.store();
}

/// When a token could not be moved, as probes showed; zeros: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freeze {
    /// Seconds since 1970: when the first of these freezes began.
    pub from: u64,
    /// Seconds since 1970: as long as probes have shown it.
    pub until: u64,
    /// Seconds that count since the last quiet month.
    pub used: u64,
}

slot! {
    Freeze {
        from: u64 = 34,
        until: u64 = 34,
        used: u64 = 20,
    }
}

/// The freeze of an asset.
pub fn freeze(index: u8) -> Freeze {
    Freeze::take(Word::load(ambient(), &B256::with_last_byte(FREEZES.wrapping_add(index))))
}

/// Sets the freeze of an asset.
pub fn set_freeze(index: u8, freeze: &Freeze) {
    freeze.put().store(ambient(), &B256::with_last_byte(FREEZES.wrapping_add(index)));
}

/// Accounts and houses opened; both are numbered from 1.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// The number of the last account.
    pub accounts: u32,
    /// The number of the last house.
    pub houses: u32,
}

slot! {
    Counts {
        accounts: u32 = 32,
        houses: u32 = 24 or "house",
    }
}

impl Counts {
    /// Loads them.
    pub fn load() -> Self {
        Self::take(Word::load(ambient(), &B256::with_last_byte(COUNTS)))
    }

    /// Stores them.
    pub fn store(self) {
        self.put().store(ambient(), &B256::with_last_byte(COUNTS));
    }
}

/// A row of neighbouring slots.
#[derive(Clone, Copy, Debug)]
struct Row(B256);

impl Row {
    #[inline(never)]
    fn of(space: u8, id: u32) -> Self {
        Self(key(space, U256::from(id).into()))
    }

    fn at(self, slot: u8) -> B256 {
        let mut key = self.0;
        if let Some(last) = key.0.last_mut() {
            *last = slot;
        }
        key
    }

    #[inline(never)]
    fn load(self, slot: u8) -> Word {
        Word::load(ambient(), &self.at(slot))
    }

    #[inline(never)]
    fn store(self, slot: u8, fields: &Fields) {
        fields.store(ambient(), &self.at(slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_words_are_these() {
        for (name, fields) in [
            ("terms", Terms::SLOT),
            ("party", Party::SLOT),
            ("default", DefaultRecord::SLOT),
            ("dispute", Dispute::SLOT),
            ("stakes", Stakes::SLOT),
            ("mandate", Mandate::SLOT),
            ("standing top-up", TopUpStep::SLOT),
            ("standing substitution", SubstituteOrder::SLOT),
            ("standing return", ReturnOrder::SLOT),
            ("freeze", Freeze::SLOT),
            ("counts", Counts::SLOT),
            ("head", Head::SLOT),
            ("asset", Record::SLOT),
            ("state", State::SLOT),
            ("claims", Claims::SLOT),
            ("house owes", HouseOwes::SLOT),
            ("balance", Balance::SLOT),
            ("agents", house::AgentsWord::SLOT),
            ("ledger", house::LedgerWord::SLOT),
            ("reserve", house::Reserve::SLOT),
        ] {
            doc_tables::check("docs/layouts.md", &alloc::format!("slots:escrow.{name}"), &doc_tables::slot(fields));
        }
    }

    #[test]
    fn the_head_survives_the_round_trip() {
        for (paused, impaired) in [(false, 0), (true, 0x8001), (false, u16::MAX)] {
            let bounds = Bounds { settleWithin: u16::MAX, stakePpm: 20_000, leastStake: 1_000_000_000_000 };
            let head = Head { registry: Address::repeat_byte(7), paused, impaired, bounds };
            assert_eq!(Head::take(Word::of(&head.put())), head);
        }
    }
}
