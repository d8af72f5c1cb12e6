//! The version of a parameter set: what agreements and statement sets name.
//!
//! `keccak256(abi.encodePacked(keccak256(TYPE), int256 each factor in the order of TYPE, uint256 count, and of
//! each scenario int256 spot, int256 volatility, int256 damping))`, ratios in ppm, volatility as
//! [`super::Volatility::code`]. Every element is a whole word, so the encoding is injective.
use super::Parameters;
use crate::Ppm;
use crate::maths::int256;
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

const TYPE: &str = "RiskParameters1(initialFactor,maintenanceFactor,discountBaseLong,discountBaseShort,discountAddLong,\
discountAddShort,basisUp,basisDown,basisAddFactor,basisTimeFactor,pegThreshold,pegFactor,perpetualMaintenance,\
perpetualInitial,confidenceThreshold,confidenceFactor,(spot,volatility,damping)[])";

impl Parameters {
    /// Two sets have the same hash exactly if they are equal.
    pub fn version_hash(&self) -> B256 {
        let count = i64::try_from(self.scenarios.len()).unwrap_or(i64::MAX);
        let factors = self.factors().into_iter().map(Ppm::raw).chain([count]);
        let scenarios =
            self.scenarios.iter().flat_map(|line| [line.spot.raw(), line.volatility.code(), line.damping.raw()]);
        let words = factors.chain(scenarios).map(int256);
        let encoding: Vec<u8> = [keccak256(TYPE)].into_iter().chain(words).flatten().collect();
        keccak256(encoding)
    }

    fn factors(&self) -> [Ppm; 16] {
        let (discount, basis) = (self.discount, self.basis);
        [
            self.initial_factor,
            self.maintenance_factor,
            discount.base_long,
            discount.base_short,
            discount.add_long,
            discount.add_short,
            basis.up,
            basis.down,
            basis.add_factor,
            basis.time_factor,
            self.peg.threshold,
            self.peg.factor,
            self.perpetual.maintenance,
            self.perpetual.initial,
            self.confidence.threshold,
            self.confidence.factor,
        ]
    }
}
