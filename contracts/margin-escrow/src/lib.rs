//! margin-escrow: custody, margin accounts, settlement of bundles. `docs/contracts/margin-escrow.md` says what each entry checks.
//!
//! A folder is a matter, a file one step of it: check, compute, write, emit, call out. The ledger that they share, and the
//! arithmetic that they decide by, is `crates/escrow-ledger`. A failed check ends the call with a typed error of the ABI.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;

mod accounts;
mod claims;
mod collateral;
mod default;
mod disputes;
mod governance;
mod house;
mod marks;
mod orders;
mod settlement;

use abi::escrow::MarginEscrow::*;
use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::fault::{OrFail, ensure, malformed};

contract_kit::entrypoint!(route);

/// Answers a call by its selector.
///
/// # Errors
/// Revert data: empty where there is no such function, otherwise a typed error of [`abi::escrow::MarginEscrow`].
pub fn route(_: host::Host, calldata: &[u8]) -> contract_kit::Result<Vec<u8>> {
    ensure(!host::reentered(), || Reentrant {});
    let (selector, payload) = calldata.split_first_chunk::<4>().or_fail(|| Malformed { offset: U256::ZERO });
    let args = Args::new(payload);
    match *selector {
        settleCall::SELECTOR => settlement::settle(payload),
        lapseCall::SELECTOR => settlement::lapse(payload),
        markCall::SELECTOR => marks::mark(payload),

        openAccountCall::SELECTOR => return Ok(accounts::open_account(&args)),
        registerMandateCall::SELECTOR => accounts::register_mandate(&args),
        revokeMandateCall::SELECTOR => accounts::revoke_mandate(args.exactly(2)),
        registerTopUpOrderCall::SELECTOR => orders::register_top_up(&args),
        registerSubstituteOrderCall::SELECTOR => orders::register_substitute(&args),
        registerReturnOrderCall::SELECTOR => orders::register_return(&args),
        revokeOrderCall::SELECTOR => orders::revoke(args.exactly(3)),
        executeOrderCall::SELECTOR => orders::execute(args.exactly(3)),
        allowPledgesCall::SELECTOR => accounts::allow_pledges(args.exactly(2)),
        migrateCall::SELECTOR => accounts::migrate(&args),

        depositCall::SELECTOR => collateral::deposit(args.exactly(2)),
        depositWithPermitCall::SELECTOR => collateral::deposit_with_permit(args.exactly(6)),
        depositWithAuthorizationCall::SELECTOR => collateral::deposit_with_authorization(args.exactly(9)),
        depositWithSignedPermitCall::SELECTOR => collateral::deposit_with_signed_permit(&args),
        withdrawCall::SELECTOR => collateral::withdraw(args.exactly(2)),
        withdrawToCall::SELECTOR => collateral::withdraw_to(&args),
        pledgeCall::SELECTOR => collateral::pledge(args.exactly(3)),
        pledgeWithPermitCall::SELECTOR => collateral::pledge_with_permit(args.exactly(7)),
        pledgeWithSignedPermitCall::SELECTOR => collateral::pledge_with_signed_permit(&args),
        pledgeWithAuthorizationCall::SELECTOR => collateral::pledge_with_authorization(args.exactly(10)),
        executeCall::SELECTOR => collateral::execute(&args),
        executeWithConsentCall::SELECTOR => collateral::execute_with_consent(&args),
        recallCall::SELECTOR => collateral::recall(args.exactly(3)),
        reconcileCall::SELECTOR => collateral::reconcile(args.exactly(1)),
        probeCall::SELECTOR => collateral::probe(args.exactly(1)),

        issueClaimCall::SELECTOR => claims::issue(args.exactly(1)),
        cancelClaimCall::SELECTOR => claims::cancel(args.exactly(1)),
        enforceCall::SELECTOR => default::enforce(args.exactly(1)),
        enforceHouseCall::SELECTOR => default::enforce_house(args.exactly(1)),

        disputeCall::SELECTOR => disputes::open(args.exactly(4)),
        revealPortfolioCall::SELECTOR => disputes::reveal(payload),
        ruleDisputeCall::SELECTOR => disputes::rule(&args),
        closeDisputeCall::SELECTOR => disputes::close(args.exactly(1)),

        fundHouseCall::SELECTOR => house::fund(args.exactly(2)),
        withdrawHouseCall::SELECTOR => house::withdraw(args.exactly(2)),
        payHouseClaimCall::SELECTOR => house::pay_claim(args.exactly(1)),

        pauseCall::SELECTOR => governance::pause(args.exactly(0)),
        unpauseCall::SELECTOR => governance::unpause(args.exactly(0)),
        setBoundsCall::SELECTOR => governance::set_bounds(args.exactly(3)),
        stylus_constructorCall::SELECTOR => governance::construct(args.exactly(3)),
        other => return Ok(view(other, &args)),
    }
    Ok(Vec::new())
}

/// What anyone may ask.
#[inline(never)]
fn view(selector: [u8; 4], args: &Args<'_>) -> Vec<u8> {
    match selector {
        accountCall::SELECTOR => accounts::view::account(args.exactly(1)),
        accountCountCall::SELECTOR => accounts::view::count(),
        accountByAgreementCall::SELECTOR => accounts::view::by_agreement(args.exactly(1)),
        mandateCall::SELECTOR => accounts::view::mandate(args.exactly(2)),
        topUpCall::SELECTOR => accounts::view::top_up(args.exactly(3)),
        topUpOrderCall::SELECTOR => orders::view::top_up(args.exactly(1)),
        substituteOrderCall::SELECTOR => orders::view::substitute(args.exactly(2)),
        returnOrderCall::SELECTOR => orders::view::give_back(args.exactly(1)),
        nonceUsedCall::SELECTOR => accounts::view::nonce_used(args.exactly(2)),
        sequenceAppliedCall::SELECTOR => settlement::sequence_applied(args.exactly(2)),
        balanceCall::SELECTOR => collateral::view::balance(args.exactly(2)),
        inventoryCall::SELECTOR => collateral::view::inventory(args.exactly(2)),
        custodyCall::SELECTOR => collateral::view::custody(args.exactly(1)),
        claimCall::SELECTOR => claims::view(args.exactly(1)),
        defaultOfCall::SELECTOR => default::view(args.exactly(1)),
        disputeOfCall::SELECTOR => disputes::view(args.exactly(1)),
        houseCall::SELECTOR => house::view(args.exactly(1)),
        pausedCall::SELECTOR => governance::view::paused(),
        boundsCall::SELECTOR => governance::view::bounds(),
        registryCall::SELECTOR => governance::view::registry(),
        verifierCall::SELECTOR => governance::view::verifier(),
        examinerCall::SELECTOR => governance::view::examiner(),
        _ => malformed(0),
    }
}

#[cfg(test)]
mod tests;
