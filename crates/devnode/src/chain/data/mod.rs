//! What transactions pay for their bytes on the parent chain.
//!
//! As in Nitro's `l1pricing.go` and `tx_processor.go`: 16 units for each byte that Brotli leaves of the signed
//! transaction, each unit at one price, paid as gas at the block's base fee.

mod message;
mod units;

pub use message::Message;
pub use units::{LEVEL, units};

use super::view::StateView;
use crate::arbos::ARBOS_STATE;
use alloy::primitives::{U256, uint};

/// Slot of ArbOS's state that holds the wei of one unit: `pricePerUnit` in ASCII.
pub const PRICE_SLOT: U256 = uint!(0x7072696365506572556e6974_U256);
/// Units of one compressed byte.
pub const UNITS_PER_BYTE: u64 = 16;

/// What one unit costs, in the two currencies that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataPrice {
    /// Wei of one unit.
    wei: U256,
    /// Wei of one gas.
    base_fee: u64,
}

impl DataPrice {
    /// As the state has it.
    pub fn new(state: &StateView<'_>, base_fee: u64) -> Self {
        Self { wei: state.slot(ARBOS_STATE, PRICE_SLOT), base_fee }
    }

    /// Whether data cost nothing.
    pub fn is_zero(self) -> bool {
        self.wei.is_zero() || self.base_fee == 0
    }

    /// Wei of one unit.
    pub fn wei(self) -> U256 {
        self.wei
    }

    /// Gas that `units` cost.
    pub fn gas(self, units: u64) -> u64 {
        self.in_gas(self.wei.saturating_mul(U256::from(units)))
    }

    /// Gas that an estimate reckons with for `units`: 10 % more.
    pub fn estimated_gas(self, units: u64) -> u64 {
        let cost = self.wei.saturating_mul(U256::from(units));
        self.in_gas(cost.saturating_mul(U256::from(110)) / U256::from(100))
    }

    fn in_gas(self, wei: U256) -> u64 {
        if self.is_zero() { 0 } else { (wei / U256::from(self.base_fee)).saturating_to() }
    }
}
