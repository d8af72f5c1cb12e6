//! Where the oracle keeps what. Slots 0 and 1 are the owner's ([`contract_kit::ownership`]).
use abi::oracle::Round;
use alloy_primitives::{B256, U256};
use contract_kit::{host::Host, slot, storage, word::Word};

/// Rounds kept of a feed: a day. A later slot takes the place of the one a day before it.
pub const RING: u64 = abi::oracle::KEPT_SLOTS;

const SET_HASH: B256 = B256::with_last_byte(2);
/// Mapping feed → its ring.
const RINGS: u8 = 1;
/// Mapping place in the ring of marks → slot, then root.
const MARKS: u8 = 2;

/// Of the governed reporter set; zero before there is one. Written by `setReporters`.
pub fn set_hash(host: Host) -> B256 {
    host.load(SET_HASH)
}

pub fn put_set_hash(host: Host, hash: B256) {
    host.store(SET_HASH, hash);
}

/// The rounds of one feed, one word each. Written by `submit`.
pub struct Ring {
    host: Host,
    base: B256,
}

impl Ring {
    pub fn of(host: Host, feed: B256) -> Self {
        Self { host, base: storage::key(RINGS, feed) }
    }

    /// The round of exactly this slot.
    pub fn get(&self, slot: u64) -> Option<Round> {
        let round = round::take(Word::load(self.host, &self.place(slot)));
        (round.slot == slot && round.price != 0).then_some(round)
    }

    pub fn put(&self, round: &Round) {
        round::put(round).store(self.host, &self.place(round.slot));
    }

    fn place(&self, slot: u64) -> B256 {
        storage::offset(self.base, place(slot))
    }
}

/// A slot's place in a ring.
fn place(slot: u64) -> u64 {
    slot.checked_rem(RING).unwrap_or_default()
}

/// The root over the wider mark set of exactly this slot, or zero. Written by `submit`.
pub fn marks_root(host: Host, slot: u64) -> B256 {
    let key = marks_key(slot);
    if storage::load(host, key) == U256::from(slot) { host.load(storage::offset(key, 1)) } else { B256::ZERO }
}

pub fn put_marks_root(host: Host, slot: u64, root: B256) {
    let key = marks_key(slot);
    storage::store(host, key, U256::from(slot));
    host.store(storage::offset(key, 1), root);
}

fn marks_key(slot: u64) -> B256 {
    storage::key(MARKS, B256::from(U256::from(place(slot))))
}

slot! {
    mod round: Round {
        slot: u64 = 64,
        price: u64 = 64,
        confidence: u32 = 32,
        dispersion: u32 = 32,
        votes: u8 = 8,
        dropped: u8 = 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_words_are_these() {
        doc_tables::check("docs/layouts.md", "slots:oracle.round", &doc_tables::slot(round::SLOT));
    }

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fuzz_rounds_survive_the_round_trip(slot: u64, price: u64, confidence: u32, dispersion: u32, votes: u8, dropped: u8) {
            let round = Round { slot, price, confidence, dispersion, votes, dropped };
            prop_assert_eq!(round::take(Word::of(&round::put(&round))), round);
        }
    }
}
