//! The one word that the chain keeps of an account's book: every root that it had, and what led to each.
//!
//! `after = keccak256(history ‖ root ‖ digest)`, its lowest bit that of the root: 1 while the account has positions. An account
//! starts at zero. Whoever has the preimages can show any step of it by hashes alone.
//!
//! A digest is [`crate::packed::fills_digest`] of the account's fills, or [`crate::packed::lifecycle_digest`] of what happened
//! instead, whose references stand here.
use crate::words::Writer;
use alloy_primitives::{B256, keccak256};

/// The history after a change: `root` is the book's then, `digest` says what changed it.
pub fn after(history: B256, root: B256, digest: B256) -> B256 {
    let mut next = keccak256([history.0, root.0, digest.0].as_flattened());
    next.0[31] = next.0[31] & !1 | root.0[31] & 1;
    next
}

/// Whether the account has no positions.
pub fn is_flat(history: B256) -> bool {
    history.0[31] & 1 == 0
}

/// What the instruments of one underlying and date settled at: a round of the oracle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettledExpiry {
    /// Id of the future of that date, listed or not.
    pub future: B256,
    /// The oracle's feed that it settles at.
    pub feed: B256,
    /// Not after the expiry's, nor more than [`crate::escrow::MARK_SLOTS`] before it.
    pub slot: u64,
    /// 1e-8 USD.
    pub price: u64,
}

/// What a lifecycle of cause EXPIRY refers to: four words for each, in the order given.
pub fn expiry_reference(expiries: &[SettledExpiry]) -> B256 {
    let mut words = Writer::with_room(11);
    for SettledExpiry { future, feed, slot, price } in expiries {
        words.push(future);
        words.push(feed);
        words.push_u64(*slot);
        words.push_u64(*price);
    }
    words.keccak()
}

/// What a lifecycle of cause FUNDING refers to: the payment of who is long for each unit held, 1e-8 USD.
pub fn funding_reference(instrument: B256, per_unit: i64) -> B256 {
    let mut words = Writer::with_room(11);
    words.push(&instrument);
    words.push_int(per_unit);
    words.keccak()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{I256, U256};
    use alloy_sol_types::SolValue;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fuzz_a_history_is_the_hash_with_the_roots_bit(words in any::<[[u8; 32]; 3]>()) {
            let [history, root, digest] = words.map(B256::from);
            let (hash, next) = (keccak256((history, root, digest).abi_encode()), after(history, root, digest));
            prop_assert_eq!(hash[..31].to_vec(), next[..31].to_vec());
            prop_assert_eq!(hash[31] >> 1, next[31] >> 1);
            prop_assert_eq!(is_flat(next), root[31] & 1 == 0);
        }
    }

    #[test]
    fn an_account_begins_flat() {
        assert!(is_flat(B256::ZERO));
    }

    #[test]
    fn every_part_of_a_step_is_in_the_history() {
        let word = B256::repeat_byte;
        let step = after(word(1), word(2), word(3));
        for other in
            [after(word(4), word(2), word(3)), after(word(1), word(4), word(3)), after(word(1), word(2), word(4))]
        {
            assert_ne!(other, step);
        }
    }

    #[test]
    fn references_hash_words_as_the_abi_has_them() {
        let (future, feed) = (B256::right_padding_from(b"BTC-20251226"), B256::right_padding_from(b"BTC-USD"));
        let one = SettledExpiry { future, feed, slot: 7, price: 8 };
        let words = (future, feed, U256::from(7), U256::from(8)).abi_encode();
        assert_eq!(expiry_reference(&[one]), keccak256(&words));
        let two = SettledExpiry { future: feed, ..one };
        let more = (feed, feed, U256::from(7), U256::from(8)).abi_encode();
        assert_eq!(expiry_reference(&[one, two]), keccak256([words, more].concat()));
        let paid = (future, I256::try_from(-9).unwrap()).abi_encode();
        assert_eq!(funding_reference(future, -9), keccak256(paid));
    }
}
