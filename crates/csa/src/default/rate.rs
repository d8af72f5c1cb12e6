//! What a part of a failed account's book costs whoever takes it: a rate of its requirement, that falls while a round runs.
use super::parameters::Parameters;

const PPM: i128 = abi::PPM as i128;
/// What a taker may be charged beyond what its limit makes due: fills round.
const ROUNDING: i64 = 1_000_000;

/// What a taker may be charged, in micro-USD; below zero it is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// What the rate makes due.
    pub least: i64,
    /// What the limit makes due, and 1 USD.
    pub most: i64,
}

/// A bid as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Units that it asks for.
    pub units: u32,
    /// The highest rate that it accepts, in ppm of the requirement.
    pub limit: i32,
}

/// The rate after `elapsed` seconds that count, in ppm: from the start down to the floor below zero, and there it stays.
/// `None` where a round takes no time.
pub fn rate(parameters: &Parameters, elapsed: u64) -> Option<i32> {
    let span = u64::from(parameters.start).checked_add(parameters.floor.into())?;
    let run = elapsed.min(parameters.round.into());
    let fallen = span.checked_mul(run)?.checked_div(parameters.round.into())?;
    i32::try_from(i64::from(parameters.start).checked_sub(i64::try_from(fallen).ok()?)?).ok()
}

/// What `rate` makes due of a slice's requirement, in micro-USD: a taker pays no less than the exact part and is paid no more.
pub fn due_up(requirement: u64, rate: i32) -> Option<i64> {
    let product = i128::from(requirement).checked_mul(rate.into())?;
    // `div_euclid` rounds down, so the negated product is rounded up.
    i64::try_from(product.checked_neg()?.div_euclid(PPM).checked_neg()?).ok()
}

/// What fills may charge the taker of a slice at `rate`. `None` where its limit is below the rate.
pub fn bounds(requirement: u64, rate: i32, limit: i32) -> Option<Bounds> {
    if rate > limit {
        return None;
    }
    Some(Bounds { least: due_up(requirement, rate)?, most: due_up(requirement, limit)?.checked_add(ROUNDING)? })
}

impl Bounds {
    /// Whether a charge is within them.
    pub fn allow(&self, charged: i64) -> bool {
        self.least <= charged && charged <= self.most
    }
}

/// Which of `bids` is first at `rate`: the highest limit, of equal ones the first to come. One for more units than are left
/// is not first: a bid is taken whole.
pub fn best(bids: &[Bid], rate: i32, left: u32) -> Option<usize> {
    let takes = |bid: &Bid| bid.limit >= rate && bid.units != 0 && bid.units <= left;
    let fit = bids.iter().enumerate().filter(|(_, bid)| takes(bid));
    fit.reduce(|first, bid| if bid.1.limit > first.1.limit { bid } else { first }).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_from_the_start_to_the_floor() {
        let rates = [0, 1, 900, 1_799, 1_800, 9_000].map(|at| rate(&Parameters::default(), at).unwrap());
        assert_eq!(rates, [20_000, 19_823, -140_000, -299_822, -300_000, -300_000]);
        assert_eq!(rate(&Parameters { round: 0, ..Parameters::default() }, 0), None);
    }

    #[test]
    fn a_taker_pays_rounded_up_and_is_paid_rounded_down() {
        assert_eq!([due_up(101, 20_000), due_up(101, -20_000), due_up(101, 0)], [Some(3), Some(-2), Some(0)]);
        assert_eq!([due_up(100, 20_000), due_up(100, -20_000)], [Some(2), Some(-2)]);
        assert_eq!(due_up(u64::MAX, 2_000_000), None);
    }

    #[test]
    fn a_charge_is_what_the_rate_makes_due_to_what_the_limit_does() {
        let bounds = bounds(1_000_000_000, -50_000, 10_000).unwrap();
        assert_eq!(bounds, Bounds { least: -50_000_000, most: 11_000_000 });
        let allowed = [-50_000_001, -50_000_000, 11_000_000, 11_000_001].map(|charged| bounds.allow(charged));
        assert_eq!(allowed, [false, true, true, false]);
        assert_eq!(super::bounds(1_000_000_000, 10_001, 10_000), None);
    }

    #[test]
    fn the_best_bid_is_the_highest_limit_then_the_first() {
        let bid = |units, limit| Bid { units, limit };
        let bids = [bid(1, -10), bid(2, 5), bid(1, 5), bid(4, 9), bid(0, 20)];
        assert_eq!([best(&bids, 0, 4), best(&bids, 0, 3), best(&bids, 0, 1)], [Some(3), Some(1), Some(2)]);
        assert_eq!([best(&bids, 10, 4), best(&bids, 6, 3), best(&bids, -10, 0)], [None; 3]);
    }
}
