//! The packed portfolio in the kernel's terms.
use abi::packed::{PackedExpiry, PackedOption, PackedParameters, PackedUnderlying, Portfolio, Quote};
use abi::verifier::{RiskVerifier::NotComputable, reason};
use contract_kit::{Result, Revert, revert::malformed};
use risk::{
    Cash, Expiry, Mark, MarkError, Model, Parameters, Ppm, Price, Quantity, Rate, Requirement, Right, RiskError,
    Scenario, StreamingBook, Underlying, Usd, Vol, VolMark, Volatility,
};

/// Micro-USD.
pub struct Margin {
    /// The requirement.
    pub initial: u64,
    /// At most the initial margin.
    pub maintenance: u64,
    /// The level: ⌊Σ quantity·mark + cash⌋.
    pub variation: i64,
}

/// Margin and level of a packed portfolio.
///
/// # Errors
/// [`NotComputable`] with its [`reason`].
pub fn evaluate(bytes: &[u8]) -> Result<Margin> {
    let portfolio = Portfolio::decode(bytes).unwrap_or_else(|at| malformed(at.0));
    let parameters = parameters(&portfolio.parameters)?;
    let model = Model::new(&parameters).map_err(|_| refused(reason::PARAMETER))?;
    let mut book = StreamingBook::new(&model);
    for underlying in &portfolio.underlyings {
        add(&mut book, underlying, portfolio.as_of)?;
    }
    let variation = book.variation_level(Cash::from_raw(portfolio.cash)).map_err(not_computed)?;
    let required = book.requirement(Price::from_raw(portfolio.settlement)).map_err(not_computed)?;
    Margin::of(&required, variation)
}

fn add(book: &mut StreamingBook<'_>, of: &PackedUnderlying, as_of: u64) -> Result<()> {
    let underlying = Underlying::from_bytes(of.name).map_err(|_| refused(reason::MARK))?;
    book.underlying(underlying, mark(of.spot)?);
    if let Some((quantity, quote)) = of.perpetual {
        book.perpetual(Quantity::from_raw(quantity), mark(quote)?).map_err(not_computed)?;
    }
    of.expiries.iter().try_for_each(|expiry| add_expiry(book, expiry, as_of))
}

fn add_expiry(book: &mut StreamingBook<'_>, of: &PackedExpiry, as_of: u64) -> Result<()> {
    let expiry = Expiry::from_day(of.day.into()).map_err(|_| refused(reason::MARK))?;
    let seconds = expiry.seconds_after(as_of).ok_or_else(|| refused(reason::EXPIRED))?;
    book.expiry(seconds, mark(of.forward)?, Rate::from_raw(of.rate));
    if of.future != 0 {
        book.future(Quantity::from_raw(of.future)).map_err(not_computed)?;
    }
    of.options.iter().try_for_each(|option| add_option(book, option))
}

fn add_option(book: &mut StreamingBook<'_>, of: &PackedOption) -> Result<()> {
    let right = if of.put { Right::Put } else { Right::Call };
    let vol = VolMark::new(Vol::from_raw(of.volatility), ppm(of.confidence)).map_err(wrong_mark)?;
    book.option(Price::from_raw(of.strike), right, vol, Quantity::from_raw(of.quantity)).map_err(not_computed)
}

fn parameters(of: &PackedParameters) -> Result<Parameters> {
    let line = |line: &abi::packed::PackedScenario| {
        let volatility = Volatility::from_code(line.volatility)?;
        Some(Scenario { spot: Ppm::from_raw(line.spot.into()), volatility, damping: ppm(line.damping) })
    };
    let scenarios = of.scenarios.iter().map(line).collect::<Option<_>>();
    let among = of.underlyings.iter().map(|name| Underlying::from_bytes(*name).ok()).collect::<Option<_>>();
    let (scenarios, among) = scenarios.zip(among).ok_or_else(|| refused(reason::PARAMETER))?;
    Ok(Parameters::from_factors(of.factors.map(i64::from), scenarios, among))
}

fn mark(quote: Quote) -> Result<Mark> {
    Mark::new(Price::from_raw(quote.price), ppm(quote.confidence)).map_err(wrong_mark)
}

fn ppm(raw: u32) -> Ppm {
    Ppm::from_raw(raw.into())
}

impl Margin {
    fn of(required: &Requirement, variation: Usd) -> Result<Self> {
        let unsigned = |amount: Usd| u64::try_from(amount).map_err(|_| refused(reason::OVERFLOW));
        Ok(Self {
            initial: unsigned(required.initial)?,
            maintenance: unsigned(required.maintenance)?,
            variation: variation.raw(),
        })
    }
}

fn not_computed(error: RiskError) -> Revert {
    refused(match error {
        RiskError::Overflow { .. } => reason::OVERFLOW,
        RiskError::Expired { .. } => reason::EXPIRED,
        RiskError::Parameter(_) => reason::PARAMETER,
        RiskError::MissingMark(_) | RiskError::MissingVolatility(_) | RiskError::MissingSpot(_) => reason::MARK,
    })
}

fn wrong_mark(_: MarkError) -> Revert {
    refused(reason::MARK)
}

fn refused(reason: u8) -> Revert {
    NotComputable { reason }.into()
}
