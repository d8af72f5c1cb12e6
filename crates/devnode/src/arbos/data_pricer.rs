//! What a byte of native code costs when a program is activated or renewed: dearer the more was activated lately.

use alloy::primitives::U256;

/// Bytes that each second takes off the demand: a terabyte a year.
const BYTES_PER_SECOND: u32 = ((1u64 << 40) / (365 * 24) / 3_600) as u32;
/// Wei for each byte where there is no demand.
const MIN_PRICE: u64 = 82_928_201;
/// Bytes of demand that multiply the price by e.
const INERTIA: u64 = 21_360_419;
const ONE: u64 = 10_000;
/// Terms of the exponential's series.
const ACCURACY: u64 = 12;

/// Bytes activated lately, and when that was counted. One slot of ArbOS's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DataPricer {
    demand: u32,
    updated: u64,
}

impl DataPricer {
    /// The slot of [`super::ARBOS_STATE`] that it stands in.
    pub const SLOT: U256 = U256::ONE;

    /// As the word of that slot.
    pub fn pack(self) -> U256 {
        U256::from_limbs([self.demand.into(), self.updated, 0, 0])
    }

    /// From that word; zero is a chain on which nothing was activated.
    pub fn unpack(word: U256) -> Self {
        let [demand, updated, ..] = *word.as_limbs();
        Self { demand: demand as u32, updated }
    }

    /// Adds `bytes` at `time` and returns their price in wei.
    pub fn charge(&mut self, bytes: u32, time: u64) -> U256 {
        let passed = u32::try_from(time.saturating_sub(self.updated)).unwrap_or(u32::MAX);
        let credit = BYTES_PER_SECOND.saturating_mul(passed);
        self.demand = self.demand.saturating_sub(credit).saturating_add(bytes);
        self.updated = time;
        let multiplier = exponential(ONE * u64::from(self.demand) / INERTIA);
        let price = MIN_PRICE.saturating_mul(multiplier) / ONE;
        U256::from(price.saturating_mul(bytes.into()))
    }
}

/// e to the power of `value`, both in ten-thousandths.
fn exponential(value: u64) -> u64 {
    (1..ACCURACY).rev().fold(ONE + value / ACCURACY, |sum, term| ONE + sum.saturating_mul(value) / (term * ONE))
}
