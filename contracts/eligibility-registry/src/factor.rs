//! What a lot is worth after its haircut. Pure.
use abi::PPM;

/// 1 USD in 1e-8.
pub const PAR: u64 = 100_000_000;
/// From 1e-8 USD and ppm to the 1e-9 of a factor.
const SCALE: u64 = 100_000;

/// A cent in 1e-8 USD.
const CENT: u64 = 1_000_000;

/// No token is worth more than its cap: 1 USD of a stablecoin and of tokenized cash, of a fund's share what the owner says.
pub fn capped(price: u64, cap: u32) -> u64 {
    price.min(u64::from(cap).saturating_mul(CENT))
}

/// price·(1 − haircut), rounded down; 1e-9 USD per 1e-6 token.
pub fn factor_down(capped: u64, haircut: u32) -> u64 {
    capped.saturating_mul(PPM.saturating_sub(haircut).into()) / SCALE
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::registry::class;
    use proptest::prelude::*;

    #[test]
    fn par_without_haircut_is_one() {
        assert_eq!(factor_down(PAR, 0), 1_000_000_000);
        assert_eq!(factor_down(PAR, 1_000_000), 0);
    }

    #[test]
    fn above_par_counts_as_par() {
        assert_eq!(capped(100_000_001, class::PAR), PAR);
        assert_eq!(capped(99_999_999, class::PAR), 99_999_999);
    }

    #[test]
    fn a_share_counts_up_to_its_cap() {
        assert_eq!(capped(1_090_000_000, 1_200), 1_090_000_000);
        assert_eq!(capped(1_200_000_001, 1_200), 1_200_000_000);
        assert_eq!(factor_down(1_090_000_000, 20_000), 10_682_000_000);
    }

    #[test]
    fn rounds_down() {
        assert_eq!(factor_down(99_999_999, 33_333), 966_666_990);
    }

    proptest! {
        #[test]
        fn fuzz_factor_is_exact_or_below(price in 0..=u64::from(class::MOST_PRICE) * CENT, haircut in 0..=PPM) {
            let exact = u128::from(price) * u128::from(PPM - haircut);
            let factor = u128::from(factor_down(price, haircut));
            prop_assert!(factor * 100_000 <= exact && exact < (factor + 1) * 100_000);
        }
    }
}
