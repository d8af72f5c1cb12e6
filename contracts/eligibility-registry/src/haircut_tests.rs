use super::*;
use alloc::vec::Vec;
use core::ops::Deref;
use proptest::{collection::vec, prelude::*};

/// Base 2 points, floor 1, cap 20; slopes that make one point of price two points of haircut.
const CURVE: Curve =
    Curve { base: 20_000, floor: 10_000, cap: 200_000, deviation: 2_000_000, dispersion: 500_000, confidence: 100_000 };
const CALM: Reading = Reading { slot: 0, price: PAR, dispersion: 0, confidence: PPM };
const STRESS: Reading = Reading { slot: 0, price: 97_000_000, dispersion: 0, confidence: PPM };

/// A haircut and the last reading that it followed.
#[derive(Clone, Copy)]
struct Followed(Haircut, Option<Reading>);

impl Deref for Followed {
    type Target = Haircut;
    fn deref(&self) -> &Haircut {
        &self.0
    }
}

/// Readings so many seconds apart, each synced at once.
fn read(Followed(held, previous): Followed, readings: &[Reading], seconds: u64) -> Followed {
    readings.iter().fold(Followed(held, previous), |Followed(held, previous), reading| {
        let reading = Reading { slot: held.slot + seconds.div_ceil(10), ..*reading };
        Followed(held.after(&CURVE, reading, previous, held.moved_at + seconds), Some(reading))
    })
}

fn resting() -> Followed {
    Followed(Haircut::resting(CURVE.base), None)
}

fn calm() -> Followed {
    read(resting(), &[CALM], 1_000_000)
}

#[test]
fn signal_adds_its_terms_within_the_bounds() {
    assert_eq!(CURVE.signal_up(CALM), 20_000);
    assert_eq!(CURVE.signal_up(STRESS), 80_000);
    assert_eq!(CURVE.signal_up(Reading { dispersion: 10_001, confidence: 900_000, ..CALM }), 20_000 + 5_001 + 10_000);
    assert_eq!(CURVE.signal_up(Reading { price: 65_000_000, ..CALM }), 200_000);
    assert_eq!(
        CURVE.signal_up(Reading { slot: 0, price: u64::MAX, dispersion: u32::MAX, confidence: u32::MAX }),
        200_000
    );
}

#[test]
fn before_the_first_reading_everything_is_the_base() {
    let resting = Haircut::resting(CURVE.base);
    assert_eq!((resting.current, resting.target, resting.signal, resting.slot), (20_000, 20_000, 20_000, 0));
}

#[test]
fn all_but_an_active_asset_is_suspended() {
    let of = |status| Haircut { status, ..*calm() }.is_suspended();
    assert_eq!([status::ACTIVE, status::SUSPENDED, status::WINDING_DOWN].map(of), [false, true, true]);
}

#[test]
fn a_wind_down_takes_effect_at_its_time() {
    let of = |status| {
        let held = Haircut { status, counts_until: 1_000, ..*calm() };
        [999, 1_000, 1_001].map(|now| held.is_wound_down(now))
    };
    assert_eq!(of(status::WINDING_DOWN), [false, true, true]);
    assert_eq!(of(status::SUSPENDED), [false; 3]);
    assert_eq!(of(status::ACTIVE), [false; 3]);
}

#[test]
fn first_reading_starts_at_base() {
    let first = read(resting(), &[STRESS], 1_000_000);
    assert_eq!((first.current, first.target, first.signal), (20_000, 20_000, 80_000));
    let (previous, reading) = (Reading { slot: 100_000, ..STRESS }, Reading { slot: 100_001, ..STRESS });
    let followed = Haircut::resting(CURVE.base).after(&CURVE, reading, Some(previous), 1_000_010);
    assert_eq!((followed.current, followed.target), (20_000, 20_000), "another asset's feed had rounds before");
}

#[test]
fn one_slot_alone_never_tightens() {
    let after = read(calm(), &[STRESS, CALM, STRESS, CALM], 3_600);
    assert_eq!((after.current, after.target, after.for_new()), (20_000, 20_000, 20_000));
}

#[test]
fn two_slots_tighten_to_the_lower_of_them() {
    let milder = Reading { price: 98_000_000, ..CALM };
    let after = read(calm(), &[STRESS, milder], 10);
    assert_eq!((after.current, after.target, after.for_new()), (20_138, 60_000, 60_000));
}

#[test]
fn an_hour_moves_five_points_up() {
    let after = read(calm(), &[STRESS], 10);
    assert_eq!(read(after, &[STRESS; 360], 10).current, 70_000);
    assert_eq!(
        *read(after, &[STRESS; 500], 10),
        Haircut { slot: 100_501, moved_at: 1_005_010, ..*read(after, &[STRESS; 440], 10) }
    );
    assert_eq!(read(after, &[STRESS; 500], 10).current, 80_000);
}

#[test]
fn three_days_move_half_a_point_down() {
    let tight = Followed(Haircut { current: 80_000, target: 80_000, signal: 80_000, ..*calm() }, Some(STRESS));
    assert_eq!(read(tight, &[CALM; 25_920], 10).current, 75_000);
    assert_eq!(read(tight, &[CALM; 1_000], 259_200).current, 20_000);
}

#[test]
fn rest_earns_no_credit() {
    let rested = read(read(calm(), &[CALM; 3], 1_000_000), &[STRESS, STRESS], 10);
    assert_eq!(rested.current, 20_138);
}

/// Two rounds that nobody else synced are worth what they span, whoever waited and however long.
#[test]
fn rounds_that_nobody_synced_earn_no_credit() {
    let (previous, reading) = (Reading { slot: 100_500, ..STRESS }, Reading { slot: 100_501, ..STRESS });
    let late = calm().after(&CURVE, reading, Some(previous), 1_000_000 + 36_000);
    assert_eq!((late.current, late.target), (20_277, 80_000));
    let older = Reading { slot: 100_400, ..STRESS };
    assert_eq!(
        calm().after(&CURVE, reading, Some(older), 1_000_000 + 36_000).current,
        20_000 + 102 * 10 * 50_000 / 3_600
    );
}

/// Which rounds were synced says nothing: the one before decides.
#[test]
fn the_round_before_confirms_synced_or_not() {
    let spike = read(calm(), &[STRESS], 10);
    let (between, again) = (Reading { slot: spike.slot + 49, ..CALM }, Reading { slot: spike.slot + 50, ..STRESS });
    let after = spike.after(&CURVE, again, Some(between), spike.moved_at + 500);
    assert_eq!((after.current, after.target), (20_000, 20_000));
    let alone = spike.after(&CURVE, again, None, spike.moved_at + 500);
    assert_eq!((alone.current, alone.target), (20_000, 20_000));
}

/// Fuller reports of a slot take the place of those that were synced before them.
#[test]
fn a_slot_may_be_read_again() {
    let before = read(calm(), &[STRESS], 10);
    let hidden = before.after(&CURVE, Reading { slot: before.slot + 1, ..CALM }, before.1, before.moved_at + 10);
    assert_eq!(hidden.target, 20_000);
    let shown = hidden.after(&CURVE, Reading { slot: before.slot + 1, ..STRESS }, before.1, hidden.moved_at + 1);
    assert_eq!((shown.target, shown.current), (80_000, 20_013));
}

/// Whoever syncs a calm reading before the fuller one of every slot takes no time from the tightening.
#[test]
fn a_passing_reading_takes_no_time() {
    let mut held = read(calm(), &[STRESS, STRESS], 10);
    for _ in 0..359 {
        let slot = held.slot + 1;
        let passing = held.after(&CURVE, Reading { slot, ..CALM }, held.1, held.moved_at + 10);
        let reading = Reading { slot, ..STRESS };
        held = Followed(passing.after(&CURVE, reading, held.1, passing.moved_at), Some(reading));
    }
    // Of each slot less than a ppm is lost.
    assert_eq!((held.target, held.current), (80_000, 20_000 + 360 * 138 + 1));
}

/// Likewise of a loosening that a passing doubt holds.
#[test]
fn a_hold_takes_no_time_from_a_loosening() {
    let tight = Followed(Haircut { current: 50_000, target: 50_000, signal: 20_000, ..*calm() }, Some(CALM));
    let loosening = read(tight, &[CALM], 520);
    let held = read(loosening, &[STRESS], 520);
    assert_eq!((loosening.current, held.current, held.target, held.fraction), (49_990, 49_980, 49_980, 0));
}

/// A movement does not go on through a gap in which nobody knows.
#[test]
fn a_gap_ends_a_movement() {
    let held = read(calm(), &[STRESS, STRESS], 10);
    let reading = Reading { slot: held.slot + 3_600, ..CALM };
    let after = held.after(&CURVE, reading, None, held.moved_at + 36_000);
    assert_eq!((after.current, after.target), (20_000, 20_000), "loosened");
}

#[test]
fn turning_back_drops_the_fraction() {
    let tightening = read(calm(), &[STRESS, STRESS], 10);
    assert_eq!(tightening.fraction, 3_200);
    let turned = read(tightening, &[CALM], 10);
    assert_eq!((turned.current, turned.target, turned.fraction), (20_277, 20_000, 0));
    let loosening = read(turned, &[CALM], 51);
    assert_eq!((loosening.current, loosening.fraction), (20_277, 255_000));
}

#[test]
fn last_slot_calling_for_more_holds_a_loosening() {
    let tight = Followed(Haircut { current: 50_000, target: 50_000, signal: 20_000, ..*calm() }, Some(CALM));
    let held = read(tight, &[STRESS], 259_200);
    assert_eq!((held.current, held.target), (50_000, 50_000));
}

fn reading() -> impl Strategy<Value = Reading> {
    let price = prop_oneof![90_000_000..=101_000_000u64, any::<u64>()];
    let ppm = prop_oneof![0..=PPM, any::<u32>()];
    (price, ppm.clone(), ppm).prop_map(|(price, dispersion, confidence)| Reading {
        slot: 0,
        price,
        dispersion,
        confidence,
    })
}

fn curve() -> impl Strategy<Value = Curve> {
    let bounds = vec(0..PPM, 3).prop_map(|mut bounds| {
        bounds.sort_unstable();
        bounds
    });
    (bounds, any::<[u32; 3]>()).prop_map(|(bounds, slopes)| Curve {
        floor: bounds[0],
        base: bounds[1],
        cap: bounds[2],
        deviation: slopes[0] % 10_000_000,
        dispersion: slopes[1] % 10_000_000,
        confidence: slopes[2] % 10_000_000,
    })
}

proptest! {
    /// Invariant 7: never outside [floor, cap], never faster than the clock, whatever the readings.
    #[test]
    fn invariant_bounds_and_clock(curve in curve(), steps in vec((reading(), 0..20_000u64), 1..80)) {
        let mut path = Vec::from([Haircut { moved_at: 1_000, ..Haircut::resting(curve.base) }]);
        let mut previous = None;
        for (reading, seconds) in steps {
            let held = path[path.len() - 1];
            let reading = Reading { slot: held.slot + 1 + seconds / 10, ..reading };
            path.push(held.after(&curve, reading, previous, held.moved_at + seconds));
            previous = Some(reading);
        }
        for (at, from) in path.iter().enumerate() {
            prop_assert!(curve.floor <= from.current && from.current <= curve.cap);
            prop_assert!(curve.floor <= from.target && from.target <= curve.cap);
            for to in &path[at..] {
                let elapsed = u128::from(to.moved_at - from.moved_at);
                let (up, down) = (to.current.saturating_sub(from.current), from.current.saturating_sub(to.current));
                // A fraction earned before `from` may complete one ppm after it.
                prop_assert!(u128::from(up.saturating_sub(1)) * 3_600 <= elapsed * 50_000);
                prop_assert!(u128::from(down.saturating_sub(1)) * 259_200 <= elapsed * 5_000);
            }
        }
    }

    /// What tightens was called for by this round and by the one before, whichever of them were synced.
    #[test]
    fn invariant_two_rounds_persist(curve in curve(), steps in vec((reading(), 0..20_000u64, any::<bool>()), 2..40)) {
        let (mut held, mut previous) = (Haircut::resting(curve.base), None);
        for ((reading, seconds, synced), slot) in steps.into_iter().zip(1..) {
            let reading = Reading { slot, ..reading };
            if synced {
                let next = held.after(&curve, reading, previous, held.moved_at + seconds);
                if next.for_new() > held.for_new() {
                    prop_assert!(next.for_new() <= previous.map_or(0, |previous| curve.signal_up(previous)).min(next.signal));
                }
                held = next;
            }
            previous = Some(reading);
        }
    }
}
