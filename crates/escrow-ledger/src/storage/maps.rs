//! Mappings: agreements, mandates, inventory, and the bitmaps against replay.
use super::{Fields, Word, space};
use alloy_primitives::{Address, B256, U256};
use contract_kit::host::ambient;
use contract_kit::storage::{key, load, store};

/// What a venue may bind an account to. None where `valid_until` is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mandate {
    /// Micro-USD: the account's requirement after a bundle of the venue's.
    pub requirement_cap: u64,
    /// Lots of the settlement token that a day's fills of the venue may cost.
    pub fill_variation_cap: u64,
    /// Fill variation charged in `day`.
    pub used: u64,
    /// Days since 1970.
    pub day: u64,
    /// Seconds since 1970: fills matched later do not bind.
    pub valid_until: u64,
    /// Bit i set: this mandate allows top-ups in asset i.
    pub top_ups: u16,
    /// Of the account's mandates, from 1: its limits are kept under it.
    pub serial: u16,
}

/// A bitmap against replay.
#[derive(Clone, Copy, Debug)]
pub enum Bits {
    /// A venue's sequences.
    Applied(Address),
    /// A pledgor's nonces.
    Nonces(Address),
}

/// Key of an entry of `space` for an owner and a number below 2^64.
#[inline(never)]
fn pair(space: u8, owner: &Address, number: u64) -> B256 {
    let mut bytes = B256::ZERO;
    let (head, tail) = bytes.0.split_at_mut(20);
    head.copy_from_slice(owner.as_slice());
    if let Some(low) = tail.last_chunk_mut::<8>() {
        *low = number.to_be_bytes();
    }
    key(space, bytes)
}

impl Bits {
    fn key(self, word: u64) -> B256 {
        match self {
            Self::Applied(venue) => pair(space::APPLIED, &venue, word),
            Self::Nonces(pledgor) => pair(space::NONCE, &pledgor, word),
        }
    }
}

/// Sets bits of one word of 256; the lowest that was set before, if one was.
#[inline(never)]
#[must_use]
pub fn take_bits(bits: Bits, word: u64, taken: U256) -> Option<u64> {
    let key = bits.key(word);
    let held = load(ambient(), key);
    let twice = held & taken;
    if twice != U256::ZERO {
        return Some(word.wrapping_mul(256).wrapping_add(twice.trailing_zeros() as u64));
    }
    store(ambient(), key, held | taken);
    None
}

/// Whether a number is spent.
pub fn bit_of(bits: Bits, number: u64) -> bool {
    load(ambient(), bits.key(number >> 8)).bit((number & 255) as usize)
}

/// Spends a pledgor's nonce; false where it is spent.
pub fn take_nonce(pledgor: Address, nonce: u64) -> bool {
    let bit = U256::from(1u8).wrapping_shl((nonce & 255) as usize);
    take_bits(Bits::Nonces(pledgor), nonce >> 8, bit).is_none()
}

/// The mandate that an account has given a venue.
#[inline(never)]
pub fn mandate(account: u32, venue: &Address) -> Mandate {
    Mandate::take(Word::load(ambient(), &pair(space::MANDATE, venue, account.into())))
}

/// Stores a venue's mandate.
#[inline(never)]
pub fn set_mandate(account: u32, venue: &Address, mandate: &Mandate) {
    mandate.put().store(ambient(), &pair(space::MANDATE, venue, account.into()))
}

slot! {
    Mandate {
        requirement_cap: u64 = 50 or "requirementCap",
        fill_variation_cap: u64 = 50 or "fillVariationCap",
        used: u64 = 50,
        day: u64 = 16,
        valid_until: u64 = 34 or "validUntil",
        top_ups: u16 = 16,
        serial: u16 = 16,
    }
}

/// Where a mandate's top-up limit lies while another's stands in the balance.
fn limit_key(account: u32, mandate: u16, asset: u8) -> B256 {
    key(space::TOP_UP, U256::from_limbs([account.into(), mandate.into(), asset.into(), 0]).into())
}

/// Lots that may still be topped up of an asset, of a limit that lies beside the balance.
pub fn top_up(account: u32, mandate: u16, asset: u8) -> u64 {
    Word::load(ambient(), &limit_key(account, mandate, asset)).take(48)
}

/// Stores the rest of such a limit.
pub fn set_top_up(account: u32, mandate: u16, asset: u8, lots: u64) {
    Fields::default().fit(lots, 48).store(ambient(), &limit_key(account, mandate, asset));
}

/// Lots that a holder has in escrow outside accounts.
pub fn inventory(holder: &Address, asset: u8) -> u64 {
    Word::load(ambient(), &pair(space::INVENTORY, holder, asset.into())).take(64)
}

/// Stores what a holder has outside accounts.
pub fn set_inventory(holder: &Address, asset: u8, lots: u64) {
    Fields::default().fit(lots, 64).store(ambient(), &pair(space::INVENTORY, holder, asset.into()));
}

/// Zero: none.
pub fn account_of_agreement(hash: B256) -> u32 {
    Word::load(ambient(), &key(space::AGREEMENT, hash)).take(32) as u32
}

/// Notes which account an agreement opened.
pub fn set_account_of_agreement(hash: B256, account: u32) {
    Fields::default().fit(account.into(), 32).store(ambient(), &key(space::AGREEMENT, hash));
}

/// The house of a hash of its parties and parameters; zero: none.
pub fn house_of(hash: B256) -> u32 {
    Word::load(ambient(), &key(space::HOUSE_OF, hash)).take(24) as u32
}

/// Notes which house a hash means.
pub fn set_house_of(hash: B256, house: u32) {
    Fields::default().fit(house.into(), 32).store(ambient(), &key(space::HOUSE_OF, hash));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mandate_survives_the_round_trip() {
        let mandate = Mandate {
            requirement_cap: (1 << 50) - 1,
            fill_variation_cap: 2,
            used: 1 << 49,
            day: 20_371,
            valid_until: (1 << 34) - 1,
            top_ups: 0x8001,
            serial: u16::MAX,
        };
        assert_eq!(Mandate::take(Word::of(&mandate.put())), mandate);
    }

    #[test]
    fn pairs_do_not_collide() {
        let (one, two) = (Address::with_last_byte(1), Address::with_last_byte(2));
        assert_ne!(pair(1, &one, 2), pair(1, &two, 1));
        assert_ne!(pair(1, &one, 2), pair(2, &one, 2));
        assert_ne!(pair(1, &one, u64::MAX), pair(1, &two, 0));
    }
}
