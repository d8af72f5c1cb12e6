//! price-oracle: signed reports become one governed price for each feed and slot.
//!
//! * [`submit`]: a slot's packed reports, checked in [`reports`], each feed's reduced to a price in [`abi::median`]; and the root of its marks.
//! * [`reporters`]: what a reporter set must be; [`governance`]: who may set it.
//! * [`views`], [`storage`].
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;

mod governance;
pub mod reporters;
mod reports;
mod storage;
mod submit;
mod views;

use abi::oracle::PriceOracle;
use alloc::vec::Vec;
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, args::Args, host::Host, revert::malformed};

contract_kit::entrypoint!(route);

/// Answers a call by its selector.
///
/// # Errors
/// Revert data: empty where there is no such function, otherwise a typed error of [`PriceOracle`].
pub fn route(host: Host, calldata: &[u8]) -> Result<Vec<u8>> {
    let Some((selector, arguments)) = calldata.split_first_chunk() else { malformed(0) };
    let args = Args::new(arguments);
    Ok(match *selector {
        PriceOracle::submitCall::SELECTOR => submit::submit(host, arguments),
        PriceOracle::roundCall::SELECTOR => views::round(host, &args),
        PriceOracle::roundAndPreviousCall::SELECTOR => views::round_and_previous(host, &args),
        PriceOracle::latestCall::SELECTOR => views::latest(host, &args),
        PriceOracle::marksRootCall::SELECTOR => views::marks_root(host, &args),
        PriceOracle::reporterSetHashCall::SELECTOR => views::reporter_set_hash(host, &args),
        PriceOracle::ownerCall::SELECTOR => views::owner(host, &args),
        PriceOracle::setReportersCall::SELECTOR => governance::set_reporters(host, &args),
        PriceOracle::transferOwnershipCall::SELECTOR => governance::transfer_ownership(host, &args),
        PriceOracle::acceptOwnershipCall::SELECTOR => governance::accept_ownership(host, &args),
        PriceOracle::stylus_constructorCall::SELECTOR => governance::construct(host, &args),
        // As in Solidity: there is no such function, and no data.
        _ => return Err(Revert(Vec::new())),
    })
}

#[cfg(test)]
mod tests;
