//! eligibility-registry: which token counts as collateral, at which value; who takes part in which role.
//!
//! * [`list`], [`participants`], [`governance`]: what the owner decides, and what a venue accepts.
//! * [`guardian`], [`rule`]: what tightens at once, and what the owner changes.
//! * [`decimals`]: what the token itself says, asked at listing and whenever the owner changes terms or lifts a suspension.
//! * [`sync`]: an oracle round, of a slot brought along or before, becomes a haircut ([`haircut`], [`clock`]) and a value ([`factor`]).
//! * [`uptime`], [`outage`]: how far an outage of the sequencer extends deadlines.
//! * [`views`]: `valuations` and `standing` are the margin escrow's hot path.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;

pub mod clock;
mod decimals;
pub mod factor;
mod governance;
mod guardian;
pub mod haircut;
mod list;
mod oracle;
pub mod outage;
mod participants;
mod rule;
mod storage;
mod sync;
mod terms;
mod uptime;
mod views;

use abi::registry::EligibilityRegistry;
use alloc::vec::Vec;
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, args::Args, host::Host, revert::malformed};

contract_kit::entrypoint!(route);

/// Answers a call by its selector.
///
/// # Errors
/// Revert data: empty where there is no such function, otherwise a typed error of [`EligibilityRegistry`].
pub fn route(host: Host, calldata: &[u8]) -> Result<Vec<u8>> {
    let Some((selector, arguments)) = calldata.split_first_chunk() else { malformed(0) };
    let args = Args::new(arguments);
    Ok(match *selector {
        EligibilityRegistry::valuationsCall::SELECTOR => views::valuations(host, &args),
        EligibilityRegistry::standingCall::SELECTOR => views::standing(host, &args),
        EligibilityRegistry::syncCall::SELECTOR => sync::sync(host, &args),
        EligibilityRegistry::submitAndSyncCall::SELECTOR => sync::submit_and_sync(host, arguments),
        EligibilityRegistry::assetOfCall::SELECTOR => views::asset_of(host, &args),
        EligibilityRegistry::rolesCall::SELECTOR => views::roles(host, &args),
        EligibilityRegistry::valuationCall::SELECTOR => views::valuation(host, &args),
        EligibilityRegistry::haircutCall::SELECTOR => views::haircut(host, &args),
        EligibilityRegistry::assetCountCall::SELECTOR => views::asset_count(host, &args),
        EligibilityRegistry::assetAtCall::SELECTOR => views::asset_at(host, &args),
        EligibilityRegistry::oracleCall::SELECTOR => views::oracle(host, &args),
        EligibilityRegistry::ownerCall::SELECTOR => views::owner(host, &args),
        EligibilityRegistry::listAssetCall::SELECTOR => list::list_asset(host, &args),
        EligibilityRegistry::setParticipantCall::SELECTOR => participants::set_participant(host, &args),
        EligibilityRegistry::acceptCall::SELECTOR => participants::accept(host, &args),
        EligibilityRegistry::acceptedByCall::SELECTOR => views::accepted_by(host, &args),
        EligibilityRegistry::setRuleCall::SELECTOR => rule::set_rule(host, &args),
        EligibilityRegistry::setGuardianCall::SELECTOR => governance::set_guardian(host, &args),
        EligibilityRegistry::setPauserCall::SELECTOR => governance::set_pauser(host, &args),
        EligibilityRegistry::setUptimeFeedCall::SELECTOR => uptime::set_uptime_feed(host, &args),
        EligibilityRegistry::recordOutageCall::SELECTOR => uptime::record_outage(host, &args),
        EligibilityRegistry::graceBetweenCall::SELECTOR => uptime::grace_between(host, &args),
        EligibilityRegistry::outagesCall::SELECTOR => uptime::outages(host, &args),
        EligibilityRegistry::uptimeFeedCall::SELECTOR => uptime::uptime_feed(host, &args),
        EligibilityRegistry::tightenCall::SELECTOR => guardian::tighten(host, &args),
        EligibilityRegistry::suspendCall::SELECTOR => guardian::suspend(host, &args),
        EligibilityRegistry::windDownCall::SELECTOR => guardian::wind_down(host, &args),
        EligibilityRegistry::resumeCall::SELECTOR => guardian::resume(host, &args),
        EligibilityRegistry::applyWindDownCall::SELECTOR => guardian::apply_wind_down(host, &args),
        EligibilityRegistry::guardianCall::SELECTOR => views::guardian(host, &args),
        EligibilityRegistry::pauserCall::SELECTOR => views::pauser(host, &args),
        EligibilityRegistry::transferOwnershipCall::SELECTOR => governance::transfer_ownership(host, &args),
        EligibilityRegistry::acceptOwnershipCall::SELECTOR => governance::accept_ownership(host, &args),
        EligibilityRegistry::stylus_constructorCall::SELECTOR => governance::construct(host, &args),
        // As in Solidity: there is no such function, and no data.
        _ => return Err(Revert(Vec::new())),
    })
}

#[cfg(test)]
mod tests;
