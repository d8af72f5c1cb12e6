//! Events and answers of the escrow. What they encode to is the ABI's own ([`abi::words::Put`]).
use alloy_sol_types::SolEvent;
use contract_kit::words::Put;
pub use contract_kit::words::encode as words;
use contract_kit::{event, host};

/// Emits an event of the escrow.
#[inline(always)]
pub fn emit<E: SolEvent + Put>(event: &E) {
    event::emit(host::ambient(), event)
}
