//! The version of a parameter set: what agreements and statement sets name.
//!
//! `keccak256(abi.encodePacked(keccak256(TYPE), int256 each factor in the order of TYPE, uint256 count and of each
//! scenario int256 spot, int256 volatility, int256 damping, uint256 count and of each underlying its name as bytes32))`,
//! ratios in ppm, the floor in seconds, volatility as [`super::Volatility::code`]. Every element is a whole word, so
//! the encoding is injective.
use super::{Parameters, Scenario};
use crate::maths::int256;
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

const TYPE: &str = "RiskParameters2(initialFactor,maintenanceFactor,volatilityUp,volatilityDown,volatilityShortPower,\
volatilityLongPower,volatilityFloor,volatilityLeast,skewLinearBase,skewLinearSlope,skewAbsoluteBase,\
skewAbsoluteSlope,skewLeastWidth,skewWidth,skewWidthBase,skewWidthSlope,discountBaseLong,discountBaseShort,\
discountAddLong,discountAddShort,discountMultLong,discountMultShort,basisUp,basisDown,basisAddFactor,\
basisTimeFactor,pegThreshold,pegFactor,perpetualMaintenance,perpetualInitial,optionMaintenance,optionInitial,\
confidenceThreshold,confidenceFactor,offsetShare,(spot,volatility,damping)[],(underlying)[])";

impl Parameters {
    /// Two sets have the same hash exactly if they are equal.
    pub fn version_hash(&self) -> B256 {
        let line = |line: &Scenario| [line.spot.raw(), line.volatility.code(), line.damping.raw()].map(int256);
        let words = self.factors().into_iter().map(int256).chain([count(self.scenarios.len())]);
        let words = words.chain(self.scenarios.iter().flat_map(line)).chain([count(self.offset.among.len())]);
        let words = words.chain(self.offset.among.iter().map(|underlying| underlying.word()));
        let encoding: Vec<u8> = [keccak256(TYPE)].into_iter().chain(words).flatten().collect();
        keccak256(encoding)
    }

    fn factors(&self) -> [i64; 35] {
        let (volatility, skew, discount, basis) = (self.volatility, self.skew, self.discount, self.basis);
        [
            self.initial_factor.raw(),
            self.maintenance_factor.raw(),
            volatility.up.raw(),
            volatility.down.raw(),
            volatility.short_power.raw(),
            volatility.long_power.raw(),
            i64::try_from(volatility.floor).unwrap_or(i64::MAX),
            volatility.least.raw(),
            skew.linear.base.raw(),
            skew.linear.slope.raw(),
            skew.absolute.base.raw(),
            skew.absolute.slope.raw(),
            skew.least_width.raw(),
            skew.width.raw(),
            skew.width_base.raw(),
            skew.width_slope.raw(),
            discount.base_long.raw(),
            discount.base_short.raw(),
            discount.add_long.raw(),
            discount.add_short.raw(),
            discount.mult_long.raw(),
            discount.mult_short.raw(),
            basis.up.raw(),
            basis.down.raw(),
            basis.add_factor.raw(),
            basis.time_factor.raw(),
            self.peg.threshold.raw(),
            self.peg.factor.raw(),
            self.perpetual.maintenance.raw(),
            self.perpetual.initial.raw(),
            self.option.maintenance.raw(),
            self.option.initial.raw(),
            self.confidence.threshold.raw(),
            self.confidence.factor.raw(),
            self.offset.share.raw(),
        ]
    }
}

fn count(items: usize) -> B256 {
    int256(i64::try_from(items).unwrap_or(i64::MAX))
}
