//! From votes to a price: median, band, dispersion. Pure.
use abi::PPM;
use alloc::vec::Vec;

/// One source group's price (1e-8 USD, positive) and its confidence (ppm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    pub price: u64,
    pub confidence: u32,
}

/// What the votes come to; the fields are those of the round that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub price: u64,
    pub confidence: u32,
    pub dispersion: u32,
    pub votes: usize,
    pub dropped: usize,
}

/// Votes of one round, ascending by price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Votes(Vec<Vote>);

impl Votes {
    pub fn add(&mut self, vote: Vote) {
        let at = self.0.partition_point(|held| held.price <= vote.price);
        self.0.insert(at, vote);
    }

    /// Drops the votes further than `band` ppm from the median of all and takes the median of the rest; `None` where no vote remains.
    pub fn outcome(&self, band: u32) -> Option<Outcome> {
        let kept = within(&self.0, median(&self.0)?, band);
        let price = median(kept)?;
        Some(Outcome {
            price,
            confidence: kept.iter().map(|vote| vote.confidence).min()?,
            dispersion: dispersion_up(&self.0, price),
            votes: kept.len(),
            dropped: self.0.len().saturating_sub(kept.len()),
        })
    }
}

/// The middle vote; of an even number the mean of the middle two, rounded down.
fn median(votes: &[Vote]) -> Option<u64> {
    let upper = votes.get(votes.len() / 2)?;
    let lower = votes.get(votes.len().checked_sub(1)? / 2)?;
    Some(lower.price.midpoint(upper.price))
}

/// The run of ascending votes that lie in the band.
fn within(votes: &[Vote], median: u64, band: u32) -> &[Vote] {
    let outside = |vote: &Vote| distance(vote.price, median) > u128::from(band).saturating_mul(u128::from(median));
    let first = votes.partition_point(|vote| vote.price < median && outside(vote));
    let end = votes.partition_point(|vote| vote.price <= median || !outside(vote));
    votes.get(first..end).unwrap_or_default()
}

/// Largest distance of any vote from the price, ppm of the price; `u32::MAX` stands for all that is more.
fn dispersion_up(votes: &[Vote], price: u64) -> u32 {
    let widest = votes.iter().map(|vote| distance(vote.price, price)).max().unwrap_or_default();
    let ppm = widest.checked_next_multiple_of(u128::from(price)).and_then(|up| up.checked_div(u128::from(price)));
    ppm.and_then(|ppm| u32::try_from(ppm).ok()).unwrap_or(u32::MAX)
}

/// |a − b| in millionths.
fn distance(a: u64, b: u64) -> u128 {
    u128::from(a.abs_diff(b)).saturating_mul(u128::from(PPM))
}

#[cfg(test)]
#[path = "median_tests.rs"]
mod tests;
