//! What an account must hold, and where it comes from.
use super::chain::Change;
use super::contingency::Contingencies;
use super::evaluation::{Collateral, Evaluation, Term};
use super::ladder::{Ladder, Pricer};
use super::model::Model;
use super::scenario::{ScenarioLoss, Worst};
use super::total::total;
use crate::{Book, Expiry, Kind, Marks, Parameters, RiskError, Underlying, UnderlyingBook, Usd};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// What an account must hold: the sums over `books` less the offset relief. Never negative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Initial margin.
    pub initial: Usd,
    /// Maintenance margin, at most the initial one.
    pub maintenance: Usd,
    /// What the positions are worth at their marks: options, all others being settled to zero. Rounded down.
    pub mark_value: Usd,
    /// What is taken off the sums.
    pub offset_relief: OffsetRelief,
    /// What each underlying adds.
    pub books: BTreeMap<Underlying, BookRequirement>,
}

/// A requirement and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// What must be held.
    pub requirement: Requirement,
    /// Every line of the scenario table, in its order.
    pub losses: BTreeMap<Underlying, Vec<ScenarioLoss>>,
}

/// By how much [`crate::parameters::Offset`] lowers the sums; rounded down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OffsetRelief {
    /// Off the initial margin.
    pub initial: Usd,
    /// Off the maintenance margin.
    pub maintenance: Usd,
}

/// What one underlying's positions add to a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookRequirement {
    /// Initial margin.
    pub initial: Usd,
    /// Maintenance margin.
    pub maintenance: Usd,
    /// What the positions are worth at their marks, rounded down.
    pub mark_value: Usd,
    /// The scenario with the largest loss, or nothing lost.
    pub worst: Worst,
    /// Profit of the worst outcome, at most zero, rounded down.
    pub worst_profit: Usd,
    /// What is added beside the scenarios.
    pub contingencies: Contingencies,
}

/// # Errors
/// A missing mark, volatility or spot, an expired position, parameters that do not validate, an amount out of range.
pub fn requirement(book: &Book, marks: &Marks, parameters: &Parameters) -> Result<Requirement, RiskError> {
    let model = Model::new(parameters)?;
    total(evaluations(book, marks, &model)?.iter_mut(), marks.settlement(), &model)
}

/// The same with collateral that stands against positions, and with what every scenario brings.
///
/// # Errors
/// As [`requirement`].
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
                let (term, forward, vol) = (term(expiry)?, marks.forward(underlying, expiry)?, marks.vol(&instrument)?);
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
