//! Where the registry keeps what. Slots 0 and 1 are the owner's ([`contract_kit::ownership`]).
use crate::haircut::{Curve, Haircut};
use crate::outage::Outages;
use crate::terms::Rule;
use abi::{
    packed::valuation,
    registry::{Outage, Valuation},
};
use alloy_primitives::{Address, B256, FixedBytes};
use contract_kit::{host::Host, slot, storage, word::Word};

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

slot! {
    mod registry_word: Registry {
        oracle: Address = 160,
        assets: u8 = 8,
        watched: bool = 8,
    }
}

pub fn registry(host: Host) -> Registry {
    registry_word::take(Word::load(host, &REGISTRY))
}

pub fn put_registry(host: Host, registry: Registry) {
    registry_word::put(&registry).store(host, &REGISTRY);
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
    haircut_word::take(Word::load(host, &index.in_row(HAIRCUTS)))
}

pub fn put_haircut(host: Host, index: Index, haircut: &Haircut) {
    haircut_word::put(haircut).store(host, &index.in_row(HAIRCUTS));
}

/// An asset's token, and what the escrow asks about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub address: Address,
    pub decimals: u8,
    pub class: u8,
}

slot! {
    mod token_word: Token {
        address: Address = 160,
        decimals: u8 = 8,
        class: u8 = 8,
    }
}

/// What is kept by a token's address.
struct Place {
    index: u8,
    decimals: u8,
    class: u8,
}

slot! {
    mod place_word: Place {
        index: u8 = 8,
        decimals: u8 = 8,
        class: u8 = 8,
    }
}

/// Written by `listAsset`.
pub fn token(host: Host, index: Index) -> Token {
    token_word::take(Word::load(host, &index.in_row(TOKENS)))
}

pub fn put_token(host: Host, index: Index, token: Token) {
    let place = Place { index: index.0, decimals: token.decimals, class: token.class };
    token_word::put(&token).store(host, &index.in_row(TOKENS));
    place_word::put(&place).store(host, &storage::key(ASSET_OF, token.address.into_word()));
}

/// Index and token of an address; no class is zero, so that of a listed token is not.
pub fn asset_of(host: Host, address: Address) -> Option<(Index, Token)> {
    let Place { index, decimals, class } =
        place_word::take(Word::load(host, &storage::key(ASSET_OF, address.into_word())));
    (class != 0).then_some((Index(index), Token { address, decimals, class }))
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
        *outage = outage_word::take(Word::load(host, &B256::with_last_byte(place)));
        if outage.from == 0 {
            break;
        }
    }
    outages
}

pub fn put_outage(host: Host, place: u8, outage: &Outage) {
    outage_word::put(outage).store(host, &B256::with_last_byte(OUTAGES.wrapping_add(place)));
}

slot! {
    mod outage_word: Outage {
        from: u64 = 64,
        until: u64 = 64,
        counted: u64 = 64,
    }
}

/// A rule as it is kept: the curve's numbers, limit and price cap side by side.
struct KeptRule {
    base: u32,
    floor: u32,
    cap: u32,
    deviation: u32,
    dispersion: u32,
    confidence: u32,
    limit: u32,
    price_cap: u32,
}

slot! {
    mod rule_word: KeptRule {
        base: u32 = 32,
        floor: u32 = 32,
        cap: u32 = 32,
        deviation: u32 = 32,
        dispersion: u32 = 32,
        confidence: u32 = 32,
        limit: u32 = 32,
        price_cap: u32 = 32,
    }
}

/// Written by `listAsset` and `setRule`.
pub fn rule(host: Host, index: Index) -> Rule {
    let KeptRule { base, floor, cap, deviation, dispersion, confidence, limit, price_cap } =
        rule_word::take(Word::load(host, &index.in_row(CURVES)));
    Rule { curve: Curve { base, floor, cap, deviation, dispersion, confidence }, limit, price_cap }
}

pub fn put_rule(host: Host, index: Index, rule: &Rule) {
    let Rule { curve: Curve { base, floor, cap, deviation, dispersion, confidence }, limit, price_cap } = *rule;
    rule_word::put(&KeptRule { base, floor, cap, deviation, dispersion, confidence, limit, price_cap })
        .store(host, &index.in_row(CURVES));
}

/// Identity and roles, written by `setParticipant`; what a venue refuses, by `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    pub lei: FixedBytes<20>,
    pub roles: u8,
    /// Bit i set: not asset i. Zero, as for whoever never said so: nothing.
    pub refused: u16,
}

/// Its LEI is twenty bytes, as an address is.
struct Kept {
    lei: Address,
    roles: u8,
    refused: u16,
}

slot! {
    mod participant_word: Kept {
        lei: Address = 160,
        roles: u8 = 8,
        refused: u16 = 16,
    }
}

pub fn participant(host: Host, address: Address) -> Participant {
    let Kept { lei, roles, refused } =
        participant_word::take(Word::load(host, &storage::key(PARTICIPANTS, address.into_word())));
    Participant { lei: lei.into(), roles, refused }
}

pub fn put_participant(host: Host, address: Address, participant: Participant) {
    let Participant { lei, roles, refused } = participant;
    participant_word::put(&Kept { lei: lei.into(), roles, refused })
        .store(host, &storage::key(PARTICIPANTS, address.into_word()));
}

// Times and slots fit 32 bits until 2106.
slot! {
    mod haircut_word: Haircut {
        current: u32 = 32,
        target: u32 = 32,
        signal: u32 = 32,
        fraction: u32 = 32,
        slot: u64 = 32,
        moved_at: u64 = 32,
        counts_until: u64 = 32,
        status: u8 = 8,
        tightened: u32 = 24,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_words_are_these() {
        for (name, fields) in [
            ("registry", registry_word::SLOT),
            ("haircut", haircut_word::SLOT),
            ("token", token_word::SLOT),
            ("place", place_word::SLOT),
            ("outage", outage_word::SLOT),
            ("rule", rule_word::SLOT),
            ("participant", participant_word::SLOT),
        ] {
            doc_tables::check("docs/layouts.md", &alloc::format!("slots:registry.{name}"), &doc_tables::slot(fields));
        }
    }

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
            prop_assert_eq!(haircut_word::take(Word::of(&haircut_word::put(&haircut))), haircut);
        }
    }
}
