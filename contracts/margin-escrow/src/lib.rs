//! margin-escrow: custody, margin accounts, settlement of bundles, claims. `docs/architecture.md` says what each action checks.
//!
//! An action is a file: check, compute, write, emit, call out. [`csa`], [`ledger`] and the arithmetic of [`claims`]
//! are pure; [`storage`] alone knows the layout; [`registry`], [`token`] and [`authority`] ask the outside.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;

#[macro_use]
mod fault;
mod account;
mod args;
mod authority;
mod claims;
mod csa;
mod encode;
mod house;
mod instruct;
mod inventory;
mod ledger;
mod mandate;
mod mark;
mod open;
mod pledge;
mod registry;
mod settle;
mod statements;
mod storage;
mod token;
mod views;

use abi::escrow::MarginEscrow::*;
use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use args::Args;
use contract_kit::host;
use fault::{OrFail, ensure};

contract_kit::entrypoint!(route);

fn route(calldata: &[u8]) -> contract_kit::Result<Vec<u8>> {
    ensure(!host::reentered(), || Reentrant {});
    let (selector, payload) = calldata.split_first_chunk::<4>().or_fail(|| Malformed { offset: U256::ZERO });
    let args = Args::new(payload);
    match *selector {
        settleCall::SELECTOR => settle::settle(payload),
        markCall::SELECTOR => mark::mark(payload),
        pledgeCall::SELECTOR => pledge::pledge(args.exactly(3)),
        executeCall::SELECTOR => instruct::execute(&args),
        depositCall::SELECTOR => inventory::deposit(args.exactly(2)),
        depositWithAuthorizationCall::SELECTOR => inventory::deposit_with_authorization(args.exactly(9)),
        withdrawCall::SELECTOR => inventory::withdraw(args.exactly(2)),
        fundHouseCall::SELECTOR => house::fund(args.exactly(2)),
        withdrawHouseCall::SELECTOR => house::withdraw(args.exactly(2)),
        payHouseClaimCall::SELECTOR => house::pay_claim(args.exactly(1)),
        registerMandateCall::SELECTOR => mandate::register(&args),
        revokeMandateCall::SELECTOR => mandate::revoke(args.exactly(2)),
        openAccountCall::SELECTOR => return Ok(open::open_account(&args)),
        stylus_constructorCall::SELECTOR => open::construct(args.exactly(1)),
        other => return Ok(views::answer(other, &args)),
    }
    Ok(Vec::new())
}
