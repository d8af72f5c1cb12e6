//! What other collateral of a failed account brings, while something is owed.
use super::parameters::SALE_SECONDS;

/// Units of a price in a micro-USD a lot.
const NANO: u128 = 1_000_000_000;

/// A lot's price after `elapsed` seconds that count, in 1e-9 micro-USD: from `first` down to `last`, and there it stays.
/// `None` where the last is above the first.
pub fn price_up(first: u64, last: u64, elapsed: u64) -> Option<u64> {
    let run = elapsed.min(SALE_SECONDS);
    let fallen = u128::from(first.checked_sub(last)?).checked_mul(run.into())?.checked_div(SALE_SECONDS.into())?;
    first.checked_sub(u64::try_from(fallen).ok()?)
}

/// Of `held` lots, those that pay what is owed at `price`. Nothing is sold for nothing.
pub fn lots_up(held: u64, owed: u64, price: u64) -> u64 {
    if price == 0 {
        return 0;
    }
    let needed = u128::from(owed).saturating_mul(NANO).div_ceil(price.into());
    u64::try_from(needed).unwrap_or(u64::MAX).min(held)
}

/// What a buyer pays for lots, in micro-USD. `None` where it exceeds 64 bits.
pub fn cost_up(lots: u64, price: u64) -> Option<u64> {
    u64::try_from(u128::from(lots).checked_mul(price.into())?.div_ceil(NANO)).ok()
}

/// By how much owed falls where the secured party takes unsold lots at the last price.
pub fn taken_up(lots: u64, last: u64, owed: u64) -> u64 {
    cost_up(lots, last).unwrap_or(u64::MAX).min(owed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_falls_from_the_oracles_to_the_factor() {
        let prices = [0, 1, 900, 1_800, 1_801].map(|at| price_up(1_000_000_001, 900_000_000, at).unwrap());
        assert_eq!(prices, [1_000_000_001, 999_944_446, 950_000_001, 900_000_000, 900_000_000]);
        assert_eq!(price_up(5, 6, 0), None);
    }

    #[test]
    fn no_more_is_sold_than_pays_what_is_owed() {
        assert_eq!([lots_up(500, 90, 900_000_000), lots_up(500, 91, 900_000_000)], [100, 102]);
        assert_eq!([lots_up(50, 90, 900_000_000), lots_up(500, 90, 0), lots_up(500, 0, 1)], [50, 0, 0]);
        assert_eq!([cost_up(102, 900_000_000), cost_up(u64::MAX, 1_000_000_001)], [Some(92), None]);
    }

    #[test]
    fn what_is_taken_pays_no_more_than_what_is_owed() {
        assert_eq!([taken_up(11, 950_000_000, 90), taken_up(11, 950_000_000, 9), taken_up(9, 0, 9)], [11, 9, 0]);
    }
}
