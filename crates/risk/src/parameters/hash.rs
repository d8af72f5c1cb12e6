//! The version of a parameter set: what agreements and statement sets name.
//!
//! `keccak256(abi.encodePacked(keccak256(TYPE), int256 each factor in the order of TYPE, uint256 count and of each
//! scenario int256 spot, int256 volatility, int256 damping, uint256 count and of each underlying its name as bytes32))`,
//! ratios in ppm, the floor in seconds, volatility as [`super::Volatility::code`]. Every element is a whole word, so
//! the encoding is injective.
use super::*;
use crate::maths::int256;
use alloy_primitives::{B256, b256, keccak256};

/// Hash of `TYPE`, which a test computes.
const TYPE_HASH: B256 = b256!("67dd2383c248677611e65a2635236e912e734e70271e77e528fa0fa62356f4f7");
#[cfg(test)]
const TYPE: &str = "RiskParameters2(initialFactor,maintenanceFactor,volatilityUp,volatilityDown,volatilityShortPower,\
volatilityLongPower,volatilityFloor,volatilityLeast,skewLinearBase,skewLinearSlope,skewAbsoluteBase,\
skewAbsoluteSlope,skewLeastWidth,skewWidth,skewWidthBase,skewWidthSlope,discountBaseLong,discountBaseShort,\
discountAddLong,discountAddShort,discountMultLong,discountMultShort,basisUp,basisDown,basisAddFactor,\
basisTimeFactor,pegThreshold,pegFactor,perpetualMaintenance,perpetualInitial,optionMaintenance,optionInitial,\
confidenceThreshold,confidenceFactor,offsetShare,(spot,volatility,damping)[],(underlying)[])";

impl Parameters {
    /// Two sets have the same hash exactly if they are equal.
    pub fn version_hash(&self) -> B256 {
        let line = |line: &Scenario| [line.spot.raw(), line.volatility.code(), line.damping.raw()];
        let among: Vec<_> = self.offset.underlyings.iter().map(Underlying::to_bytes).collect();
        version_hash(&self.factors(), self.scenarios.iter().map(line), &among)
    }

    /// Everything but scenarios and offset underlyings, in the order of the version's type; not validated.
    pub fn from_factors(factors: [i64; FACTORS], scenarios: Vec<Scenario>, underlyings: Vec<Underlying>) -> Self {
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
            offset: Offset { share: next(), underlyings },
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

/// The version of a set from its numbers: factors in the order of the type, scenarios as spot, volatility code and damping,
/// zero-padded names of the underlyings that offset.
pub fn version_hash(
    factors: &[i64; FACTORS],
    scenarios: impl ExactSizeIterator<Item = [i64; 3]>,
    among: &[[u8; 8]],
) -> B256 {
    let mut words = Words(Vec::from(TYPE_HASH.0));
    factors.iter().for_each(|factor| words.int(*factor));
    words.count(scenarios.len());
    scenarios.for_each(|line| line.into_iter().for_each(|number| words.int(number)));
    words.count(among.len());
    among.iter().for_each(|name| words.word(B256::right_padding_from(name)));
    keccak256(words.0)
}

struct Words(Vec<u8>);

impl Words {
    #[inline(never)]
    fn word(&mut self, word: B256) {
        self.0.extend_from_slice(word.as_slice());
    }

    #[inline(never)]
    fn int(&mut self, value: i64) {
        self.word(int256(value.into()));
    }

    fn count(&mut self, items: usize) {
        self.int(i64::try_from(items).unwrap_or(i64::MAX));
    }
}

/// Numbers of a set beside its lists.
pub const FACTORS: usize = 35;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_hash_is_that_of_the_type() {
        assert_eq!(TYPE_HASH, keccak256(TYPE));
    }
}
