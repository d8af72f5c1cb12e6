//! Lots: the escrow's ledger unit, 1e-6 of a token, whatever the token's decimals.
//!
//! A token of `d` decimals has `10^(d-6)` units a lot, or, below six decimals, `10^(6-d)` lots a unit.
//! Only whole lots (and whole units) move; the rest is refused, never rounded.

/// The lots in `amount` units of a token, where they are whole and fit 64 bits.
pub fn from_units(amount: u128, decimals: u8) -> Option<u64> {
    let lots = if decimals >= 6 {
        let per_lot = scale(decimals.checked_sub(6)?)?;
        if amount.checked_rem(per_lot)? != 0 {
            return None;
        }
        amount.checked_div(per_lot)?
    } else {
        amount.checked_mul(scale(6u8.checked_sub(decimals)?)?)?
    };
    u64::try_from(lots).ok()
}

/// The token units in `lots`, where they are whole.
pub fn to_units(lots: u64, decimals: u8) -> Option<u128> {
    let lots = u128::from(lots);
    if decimals >= 6 {
        return lots.checked_mul(scale(decimals.checked_sub(6)?)?);
    }
    let per_unit = scale(6u8.checked_sub(decimals)?)?;
    if lots.checked_rem(per_unit)? != 0 {
        return None;
    }
    lots.checked_div(per_unit)
}

fn scale(exponent: u8) -> Option<u128> {
    10u128.checked_pow(u32::from(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_decimals_are_one_to_one() {
        assert_eq!(from_units(1_500_000, 6), Some(1_500_000));
        assert_eq!(to_units(1_500_000, 6), Some(1_500_000));
    }

    #[test]
    fn eighteen_decimals_refuse_dust() {
        assert_eq!(from_units(2_000_000_000_000, 18), Some(2));
        assert_eq!(from_units(2_000_000_000_001, 18), None);
        assert_eq!(to_units(2, 18), Some(2_000_000_000_000));
    }

    #[test]
    fn two_decimals_refuse_half_units() {
        assert_eq!(from_units(5, 2), Some(50_000));
        assert_eq!(to_units(50_000, 2), Some(5));
        assert_eq!(to_units(50_001, 2), None);
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(from_units(u128::MAX, 6), None);
        assert_eq!(from_units(1, 60), None);
    }
}
