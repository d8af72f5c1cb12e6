//! margin-office: what the margin-escrow does besides settling and moving collateral, planned here and carried out there.
//!
//! An action is a file, as in the escrow. Nothing is stored here and nobody has rights here: [`contract_kit::office`]
//! says how a call comes in and what goes back.
#![no_std]
extern crate alloc;

mod claims;
mod default;
mod house;
mod lapse;
mod mandate;
mod migrate;
mod open;
mod pause;
mod recall;
mod reconcile;
mod transfer;
mod views;

use abi::escrow::MarginEscrow::*;
use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use margin::args::Args;
use margin::fault::OrFail;

contract_kit::office_entrypoint!(route);

fn route(calldata: &[u8]) -> contract_kit::Result<Vec<u8>> {
    let (selector, payload) = calldata.split_first_chunk::<4>().or_fail(|| Malformed { offset: U256::ZERO });
    let args = Args::new(payload);
    match *selector {
        openAccountCall::SELECTOR => return Ok(open::open_account(&args)),
        registerMandateCall::SELECTOR => mandate::register(&args),
        revokeMandateCall::SELECTOR => mandate::revoke(args.exactly(2)),
        fundHouseCall::SELECTOR => house::fund(args.exactly(2)),
        withdrawHouseCall::SELECTOR => house::withdraw(args.exactly(2)),
        lapseCall::SELECTOR => lapse::lapse(payload),
        payHouseClaimCall::SELECTOR => house::pay_claim(args.exactly(1)),
        issueClaimCall::SELECTOR => claims::issue(args.exactly(1)),
        cancelClaimCall::SELECTOR => claims::cancel(args.exactly(1)),
        enforceCall::SELECTOR => default::enforce(args.exactly(1)),
        enforceHouseCall::SELECTOR => default::enforce_house(args.exactly(1)),
        recallCall::SELECTOR => recall::recall(args.exactly(3)),
        migrateCall::SELECTOR => migrate::migrate(&args),
        reconcileCall::SELECTOR => reconcile::reconcile(args.exactly(1)),
        pauseCall::SELECTOR => pause::pause(args.exactly(0)),
        unpauseCall::SELECTOR => pause::unpause(args.exactly(0)),
        other => return Ok(views::answer(other, &args)),
    }
    Ok(Vec::new())
}
