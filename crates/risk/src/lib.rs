//! What an account must hold: positions, marks and parameters in, requirement and variation out.
//!
//! One implementation for the relayer (native) and the chain (WASM): `no_std`, integers only, no panics,
//! every rounding against the account and named so.
//!
//! * [`units`]: prices, quantities, USD and ratios as types; decimal strings.
//! * [`instrument`]: `BTC-PERP`, `ETH-20251226`, `BTC-20251226-120000-C`.
//! * [`book`], [`marks`], [`parameters`]: the three inputs; [`smile`]: volatilities between quoted strikes.
//! * [`pricing`]: European options by Black-76.
//! * [`margin`]: scenario losses, contingencies, requirement.
//! * [`variation`]: what a book is worth with its cash, and what an off-market fill pays.
//! * [`commitment`]: the salted Merkle root of a book.
//!
//! Formulas, units and error bounds: `docs/risk.md`.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::panic
)]
extern crate alloc;

pub mod book;
mod cash;
pub mod commitment;
pub mod error;
pub mod instrument;
pub mod margin;
pub mod marks;
mod maths;
pub mod parameters;
pub mod pricing;
pub mod smile;
pub mod units;
pub mod variation;

pub use alloy_primitives::B256;
pub use book::{Book, Position, UnderlyingBook};
pub use commitment::{
    InclusionProof, Revealed, RevealedCash, RevealedPosition, book_root, cash_salt, inclusion_proof, position_leaf,
    position_salt, positions_root,
};
pub use error::RiskError;
pub use instrument::{Expiry, Instrument, InstrumentError, Kind, Right, Underlying};
pub use margin::{
    Assessment, BookRequirement, Collateral, Contingencies, KnownBook, Model, OffsetRelief, Requirement, ScenarioLoss,
    StreamingBook, Surface, Worst, assess, requirement,
};
pub use marks::{Mark, MarkError, Marks, VolMark};
pub use parameters::{ParameterError, Parameters, Scenario, ScenarioId, Volatility};
pub use pricing::{black76, price};
pub use smile::Smile;
pub use units::{Cash, DecimalError, Funding, Ppm, Price, Quantity, Rate, Usd, Vol};
pub use variation::{FillVariation, fill_variation, variation_level};
