//! eligibility-registry: which token counts as collateral, at which value; who takes part in which role.
//!
//! * [`list`], [`participants`], [`governance`]: what the owner decides, and what a venue accepts.
//! * [`guardian`], [`rule`]: what tightens at once, and what the owner changes.
//! * [`decimals`]: what the token itself says, asked at listing and whenever the owner changes terms or lifts a suspension.
//! * [`sync`]: an oracle round becomes a haircut ([`haircut`], [`clock`]) and a value ([`factor`]).
//! * [`uptime`], [`outage`]: how far an outage of the sequencer extends deadlines.
//! * [`views`]: `valuations` and `standing` are the margin escrow's hot path.
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
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, words::Words};

contract_kit::entrypoint!(route);

fn route(calldata: &[u8]) -> Result<Vec<u8>> {
    let (selector, arguments) = calldata.split_first_chunk().ok_or_else(|| malformed(0))?;
    let words = Words::new(arguments, malformed);
    match *selector {
        EligibilityRegistry::valuationsCall::SELECTOR => views::valuations(words),
        EligibilityRegistry::standingCall::SELECTOR => views::standing(words),
        EligibilityRegistry::syncCall::SELECTOR => sync::sync(words),
        EligibilityRegistry::assetOfCall::SELECTOR => views::asset_of(words),
        EligibilityRegistry::rolesCall::SELECTOR => views::roles(words),
        EligibilityRegistry::valuationCall::SELECTOR => views::valuation(words),
        EligibilityRegistry::haircutCall::SELECTOR => views::haircut(words),
        EligibilityRegistry::assetCountCall::SELECTOR => views::asset_count(words),
        EligibilityRegistry::assetAtCall::SELECTOR => views::asset_at(words),
        EligibilityRegistry::oracleCall::SELECTOR => views::oracle(words),
        EligibilityRegistry::ownerCall::SELECTOR => views::owner(words),
        EligibilityRegistry::listAssetCall::SELECTOR => list::list_asset(words),
        EligibilityRegistry::setParticipantCall::SELECTOR => participants::set_participant(words),
        EligibilityRegistry::acceptCall::SELECTOR => participants::accept(words),
        EligibilityRegistry::acceptedByCall::SELECTOR => views::accepted_by(words),
        EligibilityRegistry::setRuleCall::SELECTOR => rule::set_rule(words),
        EligibilityRegistry::setGuardianCall::SELECTOR => governance::set_guardian(words),
        EligibilityRegistry::setPauserCall::SELECTOR => governance::set_pauser(words),
        EligibilityRegistry::setUptimeFeedCall::SELECTOR => uptime::set_uptime_feed(words),
        EligibilityRegistry::recordOutageCall::SELECTOR => uptime::record_outage(words),
        EligibilityRegistry::graceBetweenCall::SELECTOR => uptime::grace_between(words),
        EligibilityRegistry::outagesCall::SELECTOR => uptime::outages(words),
        EligibilityRegistry::uptimeFeedCall::SELECTOR => uptime::uptime_feed(words),
        EligibilityRegistry::tightenCall::SELECTOR => guardian::tighten(words),
        EligibilityRegistry::suspendCall::SELECTOR => guardian::suspend(words),
        EligibilityRegistry::windDownCall::SELECTOR => guardian::wind_down(words),
        EligibilityRegistry::resumeCall::SELECTOR => guardian::resume(words),
        EligibilityRegistry::applyWindDownCall::SELECTOR => guardian::apply_wind_down(words),
        EligibilityRegistry::guardianCall::SELECTOR => views::guardian(words),
        EligibilityRegistry::pauserCall::SELECTOR => views::pauser(words),
        EligibilityRegistry::transferOwnershipCall::SELECTOR => governance::transfer_ownership(words),
        EligibilityRegistry::acceptOwnershipCall::SELECTOR => governance::accept_ownership(words),
        EligibilityRegistry::stylus_constructorCall::SELECTOR => governance::construct(words),
        // As in Solidity: there is no such function, and no data.
        _ => Err(Revert(Vec::new())),
    }
}

/// Offsets count from the byte after the selector.
fn malformed(offset: usize) -> Revert {
    EligibilityRegistry::Malformed { offset: U256::from(offset) }.into()
}
