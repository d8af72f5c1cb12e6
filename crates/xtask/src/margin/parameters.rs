//! The parameter set as JSON: what is left out stays as in the reference set.
//!
//! Digits beyond a unit are rounded up, towards the larger loss, but for the few that lower it. A range is held to the set
//! rounded down and to the set rounded up, and so to what is written.

use super::{
    Refused, Rule,
    decimal::{Decimal, shown},
    input::{Named, Seconds},
    portfolio::once,
};
use risk::parameters::*;
use risk::{ParameterError, Parameters, Ppm, Scenario, Underlying, Volatility};
use serde::Deserialize;
use serde_json::Value;

/// Which way the digits beyond a unit go.
#[derive(Debug, Clone, Copy)]
enum Side {
    Low,
    High,
    AgainstTheAccount,
}

/// The direction against the account.
#[derive(Debug, Clone, Copy)]
enum Against {
    Down,
    Up,
    /// The larger move
    Away,
}

impl Side {
    fn of(self, number: &Decimal<Ppm>, against: Against) -> Ppm {
        match (self, against) {
            (Self::Low, _) | (Self::AgainstTheAccount, Against::Down) => number.down(),
            (Self::High, _) | (Self::AgainstTheAccount, Against::Up) => number.up(),
            (Self::AgainstTheAccount, Against::Away) => number.away(),
        }
    }
}

/// A group of ratios under their own names, each with the direction against the account.
macro_rules! group {
    ($name:ident of $target:ty { $($field:ident $against:ident),* }) => {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "camelCase")]
        struct $name { $($field: Option<Decimal<Ppm>>),* }

        impl $name {
            fn apply(&self, to: &mut $target, side: Side) {
                $(if let Some(value) = &self.$field { to.$field = side.of(value, Against::$against); })*
            }
        }
    };
}

group!(CapIn of SkewCap { base Up, slope Up });
group!(DiscountIn of StaticDiscount { base_long Down, base_short Up, add_long Up, add_short Up, mult_long Up, mult_short Up });
group!(BasisIn of Basis { up Up, down Up, add_factor Up, time_factor Up });
group!(PegIn of Peg { threshold Up, factor Up });
group!(PerpetualIn of PerpetualContingency { maintenance Up, initial Up });
group!(OptionIn of OptionContingency { maintenance Up, initial Up });
group!(ConfidenceIn of Confidence { threshold Up, factor Up });

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ParametersIn {
    scenarios: Option<Vec<ScenarioIn>>,
    volatility: VolatilityIn,
    skew: SkewIn,
    discount: DiscountIn,
    basis: BasisIn,
    peg: PegIn,
    initial_factor: Option<Decimal<Ppm>>,
    maintenance_factor: Option<Decimal<Ppm>>,
    perpetual: PerpetualIn,
    option: OptionIn,
    confidence: ConfidenceIn,
    offset: OffsetIn,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioIn {
    spot: Decimal<Ppm>,
    volatility: Direction,
    #[serde(default = "undamped")]
    damping: Decimal<Ppm>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Direction {
    Up,
    Unchanged,
    Down,
    LinearSkew,
    AbsoluteSkew,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct VolatilityIn {
    up: Option<Decimal<Ppm>>,
    down: Option<Decimal<Ppm>>,
    short_power: Option<Decimal<Ppm>>,
    long_power: Option<Decimal<Ppm>>,
    floor: Option<Seconds>,
    least: Option<Decimal<Ppm>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct SkewIn {
    linear: CapIn,
    absolute: CapIn,
    least_width: Option<Decimal<Ppm>>,
    width: Option<Decimal<Ppm>>,
    width_base: Option<Decimal<Ppm>>,
    width_slope: Option<Decimal<Ppm>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OffsetIn {
    share: Option<Decimal<Ppm>>,
    among: Vec<Named<Underlying>>,
}

impl ParametersIn {
    /// Its ranges are for [`Self::check`].
    ///
    /// # Errors
    /// A scenario or underlying that stands twice.
    pub fn set(&self) -> Result<Parameters, Refused> {
        let set = self.rounded(Side::AgainstTheAccount);
        let lines = set.scenarios.iter().map(|line| (line.spot, line.volatility));
        let moves = |(spot, volatility): &(Ppm, Volatility)| match volatility {
            Volatility::LinearSkew | Volatility::AbsoluteSkew => "the same skew".to_owned(),
            _ => format!("a move of {spot} with the same volatility"),
        };
        once("parameters.scenarios", "", lines, moves)?;
        once("parameters.offset.among", "", set.offset.underlyings.iter(), ToString::to_string)?;
        Ok(set)
    }

    /// # Errors
    /// A number outside of its range under the rule.
    pub fn check(&self, rule: Rule) -> Result<(), ParameterError> {
        [Side::Low, Side::High].into_iter().try_for_each(|side| validated(&self.rounded(side), rule))
    }

    fn rounded(&self, side: Side) -> Parameters {
        let mut set = Parameters::default();
        if let Some(scenarios) = &self.scenarios {
            set.scenarios = scenarios.iter().map(|line| line.line(side)).collect();
        }
        self.volatility.apply(&mut set.volatility, side);
        self.skew.apply(&mut set.skew, side);
        self.discount.apply(&mut set.discount, side);
        self.basis.apply(&mut set.basis, side);
        self.peg.apply(&mut set.peg, side);
        self.perpetual.apply(&mut set.perpetual, side);
        self.option.apply(&mut set.option, side);
        self.confidence.apply(&mut set.confidence, side);
        replace(&mut set.initial_factor, &self.initial_factor, side, Against::Up);
        replace(&mut set.maintenance_factor, &self.maintenance_factor, side, Against::Up);
        replace(&mut set.offset.share, &self.offset.share, side, Against::Down);
        set.offset.underlyings = self.offset.among.iter().map(|underlying| underlying.0).collect();
        set
    }
}

/// With the number as the book writes it: the kernel knows it rounded.
pub fn refused(error: ParameterError, book: &str) -> Refused {
    let (field, at, value) = match error {
        ParameterError::OutOfRange { field, value, .. } => (field, pointer(field), value),
        ParameterError::Scenario { index, field, value, .. } => (field, format!("/scenarios/{index}/{field}"), value),
        _ => return Refused::at("parameters", error),
    };
    let book = serde_json::from_str::<Value>(book).unwrap_or_default();
    let written = book.pointer(&format!("/parameters{at}")).and_then(Value::as_str);
    let reason = error.to_string();
    Refused::at(
        "parameters",
        match written {
            Some(written) => {
                reason.replacen(&format!("{field} is {value}"), &format!("{field} is {}", shown(written)), 1)
            }
            None => reason,
        },
    )
}

/// `discount.base_long` stands at `/discount/baseLong`.
fn pointer(field: &str) -> String {
    let (mut pointer, mut capital) = (String::from("/"), false);
    for letter in field.chars() {
        match letter {
            '_' => capital = true,
            '.' => pointer.push('/'),
            _ => pointer.push(if std::mem::take(&mut capital) { letter.to_ascii_uppercase() } else { letter }),
        }
    }
    pointer
}

fn validated(set: &Parameters, rule: Rule) -> Result<(), ParameterError> {
    match rule {
        Rule::Governed => set.validate(),
        Rule::WhatIf => set.validate_what_if(),
    }
}

impl ScenarioIn {
    fn line(&self, side: Side) -> Scenario {
        let volatility = match self.volatility {
            Direction::Up => Volatility::Up,
            Direction::Unchanged => Volatility::Unchanged,
            Direction::Down => Volatility::Down,
            Direction::LinearSkew => Volatility::LinearSkew,
            Direction::AbsoluteSkew => Volatility::AbsoluteSkew,
        };
        let [spot, damping] = [side.of(&self.spot, Against::Away), side.of(&self.damping, Against::Up)];
        Scenario { spot, volatility, damping }
    }
}

impl VolatilityIn {
    fn apply(&self, to: &mut VolatilityShock, side: Side) {
        replace(&mut to.up, &self.up, side, Against::Up);
        replace(&mut to.down, &self.down, side, Against::Up);
        replace(&mut to.short_power, &self.short_power, side, Against::Up);
        replace(&mut to.long_power, &self.long_power, side, Against::Up);
        replace(&mut to.least, &self.least, side, Against::Up);
        to.floor = self.floor.map_or(to.floor, |floor| floor.0);
    }
}

impl SkewIn {
    fn apply(&self, to: &mut Skew, side: Side) {
        self.linear.apply(&mut to.linear, side);
        self.absolute.apply(&mut to.absolute, side);
        // A narrower smile turns further.
        replace(&mut to.least_width, &self.least_width, side, Against::Down);
        replace(&mut to.width, &self.width, side, Against::Down);
        replace(&mut to.width_base, &self.width_base, side, Against::Down);
        replace(&mut to.width_slope, &self.width_slope, side, Against::Down);
    }
}

fn replace(to: &mut Ppm, by: &Option<Decimal<Ppm>>, side: Side, against: Against) {
    if let Some(value) = by {
        *to = side.of(value, against);
    }
}

fn undamped() -> Decimal<Ppm> {
    Decimal::of(Ppm::ONE)
}
