//! portfolio-examiner: what a revealed book hashes to, to be held against what was signed. It keeps nothing.
//!
//! The figures of the same book are the risk-verifier's; together they would not fit one program.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![no_std]
extern crate alloc;

mod following;
mod positions;

use abi::examiner::{PortfolioExaminer, reason};
use abi::packed::{Examination, Following, PackedParameters, mark_leaves};
use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, host::Host, revert::malformed, words::Writer};

contract_kit::entrypoint!(route);

/// Answers a call by its selector.
///
/// # Errors
/// Revert data: empty where there is no such function, otherwise a typed error of [`PortfolioExaminer`].
pub fn route(_: Host, calldata: &[u8]) -> Result<Vec<u8>> {
    let Some((selector, arguments)) = calldata.split_first_chunk() else { malformed(0) };
    match *selector {
        PortfolioExaminer::examineCall::SELECTOR => examine(arguments),
        PortfolioExaminer::followCall::SELECTOR => follow(arguments),
        // As in Solidity: there is no such function, and no data.
        _ => Err(Revert(Vec::new())),
    }
}

fn examine(arguments: &[u8]) -> Result<Vec<u8>> {
    let shown = Examination::decode(arguments).unwrap_or_else(|at| malformed(at.0));
    let mut out = Writer::with_room(4);
    out.push(&positions::root(&shown)?);
    out.push(&parameters_hash(&shown.portfolio.parameters));
    out.push(&marks_root(&shown)?);
    out.push_u64(shown.portfolio.as_of);
    Ok(out.bytes())
}

fn follow(arguments: &[u8]) -> Result<Vec<u8>> {
    let shown = Following::decode(arguments).unwrap_or_else(|at| malformed(at.0));
    let followed = following::follow(&shown)?;
    let mut out = Writer::with_room(followed.rounds.len().saturating_mul(3).saturating_add(8));
    let stated = shown.steps.last().map_or(B256::ZERO, |step| step.root);
    for word in [&followed.start, &followed.end, &stated, &followed.after, &followed.root] {
        out.push(word);
    }
    out.push_u64(followed.salted.into());
    out.push_u64(shown.steps.len() as u64);
    out.push_u64(followed.rounds.len() as u64);
    for round in followed.rounds {
        out.push(&round.feed);
        out.push_u64(round.slot);
        out.push_u64(round.price);
    }
    Ok(out.bytes())
}

/// The set's version, whether or not its values are in range: only those that were agreed have the agreed one.
fn parameters_hash(of: &PackedParameters) -> B256 {
    let scenarios = of.scenarios.iter().map(|line| [line.spot.into(), line.volatility.into(), line.damping.into()]);
    risk::parameters::version_hash(&of.factors.map(i64::from), scenarios, &of.underlyings)
}

/// Root of the mark set that holds the portfolio's marks.
fn marks_root(of: &Examination) -> Result<B256> {
    of.marks.root(&mark_leaves(&of.portfolio)).ok_or_else(|| refused(reason::MARKS))
}

fn refused(reason: u8) -> Revert {
    PortfolioExaminer::NotShown { reason }.into()
}
