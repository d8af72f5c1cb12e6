use super::*;
use proptest::{collection::vec, prelude::*};

const BAND: u32 = 20_000;

fn votes(prices: &[u64]) -> Votes {
    let mut votes = Votes::default();
    for (place, price) in prices.iter().enumerate() {
        votes.add(Vote { price: *price, confidence: PPM - place as u32 });
    }
    votes
}

fn outcome(prices: &[u64]) -> Option<Outcome> {
    votes(prices).outcome(BAND)
}

#[test]
fn middle_of_an_odd_number() {
    assert_eq!(outcome(&[102, 100, 101]).map(|o| (o.price, o.votes, o.dropped)), Some((101, 3, 0)));
}

#[test]
fn mean_of_the_middle_two_rounds_down() {
    assert_eq!(outcome(&[1_000, 1_003]).map(|o| o.price), Some(1_001));
    assert_eq!(votes(&[u64::MAX, u64::MAX]).outcome(0).map(|o| o.price), Some(u64::MAX));
}

/// The print of 10 October 2025: one venue at 0.65 while four sources stay near 0.99.
#[test]
fn lone_print_is_dropped_and_still_disperses() {
    let round = outcome(&[65_000_000, 99_000_000, 99_200_000, 98_900_000, 99_100_000]);
    let expected = Outcome { price: 99_050_000, confidence: PPM - 3, dispersion: 343_766, votes: 4, dropped: 1 };
    assert_eq!(round, Some(expected));
}

/// No single source decides: of an even number the lower of the middle two counts.
#[test]
fn confidence_is_the_lower_median_of_the_counted() {
    let of = |given: &[(u64, u32)]| {
        let mut votes = Votes::default();
        given.iter().for_each(|(price, confidence)| votes.add(Vote { price: *price, confidence: *confidence }));
        votes.outcome(BAND).map(|outcome| outcome.confidence)
    };
    assert_eq!(of(&[(100, 0), (100, 9), (100, 7)]), Some(7));
    assert_eq!(of(&[(100, 9), (100, 0), (100, 7), (100, 8)]), Some(7));
    assert_eq!(of(&[(100, 4), (100, 9)]), Some(4));
    assert_eq!(of(&[(100, 4), (900, 9), (100, 5), (100, 3)]), Some(4));
}

#[test]
fn band_includes_its_edge() {
    assert_eq!(outcome(&[98_000, 100_000, 102_000]).map(|o| (o.votes, o.dropped)), Some((3, 0)));
    assert_eq!(outcome(&[97_999, 100_000, 102_001]).map(|o| (o.votes, o.dropped)), Some((1, 2)));
}

#[test]
fn two_votes_apart_leave_none() {
    assert_eq!(outcome(&[100, 200]), None);
    assert_eq!(outcome(&[]), None);
}

#[test]
fn dispersion_rounds_up_and_saturates() {
    assert_eq!(votes(&[3, 3, 4]).outcome(BAND).map(|o| o.dispersion), Some(333_334));
    assert_eq!(votes(&[1, 1, u64::MAX]).outcome(BAND).map(|o| o.dispersion), Some(u32::MAX));
}

fn prices() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![vec(1..=u64::MAX, 1..=32), vec(95_000_000..=105_000_000u64, 1..=32)]
}

proptest! {
    #[test]
    fn fuzz_order_of_reports_is_immaterial(list in prices(), band in 0..PPM, seed: u64) {
        let all = |list: &[u64]| list.iter().fold(Votes::default(), |mut votes, price| {
            votes.add(Vote { price: *price, confidence: 9 });
            votes
        });
        let mut shuffled = list.clone();
        shuffled.sort_by_key(|price| price.wrapping_mul(seed | 1));
        prop_assert_eq!(all(&list).outcome(band), all(&shuffled).outcome(band));
    }

    #[test]
    fn fuzz_dropping_agrees_with_its_definition(list in prices(), band in 0..PPM) {
        let mut sorted = list.clone();
        sorted.sort_unstable();
        let of = |s: &[u64]| ((u128::from(s[(s.len() - 1) / 2]) + u128::from(s[s.len() / 2])) / 2) as u64;
        let first = of(&sorted);
        let near = |p: &&u64| u128::from(p.abs_diff(first)) * 1_000_000 <= u128::from(band) * u128::from(first);
        let kept: Vec<u64> = sorted.iter().filter(near).copied().collect();
        let outcome = votes(&list).outcome(band);
        prop_assert_eq!(outcome.is_some(), !kept.is_empty());
        if let Some(outcome) = outcome {
            prop_assert_eq!((outcome.votes, outcome.dropped), (kept.len(), list.len() - kept.len()));
            prop_assert_eq!(outcome.price, of(&kept));
            prop_assert!(kept[0] <= outcome.price && outcome.price <= kept[kept.len() - 1]);
        }
    }

    /// A minority, whatever it says, cannot move the price out of what the majority says.
    #[test]
    fn fuzz_minority_cannot_leave_the_majority(honest in vec(99_000_000..=101_000_000u64, 3..=5), liars in vec(1..=u64::MAX, 0..=2)) {
        let (low, high) = (honest.iter().min().copied(), honest.iter().max().copied());
        let all: Vec<u64> = honest.into_iter().chain(liars).collect();
        let price = outcome(&all).map(|o| o.price);
        prop_assert!(price >= low && price <= high);
    }
}
