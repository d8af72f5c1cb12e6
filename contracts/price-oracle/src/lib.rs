//! price-oracle: signed reports become one governed price for each feed and slot.
//!
//! * [`submit`]: packed rounds, checked in [`reports`], reduced to a price in [`median`].
//! * [`marks`]: a quorum's root over the wider mark set of a slot.
//! * [`reporters`]: what a reporter set must be; [`governance`]: who may set it.
//! * [`views`], [`storage`].
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;

mod governance;
mod marks;
pub mod median;
pub mod reporters;
mod reports;
mod storage;
mod submit;
mod views;

use abi::oracle::PriceOracle;
use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, host::Host, words::Words};

contract_kit::entrypoint!(route);

pub fn route(host: Host, calldata: &[u8]) -> Result<Vec<u8>> {
    let (selector, arguments) = calldata.split_first_chunk().ok_or_else(|| malformed(0))?;
    let words = Words::new(arguments, malformed);
    match *selector {
        PriceOracle::submitCall::SELECTOR => submit::submit(host, arguments),
        PriceOracle::submitMarksCall::SELECTOR => marks::submit(host, arguments),
        PriceOracle::roundCall::SELECTOR => views::round(host, words),
        PriceOracle::roundAndPreviousCall::SELECTOR => views::round_and_previous(host, words),
        PriceOracle::latestCall::SELECTOR => views::latest(host, words),
        PriceOracle::marksRootCall::SELECTOR => views::marks_root(host, words),
        PriceOracle::reporterSetHashCall::SELECTOR => views::reporter_set_hash(host, words),
        PriceOracle::ownerCall::SELECTOR => views::owner(host, words),
        PriceOracle::setReportersCall::SELECTOR => governance::set_reporters(host, words),
        PriceOracle::transferOwnershipCall::SELECTOR => governance::transfer_ownership(host, words),
        PriceOracle::acceptOwnershipCall::SELECTOR => governance::accept_ownership(host, words),
        PriceOracle::stylus_constructorCall::SELECTOR => governance::construct(host, words),
        // As in Solidity: there is no such function, and no data.
        _ => Err(Revert(Vec::new())),
    }
}

/// Offsets count from the byte after the selector.
fn malformed(offset: usize) -> Revert {
    PriceOracle::Malformed { offset: U256::from(offset) }.into()
}

#[cfg(test)]
mod tests;
