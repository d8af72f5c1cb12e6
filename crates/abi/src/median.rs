//! From votes to a price: median, band, dispersion. Pure.
use crate::PPM;
use alloc::vec::Vec;

/// One source group's price (1e-8 USD, positive) and its confidence (ppm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// 1e-8 USD.
    pub price: u64,
    /// ppm.
    pub confidence: u32,
}

/// What the votes come to; the fields are those of the round that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Median of the votes in the band.
    pub price: u64,
    /// Median of their confidences.
    pub confidence: u32,
    /// Largest distance of any vote from the price, ppm.
    pub dispersion: u32,
    /// In the band.
    pub votes: usize,
    /// Outside it.
    pub dropped: usize,
}

/// Votes of one round, ascending by price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Votes(Vec<Vote>);

impl Votes {
    /// Nobody's.
    pub const NONE: Self = Self(Vec::new());

    /// Puts a vote into its place.
    pub fn add(&mut self, vote: Vote) {
        let at = self.0.partition_point(|held| held.price <= vote.price);
        self.0.insert(at, vote);
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Drops the votes further than `band` ppm from the median of all and takes the median of the rest; `None` where no vote remains.
    pub fn outcome(&self, band: u32) -> Option<Outcome> {
        let kept = within(&self.0, median(&self.0)?, band);
        let price = median(kept)?;
        Some(Outcome {
            price,
            confidence: median_confidence(kept)?,
            dispersion: self.dispersion_up(price),
            votes: kept.len(),
            dropped: self.0.len().saturating_sub(kept.len()),
        })
    }

    /// Largest distance of any vote from the price, ppm of the price; `u32::MAX` stands for all that is more.
    pub fn dispersion_up(&self, price: u64) -> u32 {
        let widest = self.0.iter().map(|vote| distance(vote.price, price)).max().unwrap_or_default();
        // 64 bits nearly always do, and on chain they cost a tenth.
        let short = |widest: u64| Some(widest.checked_next_multiple_of(price)?.checked_div(price)?.into());
        let wide = || widest.checked_next_multiple_of(price.into()).and_then(|up| up.checked_div(price.into()));
        u64::try_from(widest)
            .ok()
            .and_then(short)
            .or_else(wide)
            .and_then(|ppm| u32::try_from(ppm).ok())
            .unwrap_or(u32::MAX)
    }
}

/// The middle vote; of an even number the mean of the middle two, rounded down.
fn median(votes: &[Vote]) -> Option<u64> {
    let upper = votes.get(votes.len() / 2)?;
    let lower = votes.get(votes.len().checked_sub(1)? / 2)?;
    Some(lower.price.midpoint(upper.price))
}

/// The middle confidence; of an even number the lower of the middle two, for doubt is the safe side.
fn median_confidence(votes: &[Vote]) -> Option<u32> {
    let mut ascending: Vec<u32> = Vec::with_capacity(votes.len());
    for vote in votes {
        let at = ascending.partition_point(|held| *held <= vote.confidence);
        ascending.insert(at, vote.confidence);
    }
    ascending.get(votes.len().checked_sub(1)? / 2).copied()
}

/// The run of ascending votes that lie in the band.
fn within(votes: &[Vote], median: u64, band: u32) -> &[Vote] {
    let outside = |vote: &Vote| distance(vote.price, median) > u128::from(band).saturating_mul(u128::from(median));
    let first = votes.partition_point(|vote| vote.price < median && outside(vote));
    let end = votes.partition_point(|vote| vote.price <= median || !outside(vote));
    votes.get(first..end).unwrap_or_default()
}

/// |a − b| in millionths.
fn distance(a: u64, b: u64) -> u128 {
    u128::from(a.abs_diff(b)).saturating_mul(u128::from(PPM))
}

#[cfg(test)]
#[path = "median_tests.rs"]
mod tests;
