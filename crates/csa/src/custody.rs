//! Shares of what is there: of an impaired asset, of a house that is short.
use abi::escrow::WHOLE;

/// `held / total` in 1e-9, rounded down; [`WHOLE`] at most.
pub fn ratio_down(held: u64, total: u64) -> u64 {
    if held >= total {
        return WHOLE;
    }
    part_down(held, WHOLE, total)
}

/// What lots, or a value, come to at a ratio in 1e-9.
pub fn share_down(amount: u64, ratio: u64) -> u64 {
    part_down(amount, ratio, WHOLE)
}

/// `amount · part / of`, rounded down; `part ≤ of`.
pub fn part_down(amount: u64, part: u64, of: u64) -> u64 {
    let product = u128::from(amount).saturating_mul(part.into());
    product.checked_div(of.into()).and_then(|share| u64::try_from(share).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn ratios_are_rounded_down_and_at_most_whole() {
        assert_eq!(ratio_down(70, 100), 700_000_000);
        assert_eq!(ratio_down(2, 3), 666_666_666);
        assert_eq!(ratio_down(u64::MAX - 1, u64::MAX), WHOLE - 1);
        assert_eq!((ratio_down(0, 1), ratio_down(0, 0), ratio_down(2, 1)), (0, WHOLE, WHOLE));
    }

    #[test]
    fn shares_are_rounded_down() {
        assert_eq!((share_down(101, 700_000_000), share_down(101, WHOLE), share_down(101, 0)), (70, 101, 0));
        assert_eq!(share_down(u64::MAX, WHOLE), u64::MAX);
    }

    /// Each leaves in turn and the ratio is recorded anew before every one, or never: what each is paid.
    fn leave_in_turn(held: u64, holders: &[u64], each_time: bool) -> Vec<u64> {
        let (mut held, mut total) = (held, holders.iter().sum::<u64>());
        let mut ratio = ratio_down(held, total);
        let mut paid = Vec::new();
        for lots in holders {
            ratio = if each_time { ratio_down(held, total) } else { ratio };
            let share = share_down(*lots, ratio);
            (held, total) = (held.checked_sub(share).unwrap(), total - lots);
            paid.push(share);
        }
        paid
    }

    proptest! {
        /// The order decides nothing; what rounding leaves is never owed to anybody, and more than it is never left.
        #[test]
        fn who_leaves_first_gains_nothing(holders in proptest::collection::vec(0u64..1 << 50, 1..12), lost in 0u64..=1_000_000) {
            let total: u64 = holders.iter().sum();
            let held = (u128::from(total) * u128::from(lost) / 1_000_000) as u64;
            let forward = leave_in_turn(held, &holders, false);
            let mut backward = leave_in_turn(held, &holders.iter().rev().copied().collect::<Vec<_>>(), false);
            backward.reverse();
            prop_assert_eq!(&forward, &backward);
            let left = held - forward.iter().sum::<u64>();
            prop_assert!(left <= total / WHOLE + 1 + holders.len() as u64);
        }

        /// Recording again between them never lowers what the later are paid, and raises it by rounding alone.
        #[test]
        fn to_reconcile_between_lowers_nobodys_share(holders in proptest::collection::vec(1u64..1 << 50, 1..12), kept in 0u64..=1_000_000) {
            let total: u64 = holders.iter().sum();
            let held = (u128::from(total) * u128::from(kept) / 1_000_000) as u64;
            let (once, again) = (leave_in_turn(held, &holders, false), leave_in_turn(held, &holders, true));
            let dust = total / WHOLE + 1 + holders.len() as u64;
            for (first, later) in once.iter().zip(&again) {
                prop_assert!(later >= first && later - first <= dust);
            }
        }

        /// A loss that is not recorded is seen: what is booked at the old ratio is more than what is held.
        #[test]
        fn what_is_recorded_is_covered(held in any::<u64>(), total in any::<u64>()) {
            prop_assert!(share_down(total, ratio_down(held, total)) <= held);
            let old = ratio_down(held, total);
            if held > 0 && share_down(total, old) > held - 1 {
                prop_assert!(ratio_down(held - 1, total) < old);
            }
        }
    }
}
