//! The margin arithmetic once more, written from the architecture page in wide integers and shared with nothing.

/// One asset of an account as the model sees it.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// All of them.
    pub lots: u64,
    /// Those that are valued with `factor_new`.
    pub stressed: u64,
    /// 1e-9 USD a token.
    pub factor: u64,
    /// The same for new pledges.
    pub factor_new: u64,
    /// Parts per million of `C`.
    pub concentration_limit: u32,
}

/// `C = max(0, requirement + independentAmount − threshold)`.
pub fn required(requirement: u64, independent_amount: u64, threshold: u64) -> u64 {
    let required = i128::from(requirement) + i128::from(independent_amount) - i128::from(threshold);
    required.max(0).try_into().expect("fits")
}

/// Value of one asset in micro-USD, rounded down part by part.
pub fn value(holding: &Holding) -> u128 {
    let ordinary = u128::from(holding.lots - holding.stressed) * u128::from(holding.factor) / 1_000_000_000;
    ordinary + u128::from(holding.stressed) * u128::from(holding.factor_new) / 1_000_000_000
}

/// `P`: each asset counts for at most its share of the requirement.
pub fn posted(holdings: &[Holding], required: u64) -> u64 {
    let credit = |holding: &Holding| {
        let limit = u128::from(holding.concentration_limit) * u128::from(required) / 1_000_000;
        value(holding).min(limit)
    };
    holdings.iter().map(credit).sum::<u128>().try_into().expect("fits")
}

/// Valuation factor of a stablecoin: min(price, 1 USD) · (1 − haircut), 1e-9 USD for 1e-6 token, rounded down.
pub fn factor(price: u64, haircut_ppm: u32) -> u64 {
    let price = u128::from(price.min(100_000_000));
    (price * u128::from(1_000_000 - haircut_ppm) / 100_000).try_into().expect("fits")
}
