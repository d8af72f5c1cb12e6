//! Parts of a book, unit by unit: whoever takes which, they sum to the book.

/// Of `amount` in `of` units, that of the units from `from` to `to`: `⌊amount·to/of⌋ − ⌊amount·from/of⌋`.
/// `None` unless `from ≤ to ≤ of` and there is a unit.
pub fn slice(amount: u64, from: u32, to: u32, of: u32) -> Option<u64> {
    if from > to || to > of {
        return None;
    }
    upto_down(amount, to, of)?.checked_sub(upto_down(amount, from, of)?)
}

/// That of a signed quantity: its absolute is cut, its side stays.
pub fn slice_signed(quantity: i64, from: u32, to: u32, of: u32) -> Option<i64> {
    let part = i128::from(slice(quantity.unsigned_abs(), from, to, of)?);
    i64::try_from(part.checked_mul(quantity.signum().into())?).ok()
}

fn upto_down(amount: u64, to: u32, of: u32) -> Option<u64> {
    let product = u128::from(amount).checked_mul(to.into())?;
    u64::try_from(product.checked_div(of.into())?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_sum_to_the_book() {
        let parts = [0, 1, 2, 3].map(|at| slice(1_003, at, at + 1, 4).unwrap());
        assert_eq!((parts, parts.iter().sum()), ([250, 251, 251, 251], 1_003));
        assert_eq!((slice(1_003, 0, 3, 4), slice(1_003, 2, 2, 4)), (Some(752), Some(0)));
    }

    #[test]
    fn a_short_position_is_cut_like_a_long_one() {
        assert_eq!((slice_signed(7, 1, 3, 4), slice_signed(-7, 1, 3, 4)), (Some(4), Some(-4)));
        assert_eq!(slice_signed(i64::MIN, 0, 4, 4), Some(i64::MIN));
    }

    #[test]
    fn units_that_are_not_there_are_no_slice() {
        assert_eq!([slice(9, 3, 2, 4), slice(9, 3, 5, 4), slice(9, 0, 0, 0)], [None; 3]);
    }
}
