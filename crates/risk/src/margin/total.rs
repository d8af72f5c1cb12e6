//! From profits and contingencies to margins, of one book and of several.
//!
//! `IM = max(0, −worst·(initial factor + peg factor·max(0, peg threshold − settlement price)) + contingencies)`,
//! `MM = max(0, −worst·maintenance factor + maintenance contingencies)`; no mark value: positions are settled to market.
//! Each is rounded up to a micro-USD once for each underlying.
use super::contingency::Exact;
use super::evaluation::Evaluation;
use super::model::Model;
use super::requirement::{BookRequirement, OffsetRelief, Requirement};
use super::scenario::Profits;
use crate::error::OrOverflow;
use crate::maths::Wide;
use crate::parameters::Offset;
use crate::{Parameters, Price, RiskError, Underlying};
use alloc::vec::Vec;

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
        if model.parameters.offset.underlyings.contains(underlying) {
            offset.push(profits);
        }
    }
    sum.offset_relief = offset_relief(&offset, &model.parameters.offset, settlement, model.parameters)?;
    sum.initial = sum.initial.checked_sub(sum.offset_relief.initial).or_overflow("initial margin")?;
    sum.maintenance = sum.maintenance.checked_sub(sum.offset_relief.maintenance).or_overflow("maintenance margin")?;
    Ok(sum)
}

/// share·(Σ worst losses − worst loss of the sum), times the factor of either margin.
fn offset_relief(
    books: &[Profits],
    offset: &Offset,
    settlement: Price,
    parameters: &Parameters,
) -> Result<OffsetRelief, RiskError> {
    if offset.share.is_zero() || books.len() < 2 {
        return Ok(OffsetRelief::default());
    }
    let apart = books.iter().try_fold(Wide::ZERO, |sum, profits| sum.plus(profits.worst().1))?;
    let together = Profits::worst_of_all(&books.iter().collect::<Vec<_>>())?;
    let share = together.minus(apart)?.max(Wide::ZERO).ppm_floor(offset.share)?;
    Ok(OffsetRelief {
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
