//! How far a parameter may go where nothing is agreed on it: to what the arithmetic carries.
//!
//! A set beyond the governed ranges answers a question and binds nobody. No contract takes one: contracts know only
//! [`crate::Model::new`], and so [`Parameters::validate`].
//!
//! Within these ranges every unchecked product of the kernel fits its type, moves and factors being below 2^20 and so
//! below 2^60 in Q24.40; what is larger is checked and ends in [`crate::RiskError::Overflow`].
use super::validation::{HUNDREDFOLD, MOST_SCENARIOS, PERCENT_100, Range, TEN_YEARS, within};
use super::{ParameterError, Parameters, Scenario};
use alloc::vec::Vec;

/// A million times 100 %.
const MILLIONFOLD: i64 = 1_000_000_000_000;
/// Two points of the model are told apart by looking at all of them.
const MOST_LINES: usize = 4_096;
/// As far as the clock of an expiry goes, over two thousand years.
const MOST_SECONDS: u64 = (1 << 36) - 1;

impl Parameters {
    /// The ranges of [`crate::Model::what_if`].
    ///
    /// # Errors
    /// The first parameter that the arithmetic does not carry.
    pub fn validate_what_if(&self) -> Result<(), ParameterError> {
        let count = self.scenarios.len();
        if !(1..=MOST_LINES).contains(&count) {
            return Err(ParameterError::ScenarioCount { count, most: MOST_LINES });
        }
        self.ranges().into_iter().map(reach).try_for_each(within)?;
        if self.volatility.floor > MOST_SECONDS {
            return Err(ParameterError::FloorReach { value: self.volatility.floor, most: MOST_SECONDS });
        }
        if !self.offset.underlyings.is_sorted_by(|one, next| one < next) {
            return Err(ParameterError::OffsetOrder);
        }
        let mut scenarios = self.scenarios.iter().enumerate();
        scenarios.try_for_each(|(index, scenario)| scenario.validate_what_if(index))
    }

    /// Everything that [`Self::validate`] would refuse in a set that passes [`Self::validate_what_if`].
    pub fn beyond_governed(&self) -> Vec<ParameterError> {
        let (count, floor) = (self.scenarios.len(), self.volatility.floor);
        let many = (count > MOST_SCENARIOS).then_some(ParameterError::ScenarioCount { count, most: MOST_SCENARIOS });
        let odd = (!(1..=TEN_YEARS).contains(&floor)).then_some(ParameterError::Floor(floor));
        let factors = self.ranges().into_iter().filter_map(|range| within(range).err());
        let line = |(index, scenario): (usize, &Scenario)| {
            let ranges = scenario.ranges().into_iter();
            ranges.filter_map(move |range| within(range).err().map(|error| error.in_scenario(index)))
        };
        let lines = self.scenarios.iter().enumerate().flat_map(line);
        many.into_iter().chain(factors).chain(odd).chain(lines).collect()
    }
}

impl Scenario {
    fn validate_what_if(&self, index: usize) -> Result<(), ParameterError> {
        let mut ranges = self.ranges().into_iter().map(reach);
        ranges.try_for_each(|range| within(range).map_err(|error| error.in_scenario(index)))?;
        self.still_in_a_skew(index)
    }
}

/// A governed range, widened. What is a share stays one, no price falls below zero, and what has no sign gets none.
fn reach((field, value, least, most): Range) -> Range {
    match field {
        "confidence.threshold" | "offset.share" => (field, value, least, most),
        "spot" => (field, value, -PERCENT_100, MILLIONFOLD),
        "basis.down" => (field, value, 0, PERCENT_100),
        // What a gain counts for has two bits before the point.
        "discount.base_long" => (field, value, 0, 3_999_999),
        // A logarithm's error grows with the power.
        "volatility.short_power" | "volatility.long_power" => (field, value, 0, HUNDREDFOLD),
        _ if least < 0 => (field, value, -MILLIONFOLD, MILLIONFOLD),
        _ => (field, value, 0, MILLIONFOLD),
    }
}
