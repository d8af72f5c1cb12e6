use crate::ratio::Ratio;
use plumbline_csa::default::parameters::{Parameters, SALE_SECONDS};
use plumbline_csa::default::rate::{Bid, best, bounds, due_up, rate};
use plumbline_csa::default::sale::{cost_up, lots_up, price_up};
use plumbline_csa::default::slices::{slice, slice_signed};
use proptest::prelude::*;

const NANO: i128 = 1_000_000_000;

fn parameters() -> impl Strategy<Value = Parameters> {
    (600u32..=14_400, 0u32..=100_000, 0u32..=500_000).prop_map(|(round, start, floor)| Parameters {
        round,
        start,
        floor,
        ..Parameters::default()
    })
}

proptest! {
    /// Invariant 10: the rate is the line's, to the ppm, and never below the floor.
    #[test]
    fn the_rate_is_the_line_between_start_and_floor(p in parameters(), elapsed in 0u64..30_000) {
        let found = i128::from(rate(&p, elapsed).unwrap());
        let (start, span, run) = (i128::from(p.start), i128::from(p.start + p.floor), i128::from(elapsed.min(p.round.into())));
        prop_assert!(Ratio::new(start * i128::from(p.round) - span * run, p.round.into()).is_up(found));
        prop_assert!(-i128::from(p.floor) <= found && found <= start);
        prop_assert!(i128::from(rate(&p, elapsed + 1).unwrap()) <= found);
    }

    #[test]
    fn a_part_at_a_rate_is_rounded_against_its_taker(requirement in 0u64..1 << 60, rate in -500_000i32..=100_000, limit in -500_000i32..=100_000) {
        let due = due_up(requirement, rate).unwrap();
        prop_assert!(Ratio::new(i128::from(requirement) * i128::from(rate), 1_000_000).is_up(due.into()));
        match bounds(requirement, rate, limit) {
            None => prop_assert!(limit < rate),
            Some(bounds) => {
                prop_assert!(limit >= rate && bounds.allow(due) && !bounds.allow(due - 1));
                prop_assert_eq!(bounds.most - due_up(requirement, limit).unwrap(), 1_000_000);
            }
        }
    }

    /// Invariant 9: whatever the cuts, slices sum to the book, and none differs from its exact part by a lot.
    #[test]
    fn slices_sum_to_the_book(amount in any::<u64>(), quantity in any::<i64>(), of in 1u32..=20, cuts in proptest::collection::vec(0u32..=20, 0..6)) {
        let mut ends: Vec<u32> = cuts.into_iter().map(|cut| cut.min(of)).chain([0, of]).collect();
        ends.sort_unstable();
        let (mut sum, mut position) = (0i128, 0i128);
        for pair in ends.windows(2) {
            let part = i128::from(slice(amount, pair[0], pair[1], of).unwrap());
            let signed = i128::from(slice_signed(quantity, pair[0], pair[1], of).unwrap());
            let exact = i128::from(amount) * i128::from(pair[1] - pair[0]);
            prop_assert!((part * i128::from(of) - exact).abs() < i128::from(of));
            prop_assert!(signed == 0 || (signed > 0) == (quantity > 0));
            (sum, position) = (sum + part, position + signed);
        }
        prop_assert_eq!((sum, position), (i128::from(amount), i128::from(quantity)));
    }

    #[test]
    fn no_bid_that_fits_beats_the_best(bids in proptest::collection::vec((0u32..6, -50i32..50), 0..8), rate in -60i32..60, left in 0u32..6) {
        let bids: Vec<Bid> = bids.into_iter().map(|(units, limit)| Bid { units, limit }).collect();
        let mut ranked: Vec<usize> = (0..bids.len()).filter(|at| (1..=left).contains(&bids[*at].units) && bids[*at].limit >= rate).collect();
        ranked.sort_by_key(|at| (-bids[*at].limit, *at));
        prop_assert_eq!(best(&bids, rate, left), ranked.first().copied());
    }

    #[test]
    fn a_sales_price_is_the_line_between_first_and_last(last in 0u64..1 << 40, more in 0u64..1 << 40, elapsed in 0u64..4_000) {
        let (run, whole) = (i128::from(elapsed.min(SALE_SECONDS)), i128::from(SALE_SECONDS));
        let price = price_up(last + more, last, elapsed).unwrap();
        prop_assert!(Ratio::new(i128::from(last + more) * whole - i128::from(more) * run, whole).is_up(price.into()));
        prop_assert!(last <= price && price <= last + more);
    }

    /// What is sold pays what is owed and one lot less would not, or all is sold; it costs the exact price rounded up.
    #[test]
    fn as_many_lots_are_sold_as_pay_what_is_owed(held in 0u64..1 << 50, owed in 1u64..1 << 50, price in 1u64..2_000_000_000) {
        let lots = lots_up(held, owed, price);
        let paid = |lots: u64| i128::from(lots) * i128::from(price);
        prop_assert!(lots <= held);
        prop_assert!(lots == held || paid(lots) >= i128::from(owed) * NANO);
        prop_assert!(lots == 0 || paid(lots - 1) < i128::from(owed) * NANO);
        prop_assert!(Ratio::new(paid(lots), NANO).is_up(cost_up(lots, price).unwrap().into()));
    }
}
