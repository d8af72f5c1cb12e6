//! risk-verifier: the risk kernel on chain, for whoever wants to check a requirement or a variation. It keeps nothing.
//!
//! * [`mod@evaluate`]: the packed portfolio in the kernel's terms.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![no_std]
extern crate alloc;

mod evaluate;

use abi::verifier::RiskVerifier;
use alloc::vec::Vec;
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, host::Host, revert::malformed, words::Writer};

contract_kit::entrypoint!(route);

/// Answers a call by its selector.
///
/// # Errors
/// Revert data: empty where there is no such function, otherwise a typed error of [`RiskVerifier`].
pub fn route(_: Host, calldata: &[u8]) -> Result<Vec<u8>> {
    let Some((selector, arguments)) = calldata.split_first_chunk() else { malformed(0) };
    match *selector {
        RiskVerifier::evaluateCall::SELECTOR => evaluate(arguments),
        // As in Solidity: there is no such function, and no data.
        _ => Err(Revert(Vec::new())),
    }
}

fn evaluate(arguments: &[u8]) -> Result<Vec<u8>> {
    let margin = evaluate::evaluate(arguments)?;
    let mut out = Writer::with_room(3);
    out.push_u64(margin.initial);
    out.push_u64(margin.maintenance);
    out.push_int(margin.variation);
    Ok(out.bytes())
}
