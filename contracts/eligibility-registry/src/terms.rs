//! What an asset's terms must be. Pure.
use crate::haircut::Curve;
use abi::{
    PPM,
    registry::{AssetTerms, class},
};
use contract_kit::args::Args;

/// Beyond it the units of all lots of 64 bits would not fit 128.
const MAX_DECIMALS: u8 = 24;

/// What the owner may change of a listed asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub curve: Curve,
    /// The concentration limit.
    pub limit: u32,
    /// Cents of a USD.
    pub price_cap: u32,
}

impl Rule {
    /// Whether collateral may count for more by any term than by those before.
    pub fn loosens(&self, before: &Self) -> bool {
        self.limit > before.limit || self.price_cap > before.price_cap || self.curve.is_below(&before.curve)
    }
}

/// A known class, and a rule that is one.
pub fn valid(terms: &AssetTerms) -> bool {
    !terms.token.is_zero()
        && !terms.feed.is_zero()
        && matches!(terms.class, class::STABLECOIN | class::TOKENIZED_CASH | class::FUND_SHARE)
        && terms.decimals <= MAX_DECIMALS
        && valid_rule(&rule(terms), terms.class)
}

/// floor ≤ base ≤ cap < 100 %, and a limit that is one; 1 USD at most, or of a fund's shares the cap that the owner sets, who says of
/// no par that they deviate from.
pub fn valid_rule(rule: &Rule, class: u8) -> bool {
    let Rule { curve, limit, price_cap } = rule;
    let priced = if class == class::FUND_SHARE {
        (class::PAR..=class::MOST_PRICE).contains(price_cap) && curve.deviation == 0
    } else {
        *price_cap == class::PAR
    };
    priced && (curve.floor..=curve.cap).contains(&curve.base) && curve.cap < PPM && (1..=PPM).contains(limit)
}

pub fn rule(terms: &AssetTerms) -> Rule {
    let curve = Curve {
        base: terms.baseHaircut,
        floor: terms.floor,
        cap: terms.cap,
        deviation: terms.deviationSlope,
        dispersion: terms.dispersionSlope,
        confidence: terms.confidenceSlope,
    };
    Rule { curve, limit: terms.concentrationLimit, price_cap: terms.priceCap }
}

pub fn read(args: &Args<'_>) -> AssetTerms {
    let args = args.exactly(12);
    AssetTerms {
        token: args.address(0),
        class: args.u8(1),
        decimals: args.u8(2),
        feed: args.word(3),
        baseHaircut: args.u32(4),
        floor: args.u32(5),
        cap: args.u32(6),
        deviationSlope: args.u32(7),
        dispersionSlope: args.u32(8),
        confidenceSlope: args.u32(9),
        concentrationLimit: args.u32(10),
        priceCap: args.u32(11),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256};
    use alloy_sol_types::SolValue;

    fn terms() -> AssetTerms {
        AssetTerms {
            token: Address::repeat_byte(1),
            class: 1,
            decimals: 18,
            feed: B256::repeat_byte(2),
            baseHaircut: 20_000,
            floor: 10_000,
            cap: 200_000,
            deviationSlope: 1,
            dispersionSlope: 2,
            confidenceSlope: 3,
            concentrationLimit: PPM,
            priceCap: class::PAR,
        }
    }

    fn refused(change: impl Fn(&mut AssetTerms)) -> bool {
        let mut terms = terms();
        change(&mut terms);
        !valid(&terms)
    }

    #[test]
    fn each_bound_is_checked() {
        assert!(valid(&terms()));
        assert!(refused(|terms| terms.token = Address::ZERO));
        assert!(refused(|terms| terms.feed = B256::ZERO));
        assert!(refused(|terms| terms.class = 0) && refused(|terms| terms.class = 4));
        assert!(refused(|terms| terms.priceCap = 101) && refused(|terms| terms.priceCap = 99));
        assert!(refused(|terms| terms.decimals = 25));
        assert!(refused(|terms| terms.baseHaircut = 9_999) && refused(|terms| terms.baseHaircut = 200_001));
        assert!(refused(|terms| terms.cap = PPM));
        assert!(refused(|terms| terms.concentrationLimit = 0) && refused(|terms| terms.concentrationLimit = PPM + 1));
    }

    #[test]
    fn a_funds_shares_have_a_cap_and_no_par() {
        let share = |cap, deviation| AssetTerms {
            class: class::FUND_SHARE,
            priceCap: cap,
            deviationSlope: deviation,
            ..terms()
        };
        assert!(valid(&share(1_200, 0)) && valid(&share(class::MOST_PRICE, 0)));
        assert!(!valid(&share(1_200, 1)) && !valid(&share(99, 0)) && !valid(&share(class::MOST_PRICE + 1, 0)));
    }

    #[test]
    fn one_looser_term_loosens() {
        let before = rule(&terms());
        let loosens = |change: fn(&mut AssetTerms)| {
            let mut terms = terms();
            change(&mut terms);
            rule(&terms).loosens(&before)
        };
        assert!(!loosens(|_| ()));
        assert!(!loosens(|terms| {
            (terms.concentrationLimit, terms.priceCap) = (1, 99);
            (terms.baseHaircut, terms.floor, terms.cap) = (20_001, 10_001, 200_001);
            (terms.deviationSlope, terms.dispersionSlope, terms.confidenceSlope) = (2, 3, 4);
        }));
        assert!(loosens(|terms| terms.concentrationLimit += 1) && loosens(|terms| terms.priceCap += 1));
        assert!(loosens(|terms| terms.baseHaircut -= 1) && loosens(|terms| terms.floor -= 1));
        assert!(loosens(|terms| terms.cap -= 1) && loosens(|terms| terms.deviationSlope -= 1));
        assert!(loosens(|terms| terms.dispersionSlope -= 1) && loosens(|terms| terms.confidenceSlope -= 1));
    }

    #[test]
    fn words_are_read_in_the_order_of_the_type() {
        let bytes = terms().abi_encode();
        assert_eq!(read(&Args::new(&bytes)), terms());
    }
}
