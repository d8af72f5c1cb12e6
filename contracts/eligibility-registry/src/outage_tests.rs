use super::*;
use alloc::vec::Vec;
use proptest::{collection::vec, prelude::*};

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
/// Far enough from zero that no window reaches it.
const T: u64 = 1_760_000_000;

fn down(from: u64, until: u64) -> Down {
    Down::new(from, until).unwrap()
}

fn outage(from: u64, until: u64, counted: u64) -> Outage {
    Outage { from, until, counted }
}

/// After outages of these bounds, each recorded once.
fn after(bounds: &[(u64, u64)]) -> Outages {
    bounds.iter().fold(Outages::default(), |outages, (from, until)| with(outages, down(*from, *until)))
}

#[test]
fn a_time_down_begins_before_it_ends() {
    assert_eq!((Down::new(0, 5), Down::new(5, 5), Down::new(6, 5)), (None, None, None));
    assert!(Down::new(5, 6).is_some());
}

#[test]
fn the_first_hour_counts() {
    let outages = after(&[(T, T + 3 * HOUR)]);
    assert_eq!(outages[0], outage(T, T + 3 * HOUR, HOUR));
    assert_eq!(grace(&outages, T - HOUR, T + 5 * HOUR), HOUR);
    assert_eq!(grace(&outages, T + HOUR / 2, T + 5 * HOUR), HOUR / 2, "what was issued in it");
    assert_eq!(grace(&outages, T + HOUR, T + 5 * HOUR), 0, "what was issued after its hour");
    assert_eq!(grace(&outages, T - HOUR, T + 600), 600, "while it goes on");
    assert_eq!((grace(&outages, T - HOUR, T), grace(&outages, T + 9, T + 3)), (0, 0));
}

#[test]
fn an_outage_that_goes_on_is_extended() {
    let outages = after(&[(T, T + 60)]);
    assert_eq!(record(&outages, down(T, T + 60)), Err(Refusal::Known));
    assert_eq!(record(&outages, down(T, T + 59)), Err(Refusal::Known), "it never shrinks");
    assert_eq!(record(&outages, down(T, T + 90)), Ok((0, outage(T, T + 90, 90))));
    assert_eq!(record(&outages, down(T - 500, T + 90)), Ok((0, outage(T, T + 90, 90))), "nor begins earlier");
    assert_eq!(record(&outages, down(T + 60, T + 90)), Ok((0, outage(T, T + 90, 90))), "what touches it is of it");
    assert_eq!(record(&outages, down(T + 61, T + 90)), Ok((1, outage(T + 61, T + 90, 29))));
}

#[test]
fn four_hours_count_in_thirty_days() {
    let day = |n: u64| (T + n * DAY, T + n * DAY + HOUR);
    let outages = after(&[day(0), day(1), day(2), day(3), day(4)]);
    assert_eq!(outages[3].counted, HOUR);
    assert_eq!(outages[4].counted, 0);
    assert_eq!(grace(&outages, 0, T + 5 * DAY), 4 * HOUR);
    let last_second = T + HOUR + WINDOW_SECONDS;
    assert_eq!(with(outages.clone(), down(last_second, last_second + HOUR))[5].counted, 0);
    let later = last_second + 1;
    assert_eq!(with(outages, down(later, later + HOUR))[5].counted, HOUR, "the first is out of the window");
}

#[test]
fn a_part_of_an_hour_may_be_left() {
    let outages = after(&[(T, T + HOUR), (T + DAY, T + DAY + HOUR), (T + 2 * DAY, T + 2 * DAY + HOUR)]);
    let outages = with(outages, down(T + 3 * DAY, T + 3 * DAY + 600));
    let outages = with(outages, down(T + 4 * DAY, T + 4 * DAY + HOUR));
    assert_eq!(outages[4].counted, HOUR - 600);
}

#[test]
fn what_ended_thirty_days_ago_extends_nothing() {
    let outages = after(&[(T, T + HOUR)]);
    assert_eq!(grace(&outages, 0, T + WINDOW_SECONDS), HOUR);
    assert_eq!(grace(&outages, 0, T + WINDOW_SECONDS + 600), HOUR - 600);
    assert_eq!(grace(&outages, 0, T + WINDOW_SECONDS + HOUR), 0);
}

#[test]
fn no_young_outage_is_overwritten() {
    let bounds: Vec<_> = (0..8).map(|n| (T + 100 * n, T + 100 * n + 10)).collect();
    let outages = after(&bounds);
    let last_second = T + 10 + WINDOW_SECONDS;
    assert_eq!(record(&outages, down(last_second, last_second + 5)), Err(Refusal::Full(T + 10)));
    assert_eq!(with(outages.clone(), down(last_second, last_second + 5)), outages);
    let later = outage(last_second + 1, last_second + 5, 4);
    assert_eq!(record(&outages, down(later.from, later.until)), Ok((0, later)));
    assert!(record(&outages, down(T + 700, T + 720)).is_ok(), "the newest is extended all the same");
}

#[test]
fn an_outage_counts_while_its_hour_lasts() {
    let at = |now| counts_at(&after(&[(T, now)]), now);
    assert!(at(T + 1) && at(T + HOUR) && !at(T + HOUR + 1));
    assert!(!counts_at(&after(&[(T, T + 60)]), T + 61), "it has ended");
    assert!(!counts_at(&Outages::default(), T));
}

proptest! {
    /// Whatever a feed shows and whenever somebody records it, mostly in the order of time and sometimes not.
    #[test]
    fn fuzz_outages_keep_their_bounds(steps in vec((0..2_000_000u64, -50_000..20_000i64, 0..20_000u64), 1..60)) {
        let (mut now, mut outages, mut all) = (T, Outages::default(), Vec::<Outage>::new());
        for (pause, shift, length) in steps {
            now += if pause % 3 == 0 { pause % 5_000 } else { pause };
            let Some(shown) = Down::new(now.saturating_add_signed(shift), now.saturating_add_signed(shift) + length) else {
                continue;
            };
            let Ok((place, outage)) = record(&outages, shown) else { continue };
            let before = outages[usize::from(place)].clone();
            prop_assert!(before.from != outage.from || before.counted <= outage.counted, "what counted counts");
            all.retain(|kept| kept.from != outage.from);
            prop_assert!(all.iter().all(|kept| kept.until < outage.from), "no two overlap");
            all.push(outage);
            outages = with(outages, shown);
        }
        for outage in &all {
            prop_assert!(outage.counted <= HOUR && outage.counted <= outage.until - outage.from);
            let window = |other: &&Outage| other.until + 30 * DAY >= outage.from && other.from <= outage.from;
            prop_assert!(all.iter().filter(window).map(|other| other.counted).sum::<u64>() <= 4 * HOUR);
            prop_assert!(all.iter().filter(window).count() <= 8);
        }
        prop_assert!(grace(&outages, 0, now) <= 4 * HOUR);
    }

    /// A deadline that has passed stays passed: grace never grows faster than time.
    #[test]
    fn fuzz_grace_never_outruns_time(
        bounds in vec((0..200_000u64, 1..20_000u64), 0..12), issued in 0..500_000u64, to in 0..500_000u64, more in 0..9_000u64
    ) {
        let mut at = T;
        let outages = bounds.iter().fold(Outages::default(), |outages, (pause, length)| {
            let from = at + pause;
            at = from + length;
            with(outages, down(from, at))
        });
        let (one, other) = (grace(&outages, T + issued, T + to), grace(&outages, T + issued, T + to + more));
        prop_assert!(other <= one + more);
    }
}
