//! Governed ranges: outside of them a parameter cannot be meant, and no agreement may name it.
use super::{Parameters, Scenario};
use crate::Ppm;

/// Which parameter is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum ParameterError {
    #[error("parameter {field} is {value}, outside {least} to {most}")]
    OutOfRange { field: &'static str, value: Ppm, least: Ppm, most: Ppm },
    #[error("{count} scenarios, where 1 to {most} are allowed")]
    ScenarioCount { count: usize, most: usize },
    #[error("scenario {index}: {field} is {value}, outside {least} to {most}")]
    Scenario { index: usize, field: &'static str, value: Ppm, least: Ppm, most: Ppm },
    #[error("scenario {index}: spot moves in a skew scenario")]
    SkewWithMove { index: usize },
    #[error("volatility.floor is {0} s, where 1 s to 10 years are allowed")]
    Floor(u64),
    /// In a set that nothing is agreed on.
    #[error("volatility.floor is {value} s, where 0 to {most} s can be computed")]
    FloorReach { value: u64, most: u64 },
    #[error("offset.among is not strictly ascending")]
    OffsetOrder,
}

pub(super) const MOST_SCENARIOS: usize = 256;
pub(super) const TEN_YEARS: u64 = 10 * 365 * 86_400;
pub(super) const PERCENT_100: i64 = 1_000_000;
const TENFOLD: i64 = 10_000_000;
pub(super) const HUNDREDFOLD: i64 = 100_000_000;

/// Name, value, least and most.
pub(super) type Range = (&'static str, Ppm, i64, i64);

impl Parameters {
    /// Every requirement checks this first, on chain and off.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn validate(&self) -> Result<(), ParameterError> {
        let count = self.scenarios.len();
        if !(1..=MOST_SCENARIOS).contains(&count) {
            return Err(ParameterError::ScenarioCount { count, most: MOST_SCENARIOS });
        }
        self.ranges().into_iter().try_for_each(within)?;
        if !(1..=TEN_YEARS).contains(&self.volatility.floor) {
            return Err(ParameterError::Floor(self.volatility.floor));
        }
        if !self.offset.underlyings.is_sorted_by(|one, next| one < next) {
            return Err(ParameterError::OffsetOrder);
        }
        self.scenarios.iter().enumerate().try_for_each(|(index, scenario)| scenario.validate(index))
    }

    pub(super) fn ranges(&self) -> [Range; 34] {
        [
            ("initial_factor", self.initial_factor, 1, HUNDREDFOLD),
            ("maintenance_factor", self.maintenance_factor, 1, self.initial_factor.raw()),
            ("volatility.up", self.volatility.up, 0, HUNDREDFOLD),
            ("volatility.down", self.volatility.down, 0, HUNDREDFOLD),
            ("volatility.short_power", self.volatility.short_power, 0, PERCENT_100),
            ("volatility.long_power", self.volatility.long_power, 0, PERCENT_100),
            ("volatility.least", self.volatility.least, 0, TENFOLD),
            ("skew.linear.base", self.skew.linear.base, 0, TENFOLD),
            ("skew.linear.slope", self.skew.linear.slope, -TENFOLD, TENFOLD),
            ("skew.absolute.base", self.skew.absolute.base, 0, TENFOLD),
            ("skew.absolute.slope", self.skew.absolute.slope, -TENFOLD, TENFOLD),
            ("skew.least_width", self.skew.least_width, 1, TENFOLD),
            ("skew.width", self.skew.width, 0, HUNDREDFOLD),
            ("skew.width_base", self.skew.width_base, -TENFOLD, TENFOLD),
            ("skew.width_slope", self.skew.width_slope, -TENFOLD, TENFOLD),
            ("discount.base_long", self.discount.base_long, 0, PERCENT_100),
            ("discount.base_short", self.discount.base_short, PERCENT_100, HUNDREDFOLD),
            ("discount.add_long", self.discount.add_long, 0, TENFOLD),
            ("discount.add_short", self.discount.add_short, 0, TENFOLD),
            ("discount.mult_long", self.discount.mult_long, 0, TENFOLD),
            ("discount.mult_short", self.discount.mult_short, 0, TENFOLD),
            ("basis.up", self.basis.up, 0, PERCENT_100),
            ("basis.down", self.basis.down, 0, PERCENT_100),
            ("basis.add_factor", self.basis.add_factor, 0, HUNDREDFOLD),
            ("basis.time_factor", self.basis.time_factor, 0, HUNDREDFOLD),
            ("peg.threshold", self.peg.threshold, 0, PERCENT_100),
            ("peg.factor", self.peg.factor, 0, HUNDREDFOLD),
            ("perpetual.maintenance", self.perpetual.maintenance, 0, PERCENT_100),
            ("perpetual.initial", self.perpetual.initial, 0, PERCENT_100),
            ("option.maintenance", self.option.maintenance, 0, PERCENT_100),
            ("option.initial", self.option.initial, 0, PERCENT_100),
            ("confidence.threshold", self.confidence.threshold, 0, PERCENT_100),
            ("confidence.factor", self.confidence.factor, 0, HUNDREDFOLD),
            ("offset.share", self.offset.share, 0, PERCENT_100),
        ]
    }
}

impl Scenario {
    fn validate(&self, index: usize) -> Result<(), ParameterError> {
        self.ranges().into_iter().try_for_each(|range| within(range).map_err(|error| error.in_scenario(index)))?;
        self.still_in_a_skew(index)
    }

    pub(super) fn ranges(&self) -> [Range; 2] {
        [("spot", self.spot, -PERCENT_100, HUNDREDFOLD), ("damping", self.damping, 1, PERCENT_100)]
    }

    pub(super) fn still_in_a_skew(&self, index: usize) -> Result<(), ParameterError> {
        let moves = self.volatility.is_skew() && !self.spot.is_zero();
        if moves { Err(ParameterError::SkewWithMove { index }) } else { Ok(()) }
    }
}

impl ParameterError {
    pub(super) fn in_scenario(self, index: usize) -> Self {
        match self {
            Self::OutOfRange { field, value, least, most } => Self::Scenario { index, field, value, least, most },
            other => other,
        }
    }
}

pub(super) fn within((field, value, least, most): Range) -> Result<(), ParameterError> {
    if (least..=most).contains(&value.raw()) {
        return Ok(());
    }
    Err(ParameterError::OutOfRange { field, value, least: Ppm::from_raw(least), most: Ppm::from_raw(most) })
}
