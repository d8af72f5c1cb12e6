//! Values made of words that all differ must come out as `sol!` writes them.
use super::*;
use crate::escrow::MarginEscrow::*;
use crate::escrow::{AccountState, Agreement, Bounds, ClaimState, DisputeState};
use crate::oracle::PriceOracle::{OwnershipTransferred, WrongReporterSet};
use crate::oracle::Round;
use crate::registry::AssetTerms;
use crate::registry::EligibilityRegistry::{NotTighter, ParticipantSet, UptimeFeedSet};
use crate::verifier::RiskVerifier::NotComputable;
use alloc::vec::Vec;
use alloy_sol_types::{SolError, SolEvent, SolType, SolValue};

/// What the first words, counting from 1, decode to; where one of them is a flag, that one is 1.
fn words<T>(decode: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let word = |i: usize, flag: usize| U256::from(if i == flag { 1 } else { i + 1 }).to_be_bytes::<32>();
    let bytes = |count: usize, flag: usize| (0..count).flat_map(|i| word(i, flag)).collect::<Vec<u8>>();
    (0..24).find_map(|count| (0..=count).find_map(|flag| decode(&bytes(count, flag))))
}

fn is_struct<T: Put + SolValue + From<<<T as SolValue>::SolType as SolType>::RustType>>() {
    let value = words(|bytes| T::abi_decode(bytes).ok()).unwrap();
    assert_eq!(encode(&value), value.abi_encode(), "{}", T::SolType::SOL_NAME);
}

fn is_error<E: SolError + Put>() {
    let error = words(|bytes| E::abi_decode_raw(bytes).ok()).unwrap();
    assert_eq!([&E::SELECTOR[..], &encode(&error)].concat(), error.abi_encode(), "{}", E::SIGNATURE);
}

fn is_event<E: SolEvent + Put>() {
    let with_topics = |topics: usize| {
        words(|bytes| {
            let (head, data) = bytes.split_at_checked(topics * 32)?;
            let head = head.chunks_exact(32).map(B256::from_slice);
            E::decode_raw_log(core::iter::once(E::SIGNATURE_HASH).chain(head), data).ok()
        })
    };
    let event = (0..4).find_map(with_topics).unwrap();
    let expected = event.encode_log_data();
    let topics = expected.topics()[1..].concat();
    assert_eq!(encode(&event), [topics, expected.data.to_vec()].concat(), "{}", E::SIGNATURE);
}

#[test]
fn structs_are_those_of_the_abi() {
    is_struct::<Agreement>();
    is_struct::<AccountState>();
    is_struct::<ClaimState>();
    is_struct::<DisputeState>();
    is_struct::<Bounds>();
    is_struct::<Round>();
    is_struct::<AssetTerms>();
}

#[test]
fn errors_are_those_of_the_abi() {
    is_error::<Reentrant>();
    is_error::<VariationNotZeroSum>();
    is_error::<OutOfOrder>();
    is_error::<UnknownAction>();
    is_error::<HouseUncovered>();
    is_error::<WrongReporterSet>();
    is_error::<NotTighter>();
    is_error::<NotComputable>();
}

#[test]
fn events_are_those_of_the_abi() {
    is_event::<AccountOpened>();
    is_event::<MarginStated>();
    is_event::<Pledged>();
    is_event::<HouseCured>();
    is_event::<Paused>();
    is_event::<VariationCorrected>();
    is_event::<OwnershipTransferred>();
    is_event::<UptimeFeedSet>();
}

/// `bytes20` fills its word from the left.
#[test]
fn short_bytes_lie_left() {
    let event = ParticipantSet { participant: Address::repeat_byte(1), lei: [7; 20].into(), roles: 3 };
    let log = event.encode_log_data();
    assert_eq!(encode(&event), [log.topics()[1..].concat(), log.data.to_vec()].concat());
}

#[test]
fn numbers_fill_their_word_with_their_sign() {
    let out = Writer::default().int(-2).uint(u128::MAX);
    assert_eq!(
        out.bytes(),
        [I256::try_from(-2).unwrap().to_be_bytes::<32>(), U256::from(u128::MAX).to_be_bytes()].concat()
    );
}
