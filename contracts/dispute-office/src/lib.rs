//! dispute-office: the escrow's disputes, planned here and carried out there.
//!
//! A pledgor says, on a bond, that a statement is wrong: its requirement too high, its variation too low, or its root not
//! that of its fills. What it names is held back of a claim until the kernel, the second agent or the end of the ruling
//! decides; the loser's stake goes to the other side, and what was wrong is corrected.
//! As in the margin-office an action is a file, nothing is stored here and nobody has rights here.
#![no_std]
extern crate alloc;

mod change;
mod close;
mod correct;
mod evidence;
mod kernel;
mod open;
mod reveal;
mod rule;
mod ruling;
mod view;
mod words;

use abi::escrow::MarginEscrow::*;
use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use margin::args::Args;
use margin::fault::{OrFail, malformed};

contract_kit::office_entrypoint!(route);

fn route(calldata: &[u8]) -> contract_kit::Result<Vec<u8>> {
    let (selector, payload) = calldata.split_first_chunk::<4>().or_fail(|| Malformed { offset: U256::ZERO });
    let args = Args::new(payload);
    match *selector {
        disputeClaimCall::SELECTOR => open::claim(args.exactly(2)),
        disputeStatementsCall::SELECTOR => open::statements(payload),
        revealPortfolioCall::SELECTOR => reveal::reveal(payload),
        ruleDisputeCall::SELECTOR => rule::rule(&args),
        closeDisputeCall::SELECTOR => close::close(args.exactly(1)),
        disputeOfCall::SELECTOR => return Ok(view::dispute_of(args.exactly(1))),
        _ => malformed(0),
    }
    Ok(Vec::new())
}
