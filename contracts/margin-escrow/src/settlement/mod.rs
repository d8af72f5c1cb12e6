//! Settlement: fills become positions with the margin they call for, or nothing happens; fills whose time has passed lapse.
//!
//! * `settle`: [`mod@settle`], whose steps are [`fills`] or [`lifecycle`], [`mandates`], the statements of [`crate::marks`], [`top_ups`] and
//!   [`coverage`]; `lapse`: [`mod@lapse`]; `sequenceApplied`.
//! * Errors: of fills (`FillExpired`, `FillAlreadyApplied`, `GroupIncomplete`, …), of mandates (`MandateExpired`,
//!   `RequirementCapExceeded`, …), of what is missing (`MarginShort`, `VariationUncovered`, …).
//! * Arithmetic: `escrow_ledger::batch` for fills, `csa::posting` and `csa::coverage` for what is required and credited.
mod coverage;
mod fills;
mod lapse;
mod lifecycle;
mod mandates;
mod settle;
mod top_ups;

pub use lapse::lapse;
pub use settle::settle;

use alloc::vec::Vec;
use contract_kit::args::Args;
use contract_kit::words::Writer;
use escrow_ledger::storage::{Bits, bit_of};

pub fn sequence_applied(args: &Args<'_>) -> Vec<u8> {
    Writer::default().flag(bit_of(Bits::Applied(args.address(0)), args.u64(1))).bytes()
}
