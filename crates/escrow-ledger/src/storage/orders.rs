//! The slots of an account's standing orders.
use super::account::Slots;
use super::{Fields, Word};
use csa::orders::Daily;

/// One: an account has one return.
const RETURN: u8 = 11;
/// From here 16 slots, a top-up's steps by asset.
const TOP_UPS: u8 = 32;
/// From here 16 slots, a substitution out of each asset.
const SUBSTITUTES: u8 = 48;

/// A token of a standing top-up. Each says how long the order is in force, so that one token is one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopUpStep {
    /// Serial number of the order, among the account's mandates and orders.
    pub order: u16,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// The token after it, its index and one; zero: none.
    pub next: u8,
    /// What it may bring, and has brought under whatever order.
    pub daily: Daily,
}

slot! {
    paths TopUpStep {
        order: u16 = 16,
        valid_until: u64 = 34 or "validUntil",
        next: u8 = 5,
        daily.limit: u64 = 48 or "limit",
        daily.day: u64 = 16,
        daily.today: u64 = 48,
        daily.yesterday: u64 = 48,
    }
}

/// A standing substitution; none in force where `valid_until` is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubstituteOrder {
    /// Serial number.
    pub order: u16,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// Parts per million; zero: no such level.
    pub haircut: u32,
    /// 1e-8 USD; zero: no such level.
    pub price: u64,
    /// Lots that may still go out.
    pub left: u64,
    /// What comes in.
    pub tokens: AssetList,
}

slot! {
    SubstituteOrder {
        order: u16 = 16,
        valid_until: u64 = 34 or "validUntil",
        haircut: u32 = 20 or "haircutLevel",
        price: u64 = 48 or "priceLevel",
        left: u64 = 52 or "amount",
        tokens: AssetList = 36,
    }
}

/// A standing return; none in force where `valid_until` is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReturnOrder {
    /// Serial number.
    pub order: u16,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// Buffer over what is required, parts per million of it.
    pub ppm: u32,
    /// The same, micro-USD.
    pub amount: u64,
    /// Micro-USD: less does not go back.
    pub minimum: u64,
    /// Seconds since 1970: when something went back last.
    pub last: u64,
    /// What goes back.
    pub tokens: AssetList,
}

slot! {
    ReturnOrder {
        order: u16 = 16,
        valid_until: u64 = 34 or "validUntil",
        ppm: u32 = 20 or "bufferPpm",
        amount: u64 = 46 or "bufferAmount",
        minimum: u64 = 46 or "minimum",
        last: u64 = 34,
        tokens: AssetList = 36,
    }
}

/// At most eight assets in an order of their own: their number, then four bits each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetList {
    count: u64,
    places: u64,
}

impl AssetList {
    const COUNT_BITS: u32 = 4;
    const PLACE_BITS: u32 = 4;
    const MOST: u64 = abi::escrow::order::MOST_TOKENS as u64;

    /// With one more at the end, of index 0 to 15; one beyond eight is dropped.
    pub fn push(&mut self, asset: u8) {
        if self.count < Self::MOST {
            let at = (self.count as u32).saturating_mul(Self::PLACE_BITS);
            self.places |= u64::from(asset & 15).wrapping_shl(at);
            self.count = self.count.saturating_add(1);
        }
    }

    /// The first first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..self.count)
            .map(move |at| (self.places.wrapping_shr((at as u32).saturating_mul(Self::PLACE_BITS)) & 15) as u8)
    }
}

impl contract_kit::word::Part for AssetList {
    fn take(word: &mut Word, bits: u32) -> Self {
        let count = word.take(Self::COUNT_BITS);
        Self { count, places: word.take(bits.saturating_sub(Self::COUNT_BITS)) }
    }

    fn fit(&self, fields: &mut Fields, bits: u32) {
        fields.fit(self.count, Self::COUNT_BITS).fit(self.places, bits.saturating_sub(Self::COUNT_BITS));
    }

    fn put(&self, fields: &mut Fields, _: crate::fault::Field, bits: u32) {
        self.fit(fields, bits)
    }
}

impl Slots {
    /// Loads an asset's step of a standing top-up.
    #[inline(never)]
    pub fn top_up_step(self, asset: u8) -> TopUpStep {
        TopUpStep::take(self.0.load(TOP_UPS.wrapping_add(asset & 15)))
    }

    /// Stores a step.
    #[inline(never)]
    pub fn set_top_up_step(self, asset: u8, step: &TopUpStep) {
        self.0.store(TOP_UPS.wrapping_add(asset & 15), &step.put())
    }

    /// Loads the substitution out of an asset.
    #[inline(never)]
    pub fn substitute_order(self, asset: u8) -> SubstituteOrder {
        SubstituteOrder::take(self.0.load(SUBSTITUTES.wrapping_add(asset & 15)))
    }

    /// Stores it.
    #[inline(never)]
    pub fn set_substitute_order(self, asset: u8, order: &SubstituteOrder) {
        self.0.store(SUBSTITUTES.wrapping_add(asset & 15), &order.put())
    }

    /// Loads the return.
    #[inline(never)]
    pub fn return_order(self) -> ReturnOrder {
        ReturnOrder::take(self.0.load(RETURN))
    }

    /// Stores it.
    #[inline(never)]
    pub fn set_return_order(self, order: &ReturnOrder) {
        self.0.store(RETURN, &order.put())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn list(assets: &[u8]) -> AssetList {
        let mut list = AssetList::default();
        assets.iter().for_each(|asset| list.push(*asset));
        list
    }

    #[test]
    fn a_list_keeps_its_order() {
        let eight = [3, 0, 15, 1, 7, 8, 9, 2];
        assert_eq!(list(&eight).iter().collect::<Vec<_>>(), eight);
        assert_eq!(list(&[eight.as_slice(), &[4]].concat()), list(&eight), "there is no room for a ninth");
        assert_eq!(AssetList::default().iter().count(), 0);
    }

    #[test]
    fn orders_survive_the_round_trip() {
        let daily = Daily { limit: (1 << 48) - 1, day: 20_371, today: 7, yesterday: (1 << 48) - 1 };
        let step = TopUpStep { order: u16::MAX, valid_until: (1 << 34) - 1, next: 16, daily };
        assert_eq!(TopUpStep::take(Word::of(&step.put())), step);
        let tokens = list(&[15, 0, 3, 4, 5, 6, 7, 8]);
        let substitute = SubstituteOrder {
            order: 3,
            valid_until: 1 << 33,
            haircut: 1_000_000,
            price: (1 << 48) - 1,
            left: (1 << 52) - 1,
            tokens,
        };
        assert_eq!(SubstituteOrder::take(Word::of(&substitute.put())), substitute);
        let (amount, minimum) = ((1 << 46) - 1, 1 << 45);
        let back =
            ReturnOrder { order: 4, valid_until: 9, ppm: 1_000_000, amount, minimum, last: (1 << 34) - 1, tokens };
        assert_eq!(ReturnOrder::take(Word::of(&back.put())), back);
    }
}
