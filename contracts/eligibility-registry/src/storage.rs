//! Where the registry keeps what. Slots 0 and 1 are the owner's ([`contract_kit::ownership`]).
use crate::haircut::{Curve, Haircut};
use crate::outage::Outages;
use abi::{
    packed::valuation,
    registry::{Outage, Valuation},
};
use alloy_primitives::{Address, B256, FixedBytes, U256};
use contract_kit::{
    host::Host,
    storage::{self, Packer, Unpacker},
};

pub const MAX_ASSETS: u8 = 16;

const REGISTRY: B256 = B256::with_last_byte(2);
const GUARDIAN: B256 = B256::with_last_byte(3);
const PAUSER: B256 = B256::with_last_byte(4);
const UPTIME_FEED: B256 = B256::with_last_byte(5);
// Rows of one word for each of the sixteen assets.
const VALUATIONS: u8 = 0x10;
const HAIRCUTS: u8 = 0x20;
const TOKENS: u8 = 0x30;
const FEEDS: u8 = 0x40;
const CURVES: u8 = 0x50;
// One word for each of the eight outages.
const OUTAGES: u8 = 0x60;
// Mappings.
const ASSET_OF: u8 = 1;
const PARTICIPANTS: u8 = 2;

/// Place of an asset, 0 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index(u8);

impl Index {
    pub fn new(index: u8) -> Option<Self> {
        (index < MAX_ASSETS).then_some(Self(index))
    }

    /// Those of a bitmap, lowest first.
    pub fn of(bitmap: u16) -> impl Iterator<Item = Self> {
        (0..MAX_ASSETS).filter(move |index| bitmap.wrapping_shr(u32::from(*index)) & 1 == 1).map(Self)
    }

    pub fn number(self) -> u8 {
        self.0
    }

    fn in_row(self, row: u8) -> B256 {
        B256::with_last_byte(row | self.0)
    }
}

/// The oracle, how many assets are listed, and whether a feed tells of the sequencer's uptime. Written by the constructor, `listAsset`
/// and `setUptimeFeed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registry {
    pub oracle: Address,
    pub assets: u8,
    pub watched: bool,
}

pub fn registry(host: Host) -> Registry {
    let mut fields = Unpacker::new(storage::load(host, REGISTRY));
    Registry { oracle: fields.take_address(), assets: fields.take(8) as u8, watched: fields.take(8) != 0 }
}

pub fn put_registry(host: Host, registry: Registry) {
    let Registry { oracle, assets, watched } = registry;
    let word = Packer::default().put_address(oracle).put_whole(assets).put_whole(u8::from(watched)).word();
    storage::store(host, REGISTRY, word);
}

/// As the escrow reads it ([`abi::packed::valuation`]); zero for no asset, since a listed one has a concentration limit. Written by
/// `listAsset` and `sync`.
pub fn valuation_word(host: Host, index: Index) -> B256 {
    host.load(index.in_row(VALUATIONS))
}

pub fn valuation(host: Host, index: Index) -> Valuation {
    valuation::unpack(&valuation_word(host, index).0)
}

pub fn put_valuation(host: Host, index: Index, value: &Valuation) {
    host.store(index.in_row(VALUATIONS), valuation::pack(value).into());
}

/// Written by `listAsset` and `sync`.
pub fn haircut(host: Host, index: Index) -> Haircut {
    unpack_haircut(storage::load(host, index.in_row(HAIRCUTS)))
}

pub fn put_haircut(host: Host, index: Index, haircut: &Haircut) {
    storage::store(host, index.in_row(HAIRCUTS), pack_haircut(haircut));
}

/// An asset's token, and what the escrow asks about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub address: Address,
    pub decimals: u8,
    pub class: u8,
}

/// Written by `listAsset`.
pub fn token(host: Host, index: Index) -> Token {
    let mut fields = Unpacker::new(storage::load(host, index.in_row(TOKENS)));
    Token { address: fields.take_address(), decimals: fields.take(8) as u8, class: fields.take(8) as u8 }
}

pub fn put_token(host: Host, index: Index, token: Token) {
    let (decimals, class) = (token.decimals, token.class);
    storage::store(
        host,
        index.in_row(TOKENS),
        Packer::default().put_address(token.address).put_whole(decimals).put_whole(class).word(),
    );
    storage::store(
        host,
        storage::key(ASSET_OF, token.address.into_word()),
        Packer::default().put_whole(index.0).put_whole(decimals).put_whole(class).word(),
    );
}

/// Index and token of an address; no class is zero, so the word of a listed token is not.
pub fn asset_of(host: Host, address: Address) -> Option<(Index, Token)> {
    let word = storage::load(host, storage::key(ASSET_OF, address.into_word()));
    let mut fields = Unpacker::new(word);
    let index = Index(fields.take(8) as u8);
    let token = Token { address, decimals: fields.take(8) as u8, class: fields.take(8) as u8 };
    (!word.is_zero()).then_some((index, token))
}

/// Written by `listAsset`.
pub fn feed(host: Host, index: Index) -> B256 {
    host.load(index.in_row(FEEDS))
}

pub fn put_feed(host: Host, index: Index, feed: B256) {
    host.store(index.in_row(FEEDS), feed);
}

/// May only tighten; zero: nobody. Written by `setGuardian`.
pub fn guardian(host: Host) -> Address {
    Address::from_word(host.load(GUARDIAN))
}

pub fn put_guardian(host: Host, guardian: Address) {
    host.store(GUARDIAN, guardian.into_word());
}

/// May pause the escrow; zero: nobody. Written by `setPauser`.
pub fn pauser(host: Host) -> Address {
    Address::from_word(host.load(PAUSER))
}

pub fn put_pauser(host: Host, pauser: Address) {
    host.store(PAUSER, pauser.into_word());
}

/// Tells whether the sequencer is up; zero: nobody does. Written by `setUptimeFeed`.
pub fn uptime_feed(host: Host) -> Address {
    Address::from_word(host.load(UPTIME_FEED))
}

pub fn put_uptime_feed(host: Host, feed: Address) {
    host.store(UPTIME_FEED, feed.into_word());
}

/// Places are taken in order, so none follows an empty one. Written by `recordOutage`.
pub fn outages(host: Host) -> Outages {
    let mut outages = Outages::default();
    for (place, outage) in (OUTAGES..).zip(&mut outages) {
        let mut fields = Unpacker::new(storage::load(host, B256::with_last_byte(place)));
        *outage = Outage { from: fields.take(64), until: fields.take(64), counted: fields.take(64) };
        if outage.from == 0 {
            break;
        }
    }
    outages
}

pub fn put_outage(host: Host, place: u8, outage: &Outage) {
    let Outage { from, until, counted } = *outage;
    let word = Packer::default().put_whole(from).put_whole(until).put_whole(counted).word();
    storage::store(host, B256::with_last_byte(OUTAGES.wrapping_add(place)), word);
}

/// The haircut's rule and the concentration limit. Written by `listAsset` and `setRule`.
pub fn curve(host: Host, index: Index) -> (Curve, u32) {
    let mut fields = Unpacker::new(storage::load(host, index.in_row(CURVES)));
    let mut next = || fields.take(32) as u32;
    let curve =
        Curve { base: next(), floor: next(), cap: next(), deviation: next(), dispersion: next(), confidence: next() };
    (curve, next())
}

pub fn put_curve(host: Host, index: Index, curve: &Curve, limit: u32) {
    let Curve { base, floor, cap, deviation, dispersion, confidence } = *curve;
    let fields = [base, floor, cap, deviation, dispersion, confidence, limit];
    storage::store(host, index.in_row(CURVES), fields.into_iter().fold(Packer::default(), Packer::put_whole).word());
}

/// Identity and roles, written by `setParticipant`; what a venue refuses, by `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    pub lei: FixedBytes<20>,
    pub roles: u8,
    /// Bit i set: not asset i. Zero, as for whoever never said so: nothing.
    pub refused: u16,
}

pub fn participant(host: Host, address: Address) -> Participant {
    let mut fields = Unpacker::new(storage::load(host, storage::key(PARTICIPANTS, address.into_word())));
    Participant { lei: fields.take_address().into(), roles: fields.take(8) as u8, refused: fields.take(16) as u16 }
}

pub fn put_participant(host: Host, address: Address, participant: Participant) {
    let Participant { lei, roles, refused } = participant;
    let packed = Packer::default().put_address(lei.into()).put_whole(roles).put_whole(refused);
    storage::store(host, storage::key(PARTICIPANTS, address.into_word()), packed.word());
}

/// Times and slots fit 32 bits until 2106.
fn pack_haircut(haircut: &Haircut) -> U256 {
    let Haircut { current, target, signal, fraction, slot, moved_at, tightened, status, counts_until } = *haircut;
    let [slot, moved_at, counts_until] = [slot, moved_at, counts_until].map(|time| time as u32);
    let numbers = [current, target, signal, fraction, slot, moved_at, counts_until];
    let packed = numbers.into_iter().fold(Packer::default(), Packer::put_whole);
    packed.put_whole(status).put(u64::from(tightened), 24).unwrap_or(packed).word()
}

fn unpack_haircut(word: U256) -> Haircut {
    let mut fields = Unpacker::new(word);
    let mut number = |bits| fields.take(bits);
    let (current, target, signal, fraction) =
        (number(32) as u32, number(32) as u32, number(32) as u32, number(32) as u32);
    let (slot, moved_at, counts_until) = (number(32), number(32), number(32));
    let (status, tightened) = (number(8) as u8, number(24) as u32);
    Haircut { current, target, signal, fraction, slot, moved_at, tightened, status, counts_until }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bitmap_is_read_lowest_first() {
        let numbers: alloc::vec::Vec<u8> = Index::of(0x8005).map(Index::number).collect();
        assert_eq!(numbers, [0, 2, 15]);
    }

    proptest! {
        #[test]
        fn fuzz_haircut_survives_the_round_trip(n: [u32; 7], tightened in 0..abi::PPM, status: u8) {
            let (slot, moved_at, counts_until) = (n[4].into(), n[5].into(), n[6].into());
            let [current, target, signal, fraction, ..] = n;
            let haircut =
                Haircut { current, target, signal, fraction, slot, moved_at, tightened, status, counts_until };
            prop_assert_eq!(unpack_haircut(pack_haircut(&haircut)), haircut);
        }
    }
}
