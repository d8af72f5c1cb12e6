//! What lots are worth, what is required, what is due.
use abi::registry::{Valuation, class};

/// Units of a factor in a micro-USD: a factor is 1e-9 USD a token, which is 1e-9 micro-USD a lot.
const FACTOR: u128 = 1_000_000_000;
const PPM: u128 = abi::PPM as u128;
const MICRO: u64 = 1_000_000;
const DAY: u64 = 86_400;
const YEAR: u128 = 365 * DAY as u128;

/// Lots of one asset; the stressed part is valued with the haircut for new pledges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lots {
    /// All of them, stressed or not.
    pub all: u64,
    /// Of those, the stressed ones.
    pub stressed: u64,
}

impl Lots {
    /// With `lots` more. `None` where they exceed 64 bits.
    pub fn add(self, lots: u64, stressed: bool) -> Option<Self> {
        let more = if stressed { lots } else { 0 };
        Some(Self { all: self.all.checked_add(lots)?, stressed: self.stressed.checked_add(more)? })
    }

    /// Ordinary lots leave first. `None` where there are fewer.
    pub fn remove(self, lots: u64) -> Option<Self> {
        let all = self.all.checked_sub(lots)?;
        Some(Self { all, stressed: self.stressed.min(all) })
    }

    /// At most `most` of them, ordinary ones the first to go.
    pub fn up_to(self, most: u64) -> Self {
        let all = self.all.min(most);
        Self { all, stressed: self.stressed.min(all) }
    }

    /// With a touch of collateral: once both haircuts agree, stressed lots are ordinary.
    pub fn relaxed(self, valuation: &Valuation) -> Self {
        if is_stressed(valuation) { self } else { Self { stressed: 0, ..self } }
    }
}

/// Whether what is pledged now takes the higher haircut.
pub fn is_stressed(valuation: &Valuation) -> bool {
    valuation.factorNew < valuation.factor
}

/// `V`: what lots are worth after the haircut, in micro-USD.
pub fn value_down(lots: Lots, valuation: &Valuation) -> u64 {
    let part = |lots: u64, factor: u64| u128::from(lots).saturating_mul(factor.into()) / FACTOR;
    let ordinary = part(lots.all.saturating_sub(lots.stressed), valuation.factor);
    saturate(ordinary.saturating_add(part(lots.stressed, valuation.factorNew)))
}

/// The most that `V` can be: no token is priced above its cap.
pub fn value_at_most_up(lots: Lots, valuation: &Valuation) -> u64 {
    saturate(u128::from(lots.all).saturating_mul(valuation.priceCap.into()).div_ceil(class::PAR.into()))
}

/// What of `V` counts: at most the asset's share of the requirement.
pub fn credit_down(value: u64, concentration_limit: u32, required: u64) -> u64 {
    value.min(saturate(u128::from(concentration_limit).saturating_mul(required.into()) / PPM))
}

/// `C = max(0, requirement + independentAmount − threshold)`.
pub fn required(requirement: u64, independent_amount: u64, threshold: u64) -> Option<u64> {
    Some(requirement.checked_add(independent_amount)?.saturating_sub(threshold))
}

/// `D` where it is due: all of it, or nothing while it is below the minimum transfer amount.
pub fn delivery_due(required: u64, posted: u64, minimum_transfer_amount: u64) -> u64 {
    let missing = required.saturating_sub(posted);
    if missing >= minimum_transfer_amount { missing } else { 0 }
}

/// Simple interest on `amount` at `ppm` parts per million a year of 365 days, for `seconds`.
pub fn interest_up(amount: u64, ppm: u32, seconds: u64) -> u64 {
    let product = u128::from(amount).saturating_mul(ppm.into()).saturating_mul(seconds.into());
    saturate(product.div_ceil(PPM.saturating_mul(YEAR)))
}

/// Whole USD that a debit in micro-USD uses of the day's cap.
pub fn usd_up(micro_usd: u64) -> u64 {
    micro_usd.div_ceil(MICRO)
}

/// Micro-USD of whole USD.
pub fn micro_usd(usd: u64) -> u64 {
    usd.wrapping_mul(MICRO)
}

/// Days since 1970.
pub fn day(seconds: u64) -> u64 {
    seconds / DAY
}

fn saturate(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn valuation(factor: u64, factor_new: u64) -> Valuation {
        Valuation {
            slot: 0,
            factor,
            factorNew: factor_new,
            concentrationLimit: 1_000_000,
            suspended: false,
            priceCap: class::PAR,
        }
    }

    #[test]
    fn a_dollar_less_its_haircut() {
        let held = Lots { all: 2_000_000, stressed: 500_000 };
        assert_eq!(value_down(held, &valuation(950_000_000, 800_000_000)), 1_425_000 + 400_000);
        assert_eq!(value_down(Lots { all: 1, stressed: 0 }, &valuation(999_999_999, 0)), 0, "rounded down");
    }

    #[test]
    fn ordinary_lots_leave_first() {
        let held = Lots { all: 10, stressed: 4 };
        assert_eq!(held.remove(6), Some(Lots { all: 4, stressed: 4 }));
        assert_eq!(held.remove(7), Some(Lots { all: 3, stressed: 3 }));
        assert_eq!(held.remove(11), None);
    }

    #[test]
    fn stress_ends_with_the_touch_after_both_haircuts_agree() {
        let held = Lots { all: 10, stressed: 4 };
        assert_eq!(held.relaxed(&valuation(5, 4)), held);
        assert_eq!(held.relaxed(&valuation(5, 5)), Lots { all: 10, stressed: 0 });
    }

    #[test]
    fn the_minimum_tests_the_whole_delivery() {
        assert_eq!(delivery_due(100, 90, 11), 0);
        assert_eq!(delivery_due(100, 90, 10), 10);
        assert_eq!(delivery_due(90, 100, 0), 0);
    }

    #[test]
    fn credit_is_the_value_up_to_the_share_rounded_down() {
        assert_eq!(credit_down(500, 600_000, 1_000), 500);
        assert_eq!(credit_down(601, 600_000, 1_000), 600);
        assert_eq!(credit_down(700, 600_000, 1_001), 600);
        assert_eq!(credit_down(700, 0, 1_000), 0);
    }

    #[test]
    fn required_is_never_below_zero() {
        assert_eq!(required(100, 20, 50), Some(70));
        assert_eq!(required(10, 20, 50), Some(0));
        assert_eq!(required(u64::MAX, 1, u64::MAX), None);
    }

    #[test]
    fn interest_is_simple_on_the_days_that_passed_and_rounded_up() {
        assert_eq!(interest_up(1_000_000_000, 80_000, 365 * DAY), 80_000_000);
        assert_eq!(interest_up(1_000_000_000, 80_000, 73 * DAY), 16_000_000);
        assert_eq!(interest_up(1, 1, 1), 1);
        assert_eq!((interest_up(0, 80_000, DAY), interest_up(5, 0, DAY), interest_up(5, 80_000, 0)), (0, 0, 0));
        assert_eq!(interest_up(u64::MAX, 1_000_000, u64::MAX), u64::MAX);
    }

    #[test]
    fn days_and_dollars() {
        assert_eq!((micro_usd(0), micro_usd(3)), (0, 3_000_000));
        assert_eq!((usd_up(0), usd_up(1), usd_up(1_000_000), usd_up(1_000_001)), (0, 1, 1, 2));
        assert_eq!((day(86_399), day(86_400)), (0, 1));
        assert_eq!(usd_up(u64::MAX), 18_446_744_073_710);
    }

    proptest! {
        #[test]
        fn value_never_exceeds_the_exact(all in any::<u64>(), part in any::<u64>(), factor in 0u64..2_000_000_000, new in 0u64..2_000_000_000) {
            let (stressed, new) = (part.min(all), new.min(factor));
            let exact = u128::from(all - stressed) * u128::from(factor) + u128::from(stressed) * u128::from(new);
            let value = u128::from(value_down(Lots { all, stressed }, &valuation(factor, new)));
            prop_assert!(value <= exact / FACTOR);
            prop_assert!(value + 1 >= (exact / FACTOR).min(u64::MAX.into()));
        }

        #[test]
        fn no_price_makes_lots_worth_more_than_the_most(all in any::<u64>(), part in any::<u64>(), cap in 1..=class::MOST_PRICE, ppm in 0u64..=1_000_000, new in 0u64..=1_000_000) {
            let lots = Lots { all, stressed: part.min(all) };
            let most = u64::from(cap) * 10_000_000;
            let capped = |factor, new| Valuation { priceCap: cap, ..valuation(factor, new) };
            let valued = capped(most / 1_000_000 * ppm, most / 1_000_000 * new.min(ppm));
            prop_assert!(value_down(lots, &valued) <= value_at_most_up(lots, &valued));
            let whole = value_down(Lots { all, stressed: 0 }, &capped(most, most));
            prop_assert!(value_at_most_up(lots, &valued) - whole <= 1);
            if cap == class::PAR {
                prop_assert_eq!(value_at_most_up(lots, &valued), all);
            }
        }

        #[test]
        fn interest_is_the_exact_one_rounded_up(amount in 0u64..1 << 52, ppm in 0u32..=1_000_000, seconds in 0u64..1 << 34) {
            let exact = u128::from(amount) * u128::from(ppm) * u128::from(seconds);
            let charged = u128::from(interest_up(amount, ppm, seconds)) * PPM * YEAR;
            prop_assert!(charged >= exact && charged < exact + PPM * YEAR);
        }

        #[test]
        fn credit_keeps_to_its_share(value in any::<u64>(), limit in 0u32..=1_000_000, required in any::<u64>()) {
            let credit = credit_down(value, limit, required);
            prop_assert!(credit <= value);
            prop_assert!(u128::from(credit) * PPM <= u128::from(limit) * u128::from(required));
        }

        #[test]
        fn removal_and_addition_keep_stressed_within_all(all in any::<u64>(), stressed in any::<u64>(), less in any::<u64>(), flag in any::<bool>()) {
            let held = Lots { all, stressed: stressed.min(all) };
            if let Some(left) = held.remove(less) {
                prop_assert!(left.stressed <= left.all);
                prop_assert_eq!(left.add(less, flag).map(|lots| lots.all), Some(all));
            }
        }
    }
}
