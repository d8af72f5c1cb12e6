//! `P`: what an account's collateral counts for, exactly as the escrow computes it.
use super::{Account, Asset, Balance};
use abi::PPM;
use abi::registry::Valuation;
use std::collections::BTreeMap;

/// A factor of one micro-USD a lot.
pub const UNIT_FACTOR: u128 = 1_000_000_000;

/// `V`: micro-USD, each part rounded down; of an impaired asset the share that is left.
pub fn value(balance: &Balance, Asset { valuation, ratio, .. }: &Asset) -> u64 {
    let ordinary = balance.lots.saturating_sub(balance.stressed);
    let face = part(ordinary, valuation.factor).saturating_add(part(balance.stressed, valuation.factorNew));
    part(face, *ratio)
}

fn part(lots: u64, factor: u64) -> u64 {
    narrow(u128::from(lots).saturating_mul(u128::from(factor)) / UNIT_FACTOR)
}

/// Most that an asset may count for at a requirement of `required`.
pub fn concentration_cap(valuation: &Valuation, required: u64) -> u64 {
    narrow(u128::from(required).saturating_mul(u128::from(valuation.concentrationLimit)) / u128::from(PPM))
}

/// Micro-USD that `account` has posted against a requirement of `required`.
pub fn posted(account: &Account, assets: &BTreeMap<u8, Asset>, required: u64) -> u64 {
    let credits = account.balances.iter().filter(|(_, balance)| balance.lots > 0 && !balance.recalled).filter_map(
        |(index, balance)| {
            let asset = assets.get(index)?;
            Some(value(balance, asset).min(concentration_cap(&asset.valuation, required)))
        },
    );
    credits.fold(0, u64::saturating_add)
}

/// Fewest lots worth at least `amount` as a new pledge; `None` where the asset counts for nothing.
pub fn lots_worth(amount: u64, valuation: &Valuation) -> Option<u64> {
    let factor = u128::from(valuation.factor.min(valuation.factorNew));
    let lots = u128::from(amount).checked_mul(UNIT_FACTOR)?;
    (factor > 0).then(|| narrow(lots.div_ceil(factor)))
}

fn narrow(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valuation(factor: u64, factor_new: u64, limit: u32) -> Valuation {
        Valuation { slot: 1, factor, factorNew: factor_new, concentrationLimit: limit, suspended: false }
    }

    fn asset(valuation: Valuation) -> Asset {
        let (token, feed) = (alloy::primitives::Address::ZERO, alloy::primitives::B256::ZERO);
        Asset { index: 0, token, decimals: 6, feed, valuation, ratio: abi::escrow::WHOLE }
    }

    #[test]
    fn each_part_is_valued_with_its_factor_and_rounded_down() {
        let balance = Balance { lots: 1_001, stressed: 500, ..Balance::default() };
        // ⌊501·0.9⌋ + ⌊500·0.8⌋
        let asset = asset(valuation(900_000_000, 800_000_000, PPM));
        assert_eq!(value(&balance, &asset), 450 + 400);
        // ⌊850·0.7⌋
        assert_eq!(value(&balance, &Asset { ratio: 700_000_000, ..asset }), 595);
    }

    #[test]
    fn concentration_cap_is_a_share_of_the_requirement() {
        assert_eq!(concentration_cap(&valuation(0, 0, 250_000), 1_001), 250);
    }

    #[test]
    fn lots_worth_an_amount_are_worth_it() {
        let valuation = valuation(999_999_999, 700_000_001, PPM);
        for amount in [1, 7, 1_000_003, 5_000_000_000] {
            let lots = lots_worth(amount, &valuation).unwrap();
            assert!(part(lots, valuation.factorNew) >= amount);
            assert!(part(lots - 1, valuation.factorNew) < amount);
        }
        assert_eq!(lots_worth(1, &super::tests::valuation(0, 0, PPM)), None);
    }

    #[test]
    fn extreme_figures_saturate() {
        assert_eq!(part(u64::MAX, u64::MAX), u64::MAX);
    }
}
