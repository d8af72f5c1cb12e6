//! Activation: which modules Arbitrum accepts as Stylus programs, and what they cost to start.
//!
//! [`check`] is pure: it needs no chain, so a build can call it on every contract. It looks at a program's whole WASM,
//! in however many fragments that is deployed.

mod error;
mod imports;
mod module;
mod rules;
mod segment;
mod stats;

pub use error::ActivationError;
pub(crate) use module::split_count;
pub(crate) use module::{Function, Module};
pub use stats::ProgramStats;
pub(crate) use stats::{cached_gas, init_gas};

use crate::arbos::{Arbos, ArbosVersion};
use crate::vm::instrument::{Instrumented, instrument};
use crate::vm::pages::PAGE_LIMIT;

/// What the rules leave to the chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Whether blocks and functions may have several results.
    pub multi_value: bool,
    pub max_wasm: u32,
    pub max_pages: u16,
}

impl Rules {
    /// Of a program that was activated before, by whatever rules.
    pub const PASSED: Self = Self { multi_value: true, max_wasm: u32::MAX, max_pages: PAGE_LIMIT };
}

impl From<Arbos> for Rules {
    fn from(arbos: Arbos) -> Self {
        let multi_value = arbos.version < ArbosVersion::V60;
        Self { multi_value, max_wasm: arbos.max_wasm, max_pages: PAGE_LIMIT }
    }
}

/// A module that keeps the rules, with its price and in the form that runs.
pub(crate) struct Accepted {
    pub stats: ProgramStats,
    pub instrumented: Vec<u8>,
}

/// Applies every activation rule of the newest ArbOS to `wasm` and returns the figures its calls are priced by.
///
/// # Errors
/// The first rule that the module breaks.
pub fn check(wasm: &[u8]) -> Result<ProgramStats, ActivationError> {
    check_on(wasm, ArbosVersion::default())
}

/// [`check`] by the rules of `version`.
///
/// # Errors
/// The first rule that the module breaks.
pub fn check_on(wasm: &[u8], version: ArbosVersion) -> Result<ProgramStats, ActivationError> {
    accept(wasm, &Arbos::new(version).into()).map(|accepted| accepted.stats)
}

/// [`check`], keeping the instrumented module.
pub(crate) fn accept(wasm: &[u8], rules: &Rules) -> Result<Accepted, ActivationError> {
    rules::at_most("bytes of WASM", wasm.len() as u64, rules.max_wasm.into())?;
    rules::validate(wasm, rules)?;
    let module = Module::parse(wasm)?;
    rules::imports(&module)?;
    rules::exports(&module)?;
    rules::limits(&module, rules)?;
    rules::segments(&module)?;
    rules::code(&module)?;
    let Instrumented { wasm: instrumented, opcodes } = instrument(wasm, &module)?;
    rules::opcodes(&module, &opcodes)?;
    let stats = ProgramStats::of(wasm, &module, opcodes.iter().sum());
    rules::at_most("gas of a cached entry", stats.cached_init_cost, u16::MAX.into())?;
    rules::at_most("gas of an entry", stats.init_cost, u16::MAX.into())?;
    Ok(Accepted { stats, instrumented })
}
