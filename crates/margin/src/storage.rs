//! The packed layout, and the one place that knows it. Widths are those of `docs/architecture.md`.
//!
//! An account's slots are neighbours, and so are a house's: they share the first 31 bytes of
//! `keccak256(id ‖ space)` and end in a number. Loading a slot twice in a call costs almost nothing, and a store is
//! written once, when the call ends or calls out.
use crate::registry::Asset;
use alloy_primitives::{Address, B256, U256};
use contract_kit::storage::key;

mod account;
mod house;
mod maps;
mod word;

pub use account::{Balance, Claims, DefaultRecord, Dispute, HouseOwes, Party, Slots, State, Terms, Tranche};
pub use house::{Agents, HouseSlots, Ledger};
pub use maps::{
    Bits, Mandate, account_of_agreement, bit_of, house_of, inventory, mandate, set_account_of_agreement, set_house_of,
    set_inventory, set_mandate, take_bits, take_nonce,
};
use word::{Fields, Word};

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
}

const REGISTRY: u8 = 0;
const COUNTS: u8 = 1;
/// Slots 2 to 4 are those of [`Program`].
/// From here 16 slots, one for each asset.
const ASSETS: u8 = 32;

pub fn registry() -> Address {
    Word::load(&B256::with_last_byte(REGISTRY)).take_address()
}

pub fn set_registry(registry: &Address) {
    set_head(registry, false)
}

/// New risk and releases are stopped. In the registry's word, which the hot path reads in any case.
pub fn is_paused() -> bool {
    let mut word = Word::load(&B256::with_last_byte(REGISTRY));
    word.take_address();
    word.flag()
}

pub fn set_paused(paused: bool) {
    set_head(&registry(), paused)
}

fn set_head(registry: &Address, paused: bool) {
    Fields::default().fit_address(registry).fit(paused.into(), 1).store(&B256::with_last_byte(REGISTRY));
}

/// A program that the escrow was constructed with.
#[derive(Clone, Copy, Debug)]
pub enum Program {
    /// Plans what the escrow has no code for.
    Office = 2,
    /// Computes what a revealed book requires.
    Verifier = 3,
    /// Says what a revealed book hashes to.
    Examiner = 4,
}

impl Program {
    pub fn address(self) -> Address {
        Word::load(&B256::with_last_byte(self as u8)).take_address()
    }

    pub fn set(self, address: &Address) {
        Fields::default().fit_address(address).store(&B256::with_last_byte(self as u8));
    }
}

/// An asset as the registry listed it; a zero token where nothing is recorded.
#[inline(never)]
pub fn asset(index: u8) -> Asset {
    let mut word = Word::load(&B256::with_last_byte(ASSETS.wrapping_add(index)));
    Asset { index, token: word.take_address(), decimals: word.take(8) as u8, class: word.take(8) as u8 }
}

/// Records an asset on its first deposit, so that a top-up need not ask the registry.
pub fn remember(asset: &Asset) {
    let mut fields = Fields::default();
    fields.fit_address(&asset.token).fit(asset.decimals.into(), 8).fit(asset.class.into(), 8);
    fields.store(&B256::with_last_byte(ASSETS.wrapping_add(asset.index)));
}

/// Accounts and houses opened; both are numbered from 1.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub accounts: u32,
    pub houses: u32,
}

impl Counts {
    pub fn load() -> Self {
        let mut word = Word::load(&B256::with_last_byte(COUNTS));
        Self { accounts: word.take(32) as u32, houses: word.take(24) as u32 }
    }

    pub fn store(self) {
        let mut fields = Fields::default();
        fields.fit(self.accounts.into(), 32).put(field!("house"), self.houses.into(), 24);
        fields.store(&B256::with_last_byte(COUNTS));
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
        Word::load(&self.at(slot))
    }

    #[inline(never)]
    fn store(self, slot: u8, fields: &Fields) {
        fields.store(&self.at(slot));
    }
}
