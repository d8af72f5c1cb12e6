//! Events of a `sol!`, as logs.
use crate::host::Host;
use crate::words::limbs;
use alloc::vec::Vec;
use alloy_sol_types::abi::token::WordToken;
use alloy_sol_types::{SolEvent, TopicList};

/// A log has no more topics.
const TOPICS: usize = 4;

/// The first topic, the hash of the event's signature, is given as numbers, which stand in code: as data every call would
/// pay for it, whether it emits the event or not.
#[inline(always)]
pub fn emit<E: SolEvent>(host: Host, event: &E) {
    let mut topics = [WordToken::default(); TOPICS];
    let _ = event.encode_topics_raw(&mut topics);
    let [_, indexed @ ..] = topics;
    let [a, b, c, d] = const { limbs(&E::SIGNATURE_HASH) };
    log(host, [a, b, c, d].map(u64::to_le_bytes), &indexed, <E::TopicList as TopicList>::COUNT, &event.encode_data());
}

#[inline(never)]
fn log(host: Host, signature: [[u8; 8]; 4], indexed: &[WordToken; TOPICS - 1], topics: usize, data: &[u8]) {
    let mut bytes = Vec::with_capacity(data.len().saturating_add(TOPICS * 32));
    bytes.extend_from_slice(signature.as_flattened());
    for topic in indexed.iter().take(topics.saturating_sub(1)) {
        bytes.extend_from_slice(topic.0.as_slice());
    }
    bytes.extend_from_slice(data);
    host.log(&bytes, topics)
}
