//! Initial and maintenance margin.
//!
//! `IM = max(0, −worst·(initial factor + peg factor·max(0, peg threshold − settlement price)) + contingencies)`,
//! `MM = max(0, −worst·maintenance factor + maintenance contingencies)`; no mark value: positions are settled to market.
//! Each is rounded up to a micro-USD once for each underlying.
use super::contingency::{Contingencies, Exact};
use super::exposure::exposure;
use super::scenario::Worst;
use crate::error::OrOverflow;
use crate::maths::Wide;
use crate::{Book, Marks, Parameters, RiskError, Underlying, UnderlyingBook, Usd};
use alloc::collections::BTreeMap;

/// What an account must hold; the sums over `books`. Never negative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirement {
    pub initial: Usd,
    pub maintenance: Usd,
    pub books: BTreeMap<Underlying, BookRequirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookRequirement {
    pub initial: Usd,
    pub maintenance: Usd,
    pub worst: Worst,
    /// Profit of the worst outcome, at most zero, rounded down.
    pub worst_profit: Usd,
    pub contingencies: Contingencies,
}

/// # Errors
/// A missing mark or spot, an expired position, parameters that do not validate, an amount out of range.
pub fn requirement(book: &Book, marks: &Marks, parameters: &Parameters) -> Result<Requirement, RiskError> {
    let one = |(underlying, book)| Ok((underlying, underlying_requirement(underlying, book, marks, parameters)?));
    Requirement::default().with_books(book.underlyings().map(one).collect::<Result<_, RiskError>>()?)
}

/// The requirement of one underlying's positions.
pub fn underlying_requirement(
    underlying: Underlying,
    book: &UnderlyingBook,
    marks: &Marks,
    parameters: &Parameters,
) -> Result<BookRequirement, RiskError> {
    parameters.validate()?;
    let exposure = exposure(underlying, book, marks, parameters)?;
    let basis = exposure.basis_floor(&parameters.basis)?;
    let (worst, profit) = exposure.worst(basis, parameters)?;
    let contingencies = Exact::of(&exposure, basis, parameters)?;
    let initial = contingencies.initial()?.minus(initial_floor(profit, marks, parameters)?)?;
    let maintenance = contingencies.maintenance().minus(profit.ppm_floor(parameters.maintenance_factor)?)?;
    Ok(BookRequirement {
        initial: initial.max(Wide::ZERO).usd_ceil()?,
        maintenance: maintenance.max(Wide::ZERO).usd_ceil()?,
        worst,
        worst_profit: profit.usd_floor()?,
        contingencies: contingencies.rounded()?,
    })
}

/// The worst profit times the initial factor, raised while the settlement coin is off its peg; rounded down.
fn initial_floor(profit: Wide, marks: &Marks, parameters: &Parameters) -> Result<Wide, RiskError> {
    // Parts per million to the 1e-8 of a price, and both together.
    const PRICE_A_PPM: i128 = 100;
    const PRICE: i128 = 100_000_000;
    const PRICE_TIMES_PPM: i128 = 100_000_000_000_000;
    let threshold = i128::from(parameters.peg.threshold.raw()).saturating_mul(PRICE_A_PPM);
    let short = threshold.saturating_sub(i128::from(marks.settlement().raw())).max(0);
    let raise = i128::from(parameters.peg.factor.raw()).saturating_mul(short);
    let factor = i128::from(parameters.initial_factor.raw()).saturating_mul(PRICE).saturating_add(raise);
    profit.ratio_floor(factor, PRICE_TIMES_PPM)
}

impl Requirement {
    /// After a fill: recomputes one underlying of `book` and keeps the others, which must have been computed at
    /// the same marks and parameters. On an error nothing changes.
    pub fn refresh(
        &mut self,
        underlying: Underlying,
        book: &Book,
        marks: &Marks,
        parameters: &Parameters,
    ) -> Result<(), RiskError> {
        let fresh =
            book.on(underlying).map(|book| underlying_requirement(underlying, book, marks, parameters)).transpose()?;
        let (held_initial, held_maintenance) = self.held(underlying);
        let (initial, maintenance) =
            fresh.as_ref().map_or_else(Default::default, |fresh| (fresh.initial, fresh.maintenance));
        let replace = |total: Usd, old: Usd, new: Usd| total.checked_sub(old)?.checked_add(new);
        let initial = replace(self.initial, held_initial, initial).or_overflow("initial margin")?;
        let maintenance = replace(self.maintenance, held_maintenance, maintenance).or_overflow("maintenance margin")?;
        match fresh {
            Some(fresh) => self.books.insert(underlying, fresh),
            None => self.books.remove(&underlying),
        };
        (self.initial, self.maintenance) = (initial, maintenance);
        Ok(())
    }

    fn held(&self, underlying: Underlying) -> (Usd, Usd) {
        self.books.get(&underlying).map_or_else(Default::default, |book| (book.initial, book.maintenance))
    }

    fn with_books(mut self, books: BTreeMap<Underlying, BookRequirement>) -> Result<Self, RiskError> {
        for book in books.values() {
            self.initial = self.initial.checked_add(book.initial).or_overflow("initial margin")?;
            self.maintenance = self.maintenance.checked_add(book.maintenance).or_overflow("maintenance margin")?;
        }
        self.books = books;
        Ok(self)
    }
}
