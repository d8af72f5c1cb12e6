//! A book with its marks and the parameter set, as `evaluate` takes it: whole numbers in the kernel's units, big-endian.
//!
//! | part | fields |
//! |---|---|
//! | parameters | 35 factors `i32` in the order of the parameter set's type; count `u16` of scenarios, each spot `i32`, volatility code `u8`, damping `u24`; count `u8` of offset underlyings, each `bytes8` |
//! | moment | as of `u64`, settlement coin's price `u64` |
//! | cash | `i128`, 1e-16 USD |
//! | count `u8` of underlyings, ascending | name `bytes8`, spot quote; count `u8`, 0 or 1, of perpetuals: quantity, quote |
//! | within each, count `u8` of expiries, ascending | day since 1970 `u24`, forward quote, rate `i64`, future's quantity; count `u16` of options |
//! | within each, options ascending by strike, calls first | strike `u64`, flags `u8`, volatility `u48`, quantity's size `u64`, confidence `u24` where flagged |
//!
//! A quote is a price `u64` and a confidence `u24` in ppm. A quantity is an `i64` of 1e-8, zero for none. Flags: 1 a put,
//! 2 short, 4 a confidence follows; without it, it is 1.
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

    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let parameters = PackedParameters::read(reader);
        let (as_of, settlement, cash) = (reader.u64(), reader.u64(), reader.i128());
        let underlyings = ascending(reader, PackedUnderlying::read, |one, next| one.name < next.name);
        Self { parameters, as_of, settlement, cash, underlyings }
    }

    /// `None` where a list is too long or a value does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.parameters.write(&mut out)?;
        out.extend_from_slice(&self.as_of.to_be_bytes());
        out.extend_from_slice(&self.settlement.to_be_bytes());
        out.extend_from_slice(&self.cash.to_be_bytes());
        out.push(u8::try_from(self.underlyings.len()).ok()?);
        self.underlyings.iter().try_for_each(|underlying| underlying.write(&mut out))?;
        Some(out)
    }
}

/// A list of up to 255 items in strict order.
fn ascending<T>(reader: &mut Reader<'_>, read: fn(&mut Reader<'_>) -> T, before: fn(&T, &T) -> bool) -> Vec<T> {
    let count = reader.u8();
    let items = reader.many(count.into(), read);
    reader.require(items.is_sorted_by(before));
    items
}

impl PackedParameters {
    fn read(reader: &mut Reader<'_>) -> Self {
        let mut factors = [0; FACTORS];
        factors.iter_mut().for_each(|factor| *factor = reader.u32() as i32);
        let scenarios = reader.u16();
        let scenarios = reader.many(scenarios.into(), |reader| PackedScenario {
            spot: reader.u32() as i32,
            volatility: reader.u8(),
            damping: reader.u24(),
        });
        let among = reader.u8();
        Self { factors, scenarios, underlyings: reader.many(among.into(), Reader::array) }
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        self.factors.iter().for_each(|factor| out.extend_from_slice(&factor.to_be_bytes()));
        out.extend_from_slice(&u16::try_from(self.scenarios.len()).ok()?.to_be_bytes());
        for scenario in &self.scenarios {
            out.extend_from_slice(&scenario.spot.to_be_bytes());
            out.push(scenario.volatility);
            put(out, scenario.damping.into(), 3)?;
        }
        out.push(u8::try_from(self.underlyings.len()).ok()?);
        self.underlyings.iter().for_each(|name| out.extend_from_slice(name));
        Some(())
    }
}

impl Quote {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self { price: reader.u64(), confidence: reader.u24() }
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&self.price.to_be_bytes());
        put(out, self.confidence.into(), 3)
    }
}

impl PackedUnderlying {
    fn read(reader: &mut Reader<'_>) -> Self {
        let (name, spot, perpetuals) = (reader.array(), Quote::read(reader), reader.u8());
        reader.require(perpetuals <= 1);
        let perpetual = (perpetuals == 1).then(|| (reader.i64(), Quote::read(reader)));
        let expiries = ascending(reader, PackedExpiry::read, |one, next| one.day < next.day);
        Self { name, spot, perpetual, expiries }
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&self.name);
        self.spot.write(out)?;
        out.push(u8::from(self.perpetual.is_some()));
        if let Some((quantity, quote)) = self.perpetual {
            out.extend_from_slice(&quantity.to_be_bytes());
            quote.write(out)?;
        }
        out.push(u8::try_from(self.expiries.len()).ok()?);
        self.expiries.iter().try_for_each(|expiry| expiry.write(out))
    }
}

impl PackedExpiry {
    fn read(reader: &mut Reader<'_>) -> Self {
        let (day, forward, rate, future) = (reader.u24(), Quote::read(reader), reader.i64(), reader.i64());
        let count = reader.u16();
        let options = reader.many(count.into(), PackedOption::read);
        let order = |option: &PackedOption| (option.strike, option.put);
        reader.require(options.is_sorted_by(|one, next| order(one) < order(next)));
        Self { day, forward, rate, future, options }
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        put(out, self.day.into(), 3)?;
        self.forward.write(out)?;
        out.extend_from_slice(&self.rate.to_be_bytes());
        out.extend_from_slice(&self.future.to_be_bytes());
        out.extend_from_slice(&u16::try_from(self.options.len()).ok()?.to_be_bytes());
        self.options.iter().try_for_each(|option| option.write(out))
    }
}

impl PackedOption {
    fn read(reader: &mut Reader<'_>) -> Self {
        let (strike, flags, volatility, size) = (reader.u64(), reader.u8(), reader.u48(), reader.u64());
        reader.require(flags <= PUT | SHORT | CONFIDENCE && size <= i64::MAX as u64);
        let confidence = if flags & CONFIDENCE != 0 { reader.u24() } else { CERTAIN };
        let size = size as i64;
        let quantity = if flags & SHORT != 0 { size.wrapping_neg() } else { size };
        Self { strike, put: flags & PUT != 0, volatility, confidence, quantity }
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let doubtful = self.confidence != CERTAIN;
        out.extend_from_slice(&self.strike.to_be_bytes());
        out.push(flag(self.put, PUT) | flag(self.quantity < 0, SHORT) | flag(doubtful, CONFIDENCE));
        put(out, self.volatility, 6)?;
        put(out, self.quantity.unsigned_abs(), 8)?;
        if doubtful { put(out, self.confidence.into(), 3) } else { Some(()) }
    }
}

/// The low `width` bytes; `None` where the value has more.
fn put(out: &mut Vec<u8>, value: u64, width: usize) -> Option<()> {
    let bytes = value.to_be_bytes();
    let (high, low) = bytes.split_at_checked(bytes.len().checked_sub(width)?)?;
    out.extend_from_slice(low);
    high.iter().all(|byte| *byte == 0).then_some(())
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
