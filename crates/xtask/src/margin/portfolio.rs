//! The input in the kernel's terms.

use super::{
    Refused,
    input::{CollateralIn, Input, PositionIn, UnderlyingIn},
};
use risk::{
    Book, Collateral, Instrument, Kind, Mark, Marks, Parameters, Ppm, Price, Quantity, Underlying, Usd, VolMark,
};

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
    /// Haircuts for either margin
    pub initial_haircut: i128,
    pub maintenance_haircut: i128,
}

impl Portfolio {
    pub fn new(input: &Input) -> Result<Self, Refused> {
        let marks = Marks::new(input.as_of, input.settlement_price.0);
        let marks = marks.map_err(|error| Refused::at("settlementPrice", error))?;
        let account = Account { cash: input.cash.0.raw().into(), ..Account::default() };
        let parameters = input.parameters.set();
        parameters.validate().map_err(|error| Refused::at("parameters", error))?;
        let mut portfolio = Self { book: Book::new(), marks, parameters, offsetting: Vec::new(), account };
        for (underlying, quotes) in &input.underlyings {
            portfolio.quote(underlying.0, quotes)?;
        }
        for (index, position) in input.positions.iter().enumerate() {
            portfolio.hold(position).map_err(|refused| refused.within(&format!("positions[{index}]")))?;
        }
        for (index, collateral) in input.collateral.iter().enumerate() {
            portfolio.pledge(collateral).map_err(|refused| refused.within(&format!("collateral[{index}]")))?;
        }
        Ok(portfolio)
    }

    fn quote(&mut self, underlying: Underlying, quotes: &UnderlyingIn) -> Result<(), Refused> {
        let (price, confidence) = quotes.spot.parts();
        self.marks.set_spot(underlying, mark(price, confidence, &format!("underlyings.{underlying}.spot"))?);
        for (expiry, terms) in &quotes.expiries {
            let path = format!("underlyings.{underlying}.expiries.{}", expiry.0);
            let forward = mark(terms.forward.0, terms.confidence.0, &path)?;
            self.marks.set_mark(Instrument::future(underlying, expiry.0), forward);
            self.marks.set_rate(underlying, expiry.0, terms.rate.0);
        }
        Ok(())
    }

    fn hold(&mut self, position: &PositionIn) -> Result<(), Refused> {
        let instrument = position.instrument.0;
        if !self.book.quantity(&instrument).is_zero() {
            return Err(Refused::at("instrument", format!("{instrument} stands here twice")));
        }
        check_fields(position)?;
        let confidence = position.confidence.map_or(Ppm::ONE, |confidence| confidence.0);
        if let Some(price) = position.mark {
            self.marks.set_mark(instrument, mark(price.0, confidence, "mark")?);
        }
        if let Some(volatility) = position.volatility {
            let vol = VolMark::new(volatility.0, confidence);
            self.marks.set_vol(instrument, vol.map_err(|error| Refused::at("volatility", error))?);
        }
        self.account.unrealised += i128::from(position.unrealised.0.raw());
        let applied = self.book.apply(&instrument, position.quantity.0);
        applied.map(drop).map_err(|error| Refused::at("quantity", error))
    }

    fn pledge(&mut self, collateral: &CollateralIn) -> Result<(), Refused> {
        let mark = mark(collateral.price.0, collateral.confidence.0, "price")?;
        let value = value(collateral.quantity.0, collateral.price.0);
        let haircut = |share: Ppm| (value * i128::from(share.raw())).div_euclid(-i128::from(Ppm::ONE.raw()));
        self.account.collateral += value;
        self.account.initial_haircut -= haircut(collateral.initial_haircut.0);
        self.account.maintenance_haircut -= haircut(collateral.maintenance_haircut.0);
        if collateral.offsets {
            let pledged = Collateral { quantity: collateral.quantity.0, mark };
            self.offsetting.push((collateral.underlying.0, pledged));
        }
        Ok(())
    }
}

/// A perpetual has a mark, an option a volatility, each with its confidence; a future has its expiry's forward.
fn check_fields(position: &PositionIn) -> Result<(), Refused> {
    let instrument = position.instrument.0;
    let option = matches!(instrument.kind, Kind::Option { .. });
    let rules = [
        ("mark", Some(instrument.kind == Kind::Perpetual), position.mark.is_some()),
        ("volatility", Some(option), position.volatility.is_some()),
        ("confidence", matches!(instrument.kind, Kind::Future { .. }).then_some(false), position.confidence.is_some()),
    ];
    match rules.into_iter().find(|(_, needed, given)| needed.is_some_and(|needed| needed != *given)) {
        Some((field, Some(true), _)) => Err(Refused::at(field, format!("is needed for {instrument}"))),
        Some((field, ..)) => Err(Refused::at(field, format!("does not belong to {instrument}"))),
        None => Ok(()),
    }
}

impl Refused {
    fn within(self, path: &str) -> Self {
        Self { path: format!("{path}.{}", self.path), ..self }
    }
}

/// Micro-USD, rounded down.
fn value(quantity: Quantity, price: Price) -> i128 {
    const UNITS: i128 = 10i128.pow((Price::DECIMALS + Quantity::DECIMALS - Usd::DECIMALS) as u32);
    (i128::from(quantity.raw()) * i128::from(price.raw())).div_euclid(UNITS)
}

fn mark(price: Price, confidence: Ppm, path: &str) -> Result<Mark, Refused> {
    Mark::new(price, confidence).map_err(|error| Refused::at(path, error))
}
