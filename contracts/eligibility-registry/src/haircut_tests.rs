use super::*;
use alloc::vec::Vec;
use proptest::{collection::vec, prelude::*};

/// Base 2 points, floor 1, cap 20; slopes that make one point of price two points of haircut.
const CURVE: Curve =
    Curve { base: 20_000, floor: 10_000, cap: 200_000, deviation: 2_000_000, dispersion: 500_000, confidence: 100_000 };
const CALM: Reading = Reading { price: PAR, dispersion: 0, confidence: PPM };
const STRESS: Reading = Reading { price: 97_000_000, dispersion: 0, confidence: PPM };

fn read(haircut: Haircut, readings: &[Reading], seconds: u64) -> Haircut {
    readings.iter().fold(haircut, |held, reading| held.after(&CURVE, *reading, held.slot + 1, held.moved_at + seconds))
}

fn calm() -> Haircut {
    read(Haircut::resting(CURVE.base), &[CALM], 1_000_000)
}

#[test]
fn signal_adds_its_terms_within_the_bounds() {
    assert_eq!(CURVE.signal_up(CALM), 20_000);
    assert_eq!(CURVE.signal_up(STRESS), 80_000);
    assert_eq!(CURVE.signal_up(Reading { dispersion: 10_001, confidence: 900_000, ..CALM }), 20_000 + 5_001 + 10_000);
    assert_eq!(CURVE.signal_up(Reading { price: 65_000_000, ..CALM }), 200_000);
    assert_eq!(CURVE.signal_up(Reading { price: u64::MAX, dispersion: u32::MAX, confidence: u32::MAX }), 200_000);
}

#[test]
fn before_the_first_reading_everything_is_the_base() {
    let resting = Haircut::resting(CURVE.base);
    assert_eq!((resting.current, resting.target, resting.signal, resting.slot), (20_000, 20_000, 20_000, 0));
}

#[test]
fn all_but_an_active_asset_is_suspended() {
    let of = |status| Haircut { status, ..calm() }.is_suspended();
    assert_eq!([status::ACTIVE, status::SUSPENDED, status::WINDING_DOWN].map(of), [false, true, true]);
}

#[test]
fn a_wind_down_takes_effect_at_its_time() {
    let of = |status| {
        let held = Haircut { status, counts_until: 1_000, ..calm() };
        [999, 1_000, 1_001].map(|now| held.is_wound_down(now))
    };
    assert_eq!(of(status::WINDING_DOWN), [false, true, true]);
    assert_eq!(of(status::SUSPENDED), [false; 3]);
    assert_eq!(of(status::ACTIVE), [false; 3]);
}

#[test]
fn first_reading_starts_at_base() {
    let first = read(Haircut::resting(CURVE.base), &[STRESS], 1_000_000);
    assert_eq!((first.current, first.target, first.signal), (20_000, 20_000, 80_000));
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
        read(after, &[STRESS; 500], 10),
        Haircut { slot: 502, moved_at: 1_005_010, ..read(after, &[STRESS; 440], 10) }
    );
    assert_eq!(read(after, &[STRESS; 500], 10).current, 80_000);
}

#[test]
fn three_days_move_half_a_point_down() {
    let tight = Haircut { current: 80_000, target: 80_000, signal: 80_000, ..calm() };
    assert_eq!(read(tight, &[CALM; 25_920], 10).current, 75_000);
    assert_eq!(read(tight, &[CALM; 1_000], 259_200).current, 20_000);
}

#[test]
fn rest_earns_no_credit() {
    let rested = read(read(calm(), &[CALM; 3], 1_000_000), &[STRESS, STRESS], 10);
    assert_eq!(rested.current, 20_138);
}

#[test]
fn turning_back_drops_the_fraction() {
    let tightening = read(calm(), &[STRESS, STRESS], 10);
    assert_eq!(tightening.fraction, 3_200);
    let turned = read(tightening, &[CALM], 51);
    assert_eq!((turned.current, turned.fraction), (20_138, 255_000));
}

#[test]
fn last_slot_calling_for_more_holds_a_loosening() {
    let tight = Haircut { current: 50_000, target: 50_000, signal: 20_000, ..calm() };
    let held = read(tight, &[STRESS], 259_200);
    assert_eq!((held.current, held.target), (50_000, 50_000));
}

fn reading() -> impl Strategy<Value = Reading> {
    let price = prop_oneof![90_000_000..=101_000_000u64, any::<u64>()];
    let ppm = prop_oneof![0..=PPM, any::<u32>()];
    (price, ppm.clone(), ppm).prop_map(|(price, dispersion, confidence)| Reading { price, dispersion, confidence })
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
        for (reading, seconds) in steps {
            let held = path[path.len() - 1];
            path.push(held.after(&curve, reading, held.slot + 1, held.moved_at + seconds));
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

    /// What tightens was called for by this slot and by the one before.
    #[test]
    fn invariant_two_slots_persist(curve in curve(), steps in vec((reading(), 0..20_000u64), 2..40)) {
        let mut held = Haircut::resting(curve.base);
        for (reading, seconds) in steps {
            let next = held.after(&curve, reading, held.slot + 1, held.moved_at + seconds);
            if next.for_new() > held.current {
                prop_assert!(next.for_new() <= held.signal.min(next.signal));
            }
            held = next;
        }
    }
}
