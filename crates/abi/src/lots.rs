//! Lots: the escrow's ledger unit, 1e-6 of a token, whatever the token's decimals.
//!
//! A token of `d` decimals has `10^(d-6)` units a lot, or, below six decimals, `10^(6-d)` lots a unit.
//! Only whole lots (and whole units) move; the rest is refused, never rounded.

/// The lots in `amount` units of a token, where they are whole and fit 64 bits.
pub fn from_units(amount: u128, decimals: u8) -> Option<u64> {
    let (per_lot, per_unit) = scales(decimals)?;
    let per_lot = u128::from(per_lot);
    let whole = amount.checked_div(per_lot)?;
    if whole.checked_mul(per_lot)? != amount {
        return None;
    }
    u64::try_from(whole).ok()?.checked_mul(per_unit)
}

/// The whole lots in `amount` units, rounded down; as many as 64 bits hold, where there are more.
pub fn from_units_down(amount: u128, decimals: u8) -> u64 {
    let Some((per_lot, per_unit)) = scales(decimals) else { return 0 };
    let lots = amount.checked_div(per_lot.into()).unwrap_or(0).saturating_mul(per_unit.into());
    u64::try_from(lots).unwrap_or(u64::MAX)
}

/// The token units in `lots`, where they are whole.
pub fn to_units(lots: u64, decimals: u8) -> Option<u128> {
    let (per_lot, per_unit) = scales(decimals)?;
    if lots.checked_rem(per_unit)? != 0 {
        return None;
    }
    u128::from(lots.checked_div(per_unit)?).checked_mul(per_lot.into())
}

/// Units in a lot and lots in a unit, one of which is 1; `None` for more than 25 decimals.
fn scales(decimals: u8) -> Option<(u64, u64)> {
    let scale = 10u64.checked_pow(decimals.abs_diff(6).into())?;
    Some(if decimals >= 6 { (scale, 1) } else { (1, scale) })
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
    fn a_balance_is_rounded_down_to_lots() {
        assert_eq!(from_units_down(1_500_001, 6), 1_500_001);
        assert_eq!(from_units_down(2_999_999_999_999, 18), 2);
        assert_eq!(from_units_down(5, 2), 50_000);
        assert_eq!((from_units_down(u128::MAX, 6), from_units_down(u128::MAX, 2)), (u64::MAX, u64::MAX));
        assert_eq!(from_units_down(1, 60), 0);
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(from_units(u128::MAX, 6), None);
        assert_eq!(from_units(1, 60), None);
    }
}
