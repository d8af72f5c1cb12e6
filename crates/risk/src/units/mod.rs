//! Prices, quantities, money and ratios, each its own type over an integer.
//!
//! | type | integer | unit |
//! |---|---|---|
//! | [`Price`] | `u64` | 1e-8 USD |
//! | [`Quantity`] | `i64` | 1e-8 of the underlying, negative is short |
//! | [`Usd`] | `i64` | 1e-6 USD |
//! | [`Cash`] | `i128` | 1e-16 USD: a quantity times a price, exactly |
//! | [`Funding`] | `i64` | 1e-8 USD a unit held |
//! | [`Ppm`] | `i64` | 1e-6, `1_000_000` is 100 % |
//! | [`Vol`] | `u64` | 1e-12 a square root of a year |
//! | [`Rate`] | `i64` | 1e-12 a year, continuously compounded |
//!
//! Each parses from a decimal string (`-12.5`) exactly or not at all, and prints the shortest one.
mod decimal;

pub use decimal::DecimalError;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $integer:ty, $decimals:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($integer);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// Digits after the point.
            pub const DECIMALS: u8 = $decimals;

            /// From the type's own unit.
            pub const fn from_raw(raw: $integer) -> Self {
                Self(raw)
            }

            /// In the type's own unit.
            pub const fn raw(self) -> $integer {
                self.0
            }

            /// Whether it is nothing.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// `None` where the sum does not fit.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// `None` where the difference does not fit.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }
        }

        impl core::str::FromStr for $name {
            type Err = DecimalError;

            fn from_str(text: &str) -> Result<Self, DecimalError> {
                let raw = decimal::parse(text, Self::DECIMALS)?;
                <$integer>::try_from(raw).map(Self).map_err(|_| DecimalError::OutOfRange)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                decimal::print(i128::from(self.0), Self::DECIMALS, formatter)
            }
        }
    };
}

unit!(
    /// USD per unit of the underlying, 1e-8.
    Price, u64, 8
);
unit!(
    /// Contracts of one unit of the underlying, 1e-8; long is positive.
    Quantity, i64, 8
);
unit!(
    /// Micro-USD; as variation, positive is received.
    Usd, i64, 6
);
unit!(
    /// What a book has received less what it has paid, 1e-16 USD; see [`crate::Book`].
    Cash, i128, 16
);
unit!(
    /// What whoever is long pays for each unit held, 1e-8 USD; below zero it is received.
    Funding, i64, 8
);
unit!(
    /// A ratio in parts per million; prints as a fraction (`0.045`).
    Ppm, i64, 6
);

unit!(
    /// Implied volatility of a forward, 1e-12 a square root of a year; `0.52` is 52 %.
    Vol, u64, 12
);
unit!(
    /// Interest, continuously compounded, 1e-12 a year.
    Rate, i64, 12
);

impl Ppm {
    /// 100 %.
    pub const ONE: Self = Self(1_000_000);
}

impl Quantity {
    /// `None` for the one value without an opposite.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }
}

impl Usd {
    /// `None` for the one value without an opposite.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }
}

/// A fill's size, which typed data carries unsigned.
impl TryFrom<u64> for Quantity {
    type Error = DecimalError;

    fn try_from(raw: u64) -> Result<Self, DecimalError> {
        i64::try_from(raw).map(Self).map_err(|_| DecimalError::OutOfRange)
    }
}

/// A requirement, which statements carry unsigned.
impl TryFrom<Usd> for u64 {
    type Error = DecimalError;

    fn try_from(amount: Usd) -> Result<u64, DecimalError> {
        u64::try_from(amount.0).map_err(|_| DecimalError::OutOfRange)
    }
}
