//! margin-escrow: custody, margin accounts, settlement of bundles. `docs/architecture.md` says what each action checks.
//!
//! An action is a file: check, compute, write, emit, call out. What is not here [`office`] asks the offices for,
//! which works on the same ledger (`crates/margin`) and writes nothing itself.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;

mod construct;
mod instruct;
mod inventory;
mod mark;
mod office;
mod pledge;
mod settle;
mod statements;
mod token;

use abi::escrow::MarginEscrow::*;
use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use contract_kit::host;
use margin::args::Args;
use margin::fault::OrFail;
use margin::storage::Program;

contract_kit::entrypoint!(route);

fn route(calldata: &[u8]) -> contract_kit::Result<Vec<u8>> {
    if host::reentered() {
        return Ok(office::words(calldata));
    }
    let (selector, payload) = calldata.split_first_chunk::<4>().or_fail(|| Malformed { offset: U256::ZERO });
    let args = Args::new(payload);
    match *selector {
        settleCall::SELECTOR => settle::settle(payload),
        markCall::SELECTOR => mark::mark(payload),
        pledgeCall::SELECTOR => pledge::pledge(args.exactly(3)),
        pledgeWithPermitCall::SELECTOR => pledge::pledge_with_permit(args.exactly(7)),
        pledgeWithAuthorizationCall::SELECTOR => pledge::pledge_with_authorization(args.exactly(10)),
        executeCall::SELECTOR => instruct::execute(&args),
        executeWithConsentCall::SELECTOR => instruct::execute_with_consent(&args),
        depositCall::SELECTOR => inventory::deposit(args.exactly(2)),
        depositWithAuthorizationCall::SELECTOR => inventory::deposit_with_authorization(args.exactly(9)),
        depositWithPermitCall::SELECTOR => inventory::deposit_with_permit(args.exactly(6)),
        withdrawCall::SELECTOR => inventory::withdraw(args.exactly(2)),
        stylus_constructorCall::SELECTOR => construct::construct(args.exactly(5)),
        disputeClaimCall::SELECTOR
        | disputeStatementsCall::SELECTOR
        | revealPortfolioCall::SELECTOR
        | ruleDisputeCall::SELECTOR
        | closeDisputeCall::SELECTOR
        | disputeOfCall::SELECTOR => return Ok(office::forward(Program::DisputeOffice, calldata)),
        _ => return Ok(office::forward(Program::Office, calldata)),
    }
    Ok(Vec::new())
}
