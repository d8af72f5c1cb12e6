//! Values made of words that all differ must come out as `sol!` writes them.
use super::*;
use alloc::vec::Vec;
use alloy_sol_types::{SolType, SolValue};

/// What the first words, counting from 1, decode to; where one of them is a flag, that one is 1.
fn words<T>(decode: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let word = |i: usize, flag: usize| U256::from(if i == flag { 1 } else { i + 1 }).to_be_bytes::<32>();
    let bytes = |count: usize, flag: usize| (0..count).flat_map(|i| word(i, flag)).collect::<Vec<u8>>();
    (0..24).find_map(|count| (0..=count).find_map(|flag| decode(&bytes(count, flag))))
}

pub fn is_abi<T: Put + SolValue + From<<<T as SolValue>::SolType as SolType>::RustType>>(name: &str) {
    let value = words(|bytes| T::abi_decode(bytes).ok()).unwrap();
    let mut out = Out::default();
    value.put(&mut out);
    assert_eq!(out.bytes(), value.abi_encode(), "{name}");
}

pub fn is_error<E: SolError>(put: impl Fn(&E, &mut Out)) {
    let error = words(|bytes| E::abi_decode_raw(bytes).ok()).unwrap();
    let mut out = Out::after(E::SELECTOR);
    put(&error, &mut out);
    assert_eq!(out.bytes(), error.abi_encode(), "{}", E::SIGNATURE);
}

pub fn is_event<E: Event + SolEvent>() {
    let with_topics = |topics: usize| {
        words(|bytes| {
            let (head, data) = bytes.split_at_checked(topics * 32)?;
            let head = head.chunks_exact(32).map(B256::from_slice);
            E::decode_raw_log(core::iter::once(E::SIGNATURE_HASH).chain(head), data).ok()
        })
    };
    let event = (0..4).find_map(with_topics).unwrap();
    let expected = event.encode_log_data();
    let [a, b, c, d] = <E as Event>::SIGNATURE;
    let mut out = Out::default();
    out.push_limbs(a, b, c, d);
    event.put(&mut out);
    assert_eq!(E::TOPICS, expected.topics().len(), "{}", <E as SolEvent>::SIGNATURE);
    assert_eq!(
        out.bytes(),
        [expected.topics().concat(), expected.data.to_vec()].concat(),
        "{}",
        <E as SolEvent>::SIGNATURE
    );
}
