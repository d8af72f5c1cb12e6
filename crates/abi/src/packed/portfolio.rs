//! A book with its marks and the parameter set, as `evaluate` takes it: whole numbers in the kernel's units, big-endian.
//!
//! Its tables are in `docs/layouts.md`. A quantity is of 1e-8 and zero for none. An option's flags: 1 a put, 2 short, 4 a confidence
//! follows; without it, it is 1.
use super::list::{Packed, put, u24};
use super::{Malformed, Reader};
use alloc::vec::Vec;

/// Numbers of a parameter set beside its tables.
pub const FACTORS: usize = 35;
const PUT: u8 = 1;
const SHORT: u8 = 2;
const CONFIDENCE: u8 = 4;
const CERTAIN: u32 = 1_000_000;

/// A book, its marks and the parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portfolio {
    /// What it is evaluated with.
    pub parameters: PackedParameters,
    /// Seconds since 1970.
    pub as_of: u64,
    /// Price of the settlement coin, 1e-8 USD.
    pub settlement: u64,
    /// 1e-16 USD; below zero where more was paid than received.
    pub cash: i128,
    /// Ascending by name.
    pub underlyings: Vec<PackedUnderlying>,
}

/// A parameter set, in the order of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedParameters {
    /// Parts per million, seconds or USD, as the parameter set's type has them.
    pub factors: [i32; FACTORS],
    /// The scenario table.
    pub scenarios: Vec<PackedScenario>,
    /// Underlyings that are set off against each other, ascending; ASCII, zero-padded.
    pub underlyings: Vec<[u8; 8]>,
}

/// A line of the scenario table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedScenario {
    /// Move of spot and forwards, ppm.
    pub spot: i32,
    /// Code of what volatilities do, see `risk::Volatility`.
    pub volatility: u8,
    /// Share of the loss that counts, ppm.
    pub damping: u32,
}

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// 1e-8 USD.
    pub price: u64,
    /// How far its sources agree, ppm.
    pub confidence: u32,
}

/// What is held of one underlying, and its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedUnderlying {
    /// ASCII, zero-padded.
    pub name: [u8; 8],
    /// Mark of the spot price.
    pub spot: Quote,
    /// Quantity of the perpetual, 1e-8, and its mark.
    pub perpetual: Option<(i64, Quote)>,
    /// Ascending by day.
    pub expiries: Vec<PackedExpiry>,
}

/// What expires on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedExpiry {
    /// Days since 1970; it expires at 08:00 UTC.
    pub day: u32,
    /// Mark of the future.
    pub forward: Quote,
    /// Yearly, continuously compounded, 1e-12.
    pub rate: i64,
    /// Quantity of the future, 1e-8; zero for none.
    pub future: i64,
    /// Ascending by strike, calls first.
    pub options: Vec<PackedOption>,
}

/// An option that is held, with its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedOption {
    /// 1e-8 USD.
    pub strike: u64,
    /// Otherwise a call.
    pub put: bool,
    /// Implied, 1e-12.
    pub volatility: u64,
    /// How far its sources agree, ppm.
    pub confidence: u32,
    /// 1e-8; below zero: short.
    pub quantity: i64,
}

impl Portfolio {
    /// Reads what [`Portfolio::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let portfolio = Self::read(&mut reader);
        reader.end()?;
        Ok(portfolio)
    }

    /// `None` where a list is too long or a value does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        Self::write(self, &mut out)?;
        Some(out)
    }
}

/// ASCII, zero-padded.
type Name = [u8; 8];
type Factors = [i32; FACTORS];

/// Quantity and mark of a perpetual, after their number: 0 or 1.
struct Perpetual;

impl Packed for Perpetual {
    type Value = Option<(i64, Quote)>;

    fn read(reader: &mut Reader<'_>) -> Self::Value {
        let count = reader.u8();
        reader.require(count <= 1);
        (count == 1).then(|| (reader.i64(), Quote::read(reader)))
    }

    fn write(value: &Self::Value, out: &mut Vec<u8>) -> Option<()> {
        out.push(u8::from(value.is_some()));
        value.map_or(Some(()), |(quantity, quote)| {
            i64::write(&quantity, out)?;
            Quote::write(&quote, out)
        })
    }
}

fn by_name(underlyings: &[PackedUnderlying]) -> bool {
    underlyings.is_sorted_by(|one, next| one.name < next.name)
}

fn by_day(expiries: &[PackedExpiry]) -> bool {
    expiries.is_sorted_by(|one, next| one.day < next.day)
}

/// Calls first.
fn by_strike(options: &[PackedOption]) -> bool {
    let order = |option: &PackedOption| (option.strike, option.put);
    options.is_sorted_by(|one, next| order(one) < order(next))
}

packed! {
    Portfolio {
        parameters: PackedParameters,
        as_of: u64,
        settlement: u64,
        cash: i128,
        underlyings: PackedUnderlying in u8 if by_name,
    }
    PackedParameters {
        factors: Factors,
        scenarios: PackedScenario in u16,
        underlyings: Name in u8,
    }
    PackedScenario {
        spot: i32,
        volatility: u8,
        damping: u24,
    }
    Quote {
        price: u64,
        confidence: u24,
    }
    PackedUnderlying {
        name: Name,
        spot: Quote,
        perpetual: Perpetual,
        expiries: PackedExpiry in u8 if by_day,
    }
    PackedExpiry {
        day: u24,
        forward: Quote,
        rate: i64,
        future: i64,
        options: PackedOption in u16 if by_strike,
    }
}

/// Strike `u64`, flags `u8`, volatility `u48`, quantity's size `u64`, confidence `u24` where flagged.
impl Packed for PackedOption {
    type Value = Self;

    fn read(reader: &mut Reader<'_>) -> Self {
        let (strike, flags, volatility, size) = (reader.u64(), reader.u8(), reader.u48(), reader.u64());
        reader.require(flags <= PUT | SHORT | CONFIDENCE && size <= i64::MAX as u64);
        let confidence = if flags & CONFIDENCE != 0 { reader.u24() } else { CERTAIN };
        let size = size as i64;
        let quantity = if flags & SHORT != 0 { size.wrapping_neg() } else { size };
        Self { strike, put: flags & PUT != 0, volatility, confidence, quantity }
    }

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let doubtful = value.confidence != CERTAIN;
        out.extend_from_slice(&value.strike.to_be_bytes());
        out.push(flag(value.put, PUT) | flag(value.quantity < 0, SHORT) | flag(doubtful, CONFIDENCE));
        put(out, value.volatility, 6)?;
        put(out, value.quantity.unsigned_abs(), 8)?;
        if doubtful { put(out, value.confidence.into(), 3) } else { Some(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn portfolio() -> Portfolio {
        let quote = Quote { price: 11_000_000_000_000, confidence: 1_000_000 };
        let option = |strike, put, quantity, confidence| PackedOption {
            strike,
            put,
            volatility: 520_000_000_000,
            confidence,
            quantity,
        };
        let options = vec![option(1, false, -7, 1_000_000), option(1, true, 9, 5), option(2, false, i64::MAX, 0)];
        let expiry = PackedExpiry { day: 20_448, forward: quote, rate: -5, future: -1, options };
        let underlying = PackedUnderlying {
            name: *b"BTC\0\0\0\0\0",
            spot: quote,
            perpetual: Some((3, quote)),
            expiries: vec![expiry],
        };
        let scenarios = vec![PackedScenario { spot: -660_000, volatility: 0, damping: 210_000 }];
        let parameters = PackedParameters {
            factors: core::array::from_fn(|at| at as i32 - 4),
            scenarios,
            underlyings: vec![*b"ETH\0\0\0\0\0"],
        };
        let (as_of, settlement, cash) = (1_760_129_100, 100_000_000, i128::MIN + 7);
        Portfolio { parameters, as_of, settlement, cash, underlyings: vec![underlying] }
    }

    #[test]
    fn a_portfolio_returns_from_its_bytes() {
        let portfolio = portfolio();
        let bytes = portfolio.encode().unwrap();
        assert_eq!(Portfolio::decode(&bytes), Ok(portfolio));
        for length in 0..bytes.len() {
            assert!(Portfolio::decode(&bytes[..length]).is_err(), "{length}");
        }
        assert_eq!(Portfolio::decode(&[&bytes[..], &[0]].concat()), Err(Malformed(bytes.len())));
    }

    #[test]
    fn what_is_out_of_order_is_refused() {
        let mut twice = portfolio();
        let option = twice.underlyings[0].expiries[0].options[0];
        twice.underlyings[0].expiries[0].options.insert(0, option);
        assert!(Portfolio::decode(&twice.encode().unwrap()).is_err());
        let mut twice = portfolio();
        let underlying = twice.underlyings[0].clone();
        twice.underlyings.push(underlying);
        assert!(Portfolio::decode(&twice.encode().unwrap()).is_err());
    }

    #[test]
    fn what_does_not_fit_is_not_encoded() {
        let mut wide = portfolio();
        wide.underlyings[0].expiries[0].options[0].volatility = 1 << 48;
        assert_eq!(wide.encode(), None);
    }
}
