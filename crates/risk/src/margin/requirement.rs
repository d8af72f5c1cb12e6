//! Initial and maintenance margin.
//!
//! `IM = max(0, −worst·(initial factor + peg factor·max(0, peg threshold − settlement price)) + contingencies)`,
//! `MM = max(0, −worst·maintenance factor + maintenance contingencies)`; no mark value: positions are settled to market.
//! Each is rounded up to a micro-USD once for each underlying.
use super::chain::Change;
use super::contingency::{Contingencies, Exact};
use super::evaluation::{Collateral, Evaluation, Term};
use super::ladder::{Ladder, Pricer};
use super::model::Model;
use super::scenario::{Profits, ScenarioLoss, Worst};
use crate::error::OrOverflow;
use crate::maths::Wide;
use crate::parameters::Offset;
use crate::{Book, Expiry, Kind, Marks, Parameters, Price, RiskError, Underlying, UnderlyingBook, Usd};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// What an account must hold: the sums over `books` less what is forgiven. Never negative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirement {
    pub initial: Usd,
    pub maintenance: Usd,
    /// What the positions are worth at their marks: options, all others being settled to zero. Rounded down.
    pub mark_value: Usd,
    pub forgiven: Forgiven,
    pub books: BTreeMap<Underlying, BookRequirement>,
}

/// A requirement and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    pub requirement: Requirement,
    /// Every line of the scenario table, in its order.
    pub losses: BTreeMap<Underlying, Vec<ScenarioLoss>>,
}

/// By how much [`Offset`] lowers the sums; rounded down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgiven {
    pub initial: Usd,
    pub maintenance: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookRequirement {
    pub initial: Usd,
    pub maintenance: Usd,
    pub mark_value: Usd,
    pub worst: Worst,
    /// Profit of the worst outcome, at most zero, rounded down.
    pub worst_profit: Usd,
    pub contingencies: Contingencies,
}

/// # Errors
/// A missing mark, volatility or spot, an expired position, parameters that do not validate, an amount out of range.
pub fn requirement(book: &Book, marks: &Marks, parameters: &Parameters) -> Result<Requirement, RiskError> {
    let model = Model::new(parameters)?;
    total(evaluations(book, marks, &model)?.iter_mut(), marks.settlement(), &model)
}

/// The same with collateral that stands against positions, and with what every scenario brings.
pub fn assess(
    book: &Book,
    collateral: &[(Underlying, Collateral)],
    marks: &Marks,
    model: &Model<'_>,
) -> Result<Assessment, RiskError> {
    let mut books = evaluations(book, marks, model)?;
    for (underlying, collateral) in collateral {
        let fresh = Evaluation::new(model, marks.spot(*underlying)?);
        books.entry(*underlying).or_insert(fresh).add_collateral(*collateral)?;
    }
    let requirement = total(books.iter_mut(), marks.settlement(), model)?;
    let losses = |(underlying, evaluation): (&Underlying, &mut Evaluation<'_>)| Ok((*underlying, evaluation.losses()?));
    Ok(Assessment { requirement, losses: books.iter_mut().map(losses).collect::<Result<_, RiskError>>()? })
}

fn evaluations<'m>(
    book: &Book,
    marks: &Marks,
    model: &'m Model<'m>,
) -> Result<BTreeMap<Underlying, Evaluation<'m>>, RiskError> {
    book.underlyings().map(|(underlying, book)| Ok((underlying, evaluate(underlying, book, marks, model)?))).collect()
}

/// Prices and sums the positions on one underlying.
fn evaluate<'m>(
    underlying: Underlying,
    book: &UnderlyingBook,
    marks: &Marks,
    model: &'m Model<'m>,
) -> Result<Evaluation<'m>, RiskError> {
    let mut evaluation = Evaluation::new(model, marks.spot(underlying)?);
    let (mut ladder, mut priced): (_, Option<(Expiry, Pricer<'_>)>) = (Ladder::default(), None);
    for position in book.positions(underlying) {
        let (instrument, change) = (position.instrument, Change::opening(position.quantity));
        let term = |expiry| {
            let seconds = marks.seconds_to(&instrument, expiry)?;
            Ok::<_, RiskError>(Term { rate: marks.rate(underlying, expiry), seconds })
        };
        match instrument.kind {
            Kind::Perpetual => evaluation.add_perpetual(change, marks.mark(&instrument)?)?,
            Kind::Future { expiry } => evaluation.add_future(term(expiry)?, change, marks.mark(&instrument)?)?,
            Kind::Option { expiry, strike, right } => {
                let (term, forward, vol) =
                    (term(expiry)?, marks.forward(underlying, expiry)?, marks.vol(&instrument)?);
                let pricer = match priced.take() {
                    Some((held, pricer)) if held == expiry => pricer,
                    _ => Pricer::new(model, forward.price(), term.rate, term.seconds)?,
                };
                pricer.price(strike, right, vol.volatility(), &mut ladder)?;
                let confidence = vol.confidence().min(forward.confidence());
                evaluation.add_option(term, strike, change, confidence, (&pricer, &ladder))?;
                priced = Some((expiry, pricer));
            }
        }
    }
    Ok(evaluation)
}

/// The requirement of several books, offsets applied.
pub(super) fn total<'e, 'm: 'e>(
    books: impl Iterator<Item = (&'e Underlying, &'e mut Evaluation<'m>)>,
    settlement: Price,
    model: &Model<'_>,
) -> Result<Requirement, RiskError> {
    let (mut sum, mut offset) = (Requirement::default(), Vec::new());
    for (underlying, evaluation) in books {
        let (book, profits) = evaluation.requirement(settlement)?;
        sum.initial = sum.initial.checked_add(book.initial).or_overflow("initial margin")?;
        sum.maintenance = sum.maintenance.checked_add(book.maintenance).or_overflow("maintenance margin")?;
        sum.mark_value = sum.mark_value.checked_add(book.mark_value).or_overflow("mark value")?;
        sum.books.insert(*underlying, book);
        if model.parameters.offset.among.contains(underlying) {
            offset.push(profits);
        }
    }
    sum.forgiven = forgiven(&offset, &model.parameters.offset, settlement, model.parameters)?;
    sum.initial = sum.initial.checked_sub(sum.forgiven.initial).or_overflow("initial margin")?;
    sum.maintenance = sum.maintenance.checked_sub(sum.forgiven.maintenance).or_overflow("maintenance margin")?;
    Ok(sum)
}

/// share·(Σ worst losses − worst loss of the sum), times the factor of either margin.
fn forgiven(
    books: &[Profits],
    offset: &Offset,
    settlement: Price,
    parameters: &Parameters,
) -> Result<Forgiven, RiskError> {
    if offset.share.is_zero() || books.len() < 2 {
        return Ok(Forgiven::default());
    }
    let apart = books.iter().try_fold(Wide::ZERO, |sum, profits| sum.plus(profits.worst().1))?;
    let together = Profits::worst_of_all(&books.iter().collect::<Vec<_>>())?;
    let share = together.minus(apart)?.max(Wide::ZERO).ppm_floor(offset.share)?;
    Ok(Forgiven {
        initial: initial_floor(share, settlement, parameters)?.usd_floor()?,
        maintenance: share.ppm_floor(parameters.maintenance_factor)?.usd_floor()?,
    })
}

/// An amount times the initial factor, raised while the settlement coin is off its peg; rounded down.
fn initial_floor(amount: Wide, settlement: Price, parameters: &Parameters) -> Result<Wide, RiskError> {
    // Parts per million to the 1e-8 of a price, and both together.
    const PRICE_A_PPM: i128 = 100;
    const PRICE: i128 = 100_000_000;
    const PRICE_TIMES_PPM: i128 = 100_000_000_000_000;
    let threshold = i128::from(parameters.peg.threshold.raw()).saturating_mul(PRICE_A_PPM);
    let short = threshold.saturating_sub(i128::from(settlement.raw())).max(0);
    let raise = i128::from(parameters.peg.factor.raw()).saturating_mul(short);
    let factor = i128::from(parameters.initial_factor.raw()).saturating_mul(PRICE).saturating_add(raise);
    amount.ratio_floor(factor, PRICE_TIMES_PPM)
}

impl Evaluation<'_> {
    pub(super) fn requirement(&mut self, settlement: Price) -> Result<(BookRequirement, Profits), RiskError> {
        let profits = self.profits()?;
        let (worst, profit) = profits.worst();
        let parameters = self.model.parameters;
        let contingencies = Exact::of(self, profits.basis, parameters)?;
        let initial = contingencies.initial()?.minus(initial_floor(profit, settlement, parameters)?)?;
        let maintenance = contingencies.maintenance()?.minus(profit.ppm_floor(parameters.maintenance_factor)?)?;
        let required = BookRequirement {
            initial: initial.max(Wide::ZERO).usd_ceil()?,
            maintenance: maintenance.max(Wide::ZERO).usd_ceil()?,
            mark_value: self.worth()?.usd_floor()?,
            worst,
            worst_profit: profit.usd_floor()?,
            contingencies: contingencies.rounded()?,
        };
        Ok((required, profits))
    }
}
