//! The parameter set as JSON: what is left out stays as in the reference set.

use super::{decimal::Decimal, input::Named};
use risk::parameters::*;
use risk::{Parameters, Ppm, Scenario, Underlying, Volatility};
use serde::Deserialize;

/// A group of ratios under their own names.
macro_rules! group {
    ($name:ident of $target:ty { $($field:ident),* }) => {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "camelCase")]
        struct $name { $($field: Option<Decimal<Ppm>>),* }

        impl $name {
            fn apply(&self, to: &mut $target) {
                $(if let Some(value) = self.$field { to.$field = value.0; })*
            }
        }
    };
}

group!(CapIn of SkewCap { base, slope });
group!(DiscountIn of StaticDiscount { base_long, base_short, add_long, add_short, mult_long, mult_short });
group!(BasisIn of Basis { up, down, add_factor, time_factor });
group!(PegIn of Peg { threshold, factor });
group!(PerpetualIn of PerpetualContingency { maintenance, initial });
group!(OptionIn of OptionContingency { maintenance, initial });
group!(ConfidenceIn of Confidence { threshold, factor });
group!(FactorsIn of Parameters { initial_factor, maintenance_factor });

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
    /// Seconds
    floor: Option<u64>,
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
    pub fn set(&self) -> Parameters {
        let mut set = Parameters::default();
        if let Some(scenarios) = &self.scenarios {
            set.scenarios = scenarios.iter().map(ScenarioIn::line).collect();
        }
        self.volatility.apply(&mut set.volatility);
        self.skew.apply(&mut set.skew);
        self.discount.apply(&mut set.discount);
        self.basis.apply(&mut set.basis);
        self.peg.apply(&mut set.peg);
        self.perpetual.apply(&mut set.perpetual);
        self.option.apply(&mut set.option);
        self.confidence.apply(&mut set.confidence);
        let factors = FactorsIn { initial_factor: self.initial_factor, maintenance_factor: self.maintenance_factor };
        factors.apply(&mut set);
        replace(&mut set.offset.share, self.offset.share);
        set.offset.among = self.offset.among.iter().map(|underlying| underlying.0).collect();
        set
    }
}

impl ScenarioIn {
    fn line(&self) -> Scenario {
        let volatility = match self.volatility {
            Direction::Up => Volatility::Up,
            Direction::Unchanged => Volatility::Unchanged,
            Direction::Down => Volatility::Down,
            Direction::LinearSkew => Volatility::LinearSkew,
            Direction::AbsoluteSkew => Volatility::AbsoluteSkew,
        };
        Scenario { spot: self.spot.0, volatility, damping: self.damping.0 }
    }
}

impl VolatilityIn {
    fn apply(&self, to: &mut VolatilityShock) {
        replace(&mut to.up, self.up);
        replace(&mut to.down, self.down);
        replace(&mut to.short_power, self.short_power);
        replace(&mut to.long_power, self.long_power);
        replace(&mut to.least, self.least);
        to.floor = self.floor.unwrap_or(to.floor);
    }
}

impl SkewIn {
    fn apply(&self, to: &mut Skew) {
        self.linear.apply(&mut to.linear);
        self.absolute.apply(&mut to.absolute);
        replace(&mut to.least_width, self.least_width);
        replace(&mut to.width, self.width);
        replace(&mut to.width_base, self.width_base);
        replace(&mut to.width_slope, self.width_slope);
    }
}

fn replace(to: &mut Ppm, by: Option<Decimal<Ppm>>) {
    if let Some(value) = by {
        *to = value.0;
    }
}

fn undamped() -> Decimal<Ppm> {
    Decimal(Ppm::ONE)
}
