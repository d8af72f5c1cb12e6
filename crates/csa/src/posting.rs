//! `P`: what an account's collateral counts for.
use crate::custody::share_down;
use crate::value::{Lots, credit_down, value_at_most_up, value_down};
use abi::escrow::WHOLE;
use abi::registry::Valuation;

/// One asset of an account.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// What is held of it.
    pub lots: Lots,
    /// Lots that came in while a claim was open and the asset had no price.
    pub late: u64,
    /// What the registry says of it.
    pub valuation: &'a Valuation,
    /// What a lot counts for, in 1e-9: less than [`WHOLE`] of an impaired asset.
    pub ratio: u64,
    /// It counts for nothing any more.
    pub recalled: bool,
}

impl Holding<'_> {
    /// `V`, micro-USD: of an impaired asset its share.
    pub fn value(&self) -> u64 {
        let face = value_down(self.lots, self.valuation);
        if self.ratio == WHOLE { face } else { share_down(face, self.ratio) }
    }
}

/// An account's collateral at given valuations, in micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posting {
    /// `P`.
    pub posted: u64,
    /// The part of it with fresh valuations: a token without a fresh price can neither back new risk nor block it.
    pub fresh: u64,
    /// The most that the rest can come to, whatever its price is now; without what came late.
    pub stale_at_most: u64,
    /// `Σ V`, before concentration limits.
    pub value: u64,
    /// What would be credited for what is recalled and counts for nothing any more.
    pub recalled: u64,
}

impl Posting {
    /// `P` at the highest prices that stale valuations leave room for.
    pub fn at_most(&self) -> u64 {
        self.fresh.saturating_add(self.stale_at_most)
    }
}

/// Of all holdings against a requirement `C`; a valuation of a slot before `oldest` is stale.
pub fn posting<'a>(holdings: impl IntoIterator<Item = Holding<'a>>, required: u64, oldest: u64) -> Posting {
    let mut sum = Posting::default();
    for holding in holdings {
        sum.add(&holding, required, oldest);
    }
    sum
}

impl Posting {
    /// Adds one holding against a requirement `C`, micro-USD; a valuation of a slot before `oldest` is stale.
    pub fn add(&mut self, holding: &Holding<'_>, required: u64, oldest: u64) {
        let Holding { lots, late, valuation, recalled, .. } = *holding;
        let value = holding.value();
        let credit = credit_down(value, valuation.concentrationLimit, required);
        if recalled {
            self.recalled = self.recalled.saturating_add(credit);
            return;
        }
        self.value = self.value.saturating_add(value);
        self.posted = self.posted.saturating_add(credit);
        if valuation.slot >= oldest {
            self.fresh = self.fresh.saturating_add(credit);
        } else {
            let early = Lots { all: lots.all.saturating_sub(late), stressed: 0 };
            let most = credit_down(value_at_most_up(early, valuation), valuation.concentrationLimit, required);
            self.stale_at_most = self.stale_at_most.saturating_add(most);
        }
    }
}

const TOKEN: u64 = 1_000_000;

/// Lots that came late, in whole tokens, after `paid` of the `held + paid` lots paid what was owed: a debt is paid from what came in for
/// it, so what was there before the demand shields as before.
pub fn late_left_up(late: u64, paid: u64, held: u64) -> u64 {
    let there = held.div_ceil(TOKEN).saturating_mul(TOKEN);
    late.saturating_sub(paid.saturating_sub(paid % TOKEN)).min(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valuation(slot: u64) -> Valuation {
        Valuation {
            slot,
            factor: 900_000_000,
            factorNew: 900_000_000,
            concentrationLimit: 500_000,
            suspended: false,
            priceCap: 100,
        }
    }

    fn holding<'a>(valuation: &'a Valuation, all: u64) -> Holding<'a> {
        Holding { lots: Lots { all, stressed: 0 }, late: 0, valuation, ratio: WHOLE, recalled: false }
    }

    #[test]
    fn what_is_fresh_counts_and_the_rest_may() {
        let (new, old) = (valuation(10), valuation(9));
        let sum = posting([holding(&new, 100), holding(&old, 200)], 1_000, 10);
        assert_eq!(sum, Posting { posted: 270, fresh: 90, stale_at_most: 200, value: 270, recalled: 0 });
        assert_eq!(sum.at_most(), 290);
    }

    #[test]
    fn what_came_late_without_a_price_is_worth_nothing_at_most() {
        let old = valuation(9);
        let late = Holding { late: 150, ..holding(&old, 200) };
        assert_eq!(posting([late], 1_000, 10).stale_at_most, 50);
        assert_eq!(posting([Holding { late: u64::MAX, ..late }], 1_000, 10).stale_at_most, 0);
        let new = valuation(10);
        assert_eq!(posting([Holding { valuation: &new, ..late }], 1_000, 10).fresh, 180, "with a price it counts");
    }

    #[test]
    fn what_is_priced_above_a_dollar_counts_up_to_its_cap() {
        let share =
            |slot| Valuation { factor: 9_810_000_000, factorNew: 9_810_000_000, priceCap: 1_200, ..valuation(slot) };
        let (new, old) = (share(10), share(9));
        let sum = posting([holding(&new, 100), holding(&old, 200)], 10_000, 10);
        assert_eq!((sum.fresh, sum.posted, sum.stale_at_most), (981, 981 + 1_962, 2_400));
        assert_eq!(posting([holding(&old, 1_000)], 10_000, 10).stale_at_most, 5_000, "no more than its share");
    }

    #[test]
    fn a_concentration_limit_caps_what_counts() {
        let new = valuation(10);
        assert_eq!(posting([holding(&new, 1_000)], 1_000, 10).posted, 500);
        assert_eq!(posting([holding(&new, 1_000)], 1_000, 10).value, 900);
    }

    #[test]
    fn what_is_recalled_is_told_apart() {
        let new = valuation(10);
        let sum = posting([Holding { recalled: true, ..holding(&new, 100) }], 1_000, 10);
        assert_eq!(sum, Posting { recalled: 90, ..Posting::default() });
    }

    #[test]
    fn an_impaired_asset_counts_for_its_share() {
        let new = valuation(10);
        assert_eq!(posting([Holding { ratio: WHOLE / 2, ..holding(&new, 100) }], 1_000, 10).posted, 45);
    }

    #[test]
    fn a_debt_is_paid_from_what_came_late() {
        assert_eq!(late_left_up(50 * TOKEN, 30 * TOKEN, 120 * TOKEN), 20 * TOKEN);
        assert_eq!(late_left_up(51 * TOKEN, 50 * TOKEN + 1, 100 * TOKEN), TOKEN, "a part of a token stays late");
        assert_eq!(late_left_up(5 * TOKEN, 0, TOKEN + 1), 2 * TOKEN, "no more than is held");
        assert_eq!(late_left_up(u64::MAX, 7 * TOKEN, 3 * TOKEN), 3 * TOKEN, "all of it");
        assert_eq!(late_left_up(0, 7, u64::MAX), 0);
    }
}
