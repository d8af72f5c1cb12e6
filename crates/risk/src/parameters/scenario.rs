//! One line of the scenario table.
use crate::Ppm;
use core::fmt;

/// What may happen, and how much of the outcome counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// Move of the spot price and of every forward: s − 1.
    pub spot: Ppm,
    /// What volatilities do meanwhile.
    pub volatility: Volatility,
    /// Share of the profit or loss that counts, above 0 and at most 1.
    pub damping: Ppm,
}

/// What happens to implied volatilities; without options, nothing. In a skew scenario spot does not move, and every
/// expiry loses what it gains or loses, since smiles turn both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// They rise by [`super::VolatilityShock::up`].
    Up,
    /// They stay.
    Unchanged,
    /// They fall by [`super::VolatilityShock::down`].
    Down,
    /// Smiles turn by [`super::Skew::linear`].
    LinearSkew,
    /// Both wings of smiles move by [`super::Skew::absolute`].
    AbsoluteSkew,
}

/// Place in [`crate::Parameters::scenarios`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScenarioId(u16);

impl ScenarioId {
    /// `None` past the longest table that validates.
    pub fn new(index: usize) -> Option<Self> {
        u16::try_from(index).ok().map(Self)
    }

    /// Place in the table, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Volatility {
    /// Number in the canonical encoding.
    pub const fn code(self) -> i64 {
        match self {
            Self::Up => 0,
            Self::Unchanged => 1,
            Self::Down => 2,
            Self::LinearSkew => 3,
            Self::AbsoluteSkew => 4,
        }
    }

    /// The inverse of [`Self::code`].
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Up),
            1 => Some(Self::Unchanged),
            2 => Some(Self::Down),
            3 => Some(Self::LinearSkew),
            4 => Some(Self::AbsoluteSkew),
            _ => None,
        }
    }

    /// Whether smiles turn.
    pub const fn is_skew(self) -> bool {
        matches!(self, Self::LinearSkew | Self::AbsoluteSkew)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Up => "volatility up",
            Self::Unchanged => "volatility unchanged",
            Self::Down => "volatility down",
            Self::LinearSkew => "linear skew",
            Self::AbsoluteSkew => "absolute skew",
        }
    }
}

/// `spot -0.18, volatility up, damping 1`.
impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "spot {}, {}, damping {}", self.spot, self.volatility.name(), self.damping)
    }
}
