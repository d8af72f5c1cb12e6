//! The version of a parameter set: what agreements and statement sets name.
//!
//! `keccak256(abi.encodePacked(keccak256(TYPE), int256 each factor in the order of TYPE, uint256 count and of each
//! scenario int256 spot, int256 volatility, int256 damping, uint256 count and of each underlying its name as bytes32))`,
//! ratios in ppm, the floor in seconds, volatility as [`super::Volatility::code`]. Every element is a whole word, so
//! the encoding is injective.
use super::*;
use crate::maths::int256;
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

    /// Everything but scenarios and offset underlyings, in the order of the version's type; not validated.
    pub fn from_factors(factors: [i64; FACTORS], scenarios: Vec<Scenario>, among: Vec<Underlying>) -> Self {
        let mut factors = factors.into_iter();
        let mut raw = || factors.next().unwrap_or_default();
        let mut next = || Ppm::from_raw(raw());
        let (initial_factor, maintenance_factor) = (next(), next());
        let [up, down, short_power, long_power] = core::array::from_fn(|_| next());
        let floor = u64::try_from(next().raw()).unwrap_or(0);
        let volatility = VolatilityShock { up, down, short_power, long_power, floor, least: next() };
        let linear = SkewCap { base: next(), slope: next() };
        let absolute = SkewCap { base: next(), slope: next() };
        let (least_width, width, width_base, width_slope) = (next(), next(), next(), next());
        let [base_long, base_short, add_long, add_short, mult_long, mult_short] = core::array::from_fn(|_| next());
        Self {
            scenarios,
            volatility,
            skew: Skew { linear, absolute, least_width, width, width_base, width_slope },
            discount: StaticDiscount { base_long, base_short, add_long, add_short, mult_long, mult_short },
            basis: Basis { up: next(), down: next(), add_factor: next(), time_factor: next() },
            peg: Peg { threshold: next(), factor: next() },
            initial_factor,
            maintenance_factor,
            perpetual: PerpetualContingency { maintenance: next(), initial: next() },
            option: OptionContingency { maintenance: next(), initial: next() },
            confidence: Confidence { threshold: next(), factor: next() },
            offset: Offset { share: next(), among },
        }
    }

    /// The inverse of [`Self::from_factors`].
    pub fn factors(&self) -> [i64; FACTORS] {
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

/// Numbers of a set beside its lists.
pub const FACTORS: usize = 35;

fn count(items: usize) -> B256 {
    int256(i64::try_from(items).unwrap_or(i64::MAX))
}
