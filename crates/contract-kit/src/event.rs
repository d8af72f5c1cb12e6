//! Events of a `sol!`, as logs.
use crate::host;
use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_sol_types::SolEvent;

pub fn emit<E: SolEvent>(event: &E) {
    let topics: Vec<B256> = event.encode_topics().into_iter().map(|topic| topic.0).collect();
    host::log(&topics, &event.encode_data());
}
