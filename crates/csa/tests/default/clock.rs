use plumbline_csa::default::clock::{Interval, elapsed, stopped};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn interval() -> impl Strategy<Value = Interval> {
    (0u64..200, 0u64..200).prop_map(|(from, until)| Interval { from, until })
}

proptest! {
    /// Seconds are counted one by one: each stop strikes its own, and a second is struck once.
    #[test]
    fn what_stops_a_round_is_a_union(window in interval(), stops in proptest::collection::vec(interval(), 0..8)) {
        let mut left: BTreeSet<u64> = (window.from..window.until).collect();
        let all = left.len();
        for stop in &stops {
            left.retain(|second| !(stop.from..stop.until).contains(second));
        }
        prop_assert_eq!(elapsed(window, &stops), left.len() as u64);
        prop_assert_eq!(stopped(window, &stops), (all - left.len()) as u64);
    }

    #[test]
    fn the_order_of_stops_changes_nothing(window in interval(), stops in proptest::collection::vec(interval(), 0..8)) {
        let mut turned = stops.clone();
        turned.reverse();
        prop_assert_eq!(stopped(window, &stops), stopped(window, &turned));
    }

    /// No round runs backwards, whatever stops it.
    #[test]
    fn time_only_grows(from in 0u64..100, until in 0u64..200, more in 0u64..50, stops in proptest::collection::vec(interval(), 0..8)) {
        let now = elapsed(Interval { from, until }, &stops);
        let later = elapsed(Interval { from, until: until + more }, &stops);
        prop_assert!(now <= later && later <= now + more);
    }
}
