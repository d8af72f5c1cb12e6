use crate::ratio::Ratio;
use plumbline_csa::default::gains::{due_down, part_down};
use plumbline_csa::default::sale::taken_up;
use plumbline_csa::default::waterfall::{Borne, Cover};
use proptest::prelude::*;

fn cover() -> impl Strategy<Value = Cover> {
    (0u64..1 << 40, 0u64..1 << 40, 1u64..1 << 40, 0u64..1 << 40).prop_map(|(attachment, size, margin, principal)| {
        Cover { attachment, exhaustion: attachment + size, margin, principal }
    })
}

proptest! {
    /// Invariants 2 to 4 and 13: what is owed is borne to the lot, in order, no series beyond its layer or its principal.
    #[test]
    fn a_loss_is_borne_to_the_lot(owed in 0u64..1 << 42, locked in 0u64..1 << 42, required in 1u64..1 << 42, covers in proptest::collection::vec(cover(), 0..4), paid in 0u64..1 << 42) {
        let mut borne = Borne::of(owed, locked);
        let (mut bonds, mut left) = (0, i128::from(owed) - i128::from(owed.min(locked)));
        for cover in &covers {
            let absorbed = borne.absorb_down(cover, required);
            let (owed, required, margin) = (i128::from(owed), i128::from(required), i128::from(cover.margin));
            let (attachment, layer) = (i128::from(cover.attachment), i128::from(cover.exhaustion - cover.attachment));
            let most = layer.min(cover.principal.into()).min(left);
            let (of, by) = if required > margin { (owed * margin, required) } else { (owed, 1) };
            let exact = Ratio::new(of - attachment * by, by);
            let absorbed = i128::from(absorbed);
            let beyond = of - attachment * by;
            prop_assert!(absorbed == most && beyond >= most * by || absorbed == 0 && beyond <= 0 || exact.is_down(absorbed) && absorbed <= most);
            (bonds, left) = (bonds + absorbed, left - absorbed);
        }
        prop_assert_eq!(i128::from(borne.capital) + bonds + i128::from(borne.recovery), i128::from(owed));
        prop_assert!(borne.recovery == 0 || borne.capital == locked);
        let (before, took) = (borne.recovery, borne.pay(paid));
        prop_assert!(took <= paid && borne.recovery == before - took && (borne.recovery == 0 || took == paid));
    }

    #[test]
    fn unsold_lots_pay_their_last_price_and_no_more_than_is_owed(lots in any::<u64>(), last in any::<u64>(), owed in any::<u64>()) {
        let (worth, taken) = (u128::from(lots) * u128::from(last), u128::from(taken_up(lots, last, owed)));
        prop_assert!(taken <= u128::from(owed));
        prop_assert!(taken == u128::from(owed) && taken.saturating_sub(1) * 1_000_000_000 < worth || taken == worth.div_ceil(1_000_000_000) || owed == 0);
    }

    #[test]
    fn the_part_paid_is_the_exact_one_rounded_down(paid_in in 0u64..1_500, gains in 1u64..1_000, gain in 0u64..1 << 40) {
        let part = i128::from(part_down(paid_in, gains));
        prop_assert!(Ratio::new(i128::from(paid_in.min(gains)) * 1_000_000_000, gains.into()).is_down(part));
        prop_assert!(Ratio::new(i128::from(gain) * part, 1_000_000_000).is_down(due_down(gain, part as u64, 0).into()));
    }

    /// Payment by payment: nobody is paid more than its gain, all no more than came in, equal gains alike, all once all is there.
    #[test]
    fn gains_are_paid_pro_rata(gains in proptest::collection::vec(0u64..1 << 40, 1..6), payments in proptest::collection::vec(0u64..1 << 40, 1..6)) {
        let sum: u64 = gains.iter().sum();
        let (mut paid, mut came) = (vec![0u64; gains.len()], 0u64);
        for payment in payments.into_iter().chain([sum]) {
            came += payment;
            let part = part_down(came, sum);
            for (gain, paid) in gains.iter().zip(&mut paid) {
                *paid += due_down(*gain, part, *paid);
                prop_assert_eq!(due_down(*gain, part, *paid), 0);
                // Of its exact part, φ leaves less than a billionth of the gain, and its own rounding less than a lot.
                let exact = u128::from(*gain) * u128::from(came.min(sum));
                let got = u128::from(*paid) * u128::from(sum);
                prop_assert!(got <= exact);
                prop_assert!(exact - got <= u128::from(sum) * (u128::from(*gain) / 1_000_000_000 + 2));
            }
            prop_assert!(paid.iter().sum::<u64>() <= came.min(sum));
        }
        prop_assert_eq!(paid, gains);
    }
}
