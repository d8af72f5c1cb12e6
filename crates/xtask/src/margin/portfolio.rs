//! The input in the kernel's terms. What is finer than a unit is rounded here, each number in its documented direction.

use super::{
    Refused,
    input::{CollateralIn, Input, PositionIn, Quote, UnderlyingIn},
};
use risk::{
    Book, Collateral, Instrument, Kind, Mark, Marks, Parameters, Ppm, Price, Quantity, Rate, Underlying, Usd, VolMark,
};
use std::collections::BTreeMap;

pub struct Portfolio {
    pub book: Book,
    pub marks: Marks,
    pub parameters: Parameters,
    pub offsetting: Vec<(Underlying, Collateral)>,
    pub account: Account,
}

/// What only the account form counts, micro-USD.
#[derive(Debug, Default)]
pub struct Account {
    pub cash: i128,
    pub unrealised: i128,
    pub collateral: i128,
    /// Haircuts for either margin; the initial one with what doubtful prices cost, together at most what is pledged
    pub initial_haircut: i128,
    pub maintenance_haircut: i128,
}

impl Portfolio {
    pub fn new(input: &Input, parameters: Parameters) -> Result<Self, Refused> {
        let marks = Marks::new(input.as_of, input.settlement_price.down());
        let marks = marks.map_err(|error| Refused::at("settlementPrice", error))?;
        let account = Account { cash: input.cash.down().raw().into(), ..Account::default() };
        let mut portfolio = Self { book: Book::new(), marks, parameters, offsetting: Vec::new(), account };
        for (underlying, quotes) in &input.underlyings {
            portfolio.quote(underlying.0, quotes)?;
        }
        let names = input.positions.iter().map(|position| position.instrument.0);
        once("positions", ".instrument", names, ToString::to_string)?;
        for (index, position) in input.positions.iter().enumerate() {
            portfolio.hold(position).map_err(|refused| refused.within(&format!("positions[{index}]")))?;
        }
        once("collateral", "", input.collateral.iter(), |_| "the same, number for number,".to_owned())?;
        for (index, collateral) in input.collateral.iter().enumerate() {
            portfolio.pledge(collateral).map_err(|refused| refused.within(&format!("collateral[{index}]")))?;
        }
        Ok(portfolio)
    }

    fn quote(&mut self, underlying: Underlying, quotes: &UnderlyingIn) -> Result<(), Refused> {
        let Quote { price, confidence } = &quotes.spot;
        let spot = mark(price.up(), confidence.down(), &format!("underlyings.{underlying}.spot"))?;
        self.marks.set_spot(underlying, spot);
        for (expiry, terms) in &quotes.expiries {
            let path = format!("underlyings.{underlying}.expiries.{}", expiry.0);
            let forward = mark(terms.forward.up(), terms.confidence.down(), &path)?;
            self.marks.set_mark(Instrument::future(underlying, expiry.0), forward);
            self.marks.set_rate(underlying, expiry.0, terms.rate.up());
        }
        Ok(())
    }

    fn hold(&mut self, position: &PositionIn) -> Result<(), Refused> {
        let instrument = position.instrument.0;
        check_fields(position)?;
        let confidence = position.confidence.map_or(Ppm::ONE, |confidence| confidence.down());
        if let Some(price) = position.mark {
            self.marks.set_mark(instrument, mark(price.up(), confidence, "mark")?);
        }
        if let Some(volatility) = position.volatility {
            let vol = VolMark::new(volatility.up(), confidence);
            self.marks.set_vol(instrument, vol.map_err(|error| Refused::at("volatility", error))?);
        }
        self.account.unrealised += position.unrealised.map_or(0, |amount| i128::from(amount.down().raw()));
        let applied = self.book.apply(&instrument, position.quantity.away());
        applied.map(drop).map_err(|error| Refused::at("quantity", error))
    }

    fn pledge(&mut self, given: &CollateralIn) -> Result<(), Refused> {
        let (quantity, price) = (given.quantity.down(), given.price.down());
        let mark = mark(price, given.confidence.down(), "price")?;
        let value = value(quantity, price)?;
        let [initial, maintenance] = [given.initial_haircut.up(), given.maintenance_haircut.up()];
        if maintenance > initial {
            let reason = format!("{maintenance}: above the initial haircut of {initial}");
            return Err(Refused::at("maintenanceHaircut", reason));
        }
        self.account.collateral += value;
        self.account.maintenance_haircut += share_ceil(value, maintenance);
        if given.offsets {
            let underlying = given.underlying.0;
            self.marks.spot(underlying).map_err(|error| Refused::at("underlying", error))?;
            self.offsetting.push((underlying, Collateral { quantity, mark }));
        }
        // Nothing is worth less than nothing. What doubt costs where it offsets is in the kernel's margin.
        let (haircut, doubt) = (share_ceil(value, initial), self.doubt_ceil(value, mark.confidence()).min(value));
        let elsewhere = if given.offsets { doubt } else { 0 };
        self.account.initial_haircut += (haircut + doubt).min(value) - elsewhere;
        Ok(())
    }

    /// (1 − c)·factor of a value whose confidence is under the threshold, rounded up.
    fn doubt_ceil(&self, value: i128, confidence: Ppm) -> i128 {
        let rule = &self.parameters.confidence;
        let missing = i128::from(Ppm::ONE.raw() - confidence.raw()) * i128::from(rule.factor.raw());
        let one = i128::from(Ppm::ONE.raw());
        if confidence < rule.threshold { ratio_ceil(value * missing, one * one) } else { 0 }
    }
}

/// A perpetual has a mark, an option a volatility, each with its confidence; a future has its expiry's forward.
fn check_fields(position: &PositionIn) -> Result<(), Refused> {
    let instrument = position.instrument.0;
    let option = matches!(instrument.kind, Kind::Option { .. });
    let future = matches!(instrument.kind, Kind::Future { .. });
    let rules = [
        ("mark", Some(instrument.kind == Kind::Perpetual), position.mark.is_some()),
        ("volatility", Some(option), position.volatility.is_some()),
        ("confidence", future.then_some(false), position.confidence.is_some()),
        ("unrealised", option.then_some(false), position.unrealised.is_some()),
    ];
    match rules.into_iter().find(|(_, needed, given)| needed.is_some_and(|needed| needed != *given)) {
        Some((field, Some(true), _)) => Err(Refused::at(field, format!("is needed for {instrument}"))),
        Some((field, ..)) => Err(Refused::at(field, format!("does not belong to {instrument}"))),
        None => Ok(()),
    }
}

/// Refuses what stands in a list a second time, and says where it stood first.
pub fn once<K: Ord>(
    list: &str,
    field: &str,
    items: impl Iterator<Item = K>,
    name: impl Fn(&K) -> String,
) -> Result<(), Refused> {
    let mut places = BTreeMap::new();
    for (index, item) in items.enumerate() {
        if let Some(first) = places.get(&item) {
            let reason = format!("{} stands already at {list}[{first}]{field}", name(&item));
            return Err(Refused::at(format!("{list}[{index}]{field}"), reason));
        }
        places.insert(item, index);
    }
    Ok(())
}

impl Refused {
    fn within(self, path: &str) -> Self {
        Self { path: format!("{path}.{}", self.path), ..self }
    }
}

/// Micro-USD, rounded down.
fn value(quantity: Quantity, price: Price) -> Result<i128, Refused> {
    const UNITS: i128 = 10i128.pow((Price::DECIMALS + Quantity::DECIMALS - Usd::DECIMALS) as u32);
    let value = (i128::from(quantity.raw()) * i128::from(price.raw())).div_euclid(UNITS);
    let most = Usd::from_raw(i64::MAX);
    let outside = || Refused::at("quantity", format!("{quantity} at {price} is worth more than {most} USD"));
    if value <= most.raw().into() { Ok(value) } else { Err(outside()) }
}

/// A part of a value in micro-USD, rounded up.
fn share_ceil(value: i128, share: Rate) -> i128 {
    const ONE: i128 = 10i128.pow(Rate::DECIMALS as u32);
    ratio_ceil(value * i128::from(share.raw()), ONE)
}

fn ratio_ceil(amount: i128, unit: i128) -> i128 {
    -(-amount).div_euclid(unit)
}

fn mark(price: Price, confidence: Ppm, path: &str) -> Result<Mark, Refused> {
    Mark::new(price, confidence).map_err(|error| Refused::at(path, error))
}
