//! Amounts of ETH for people.
use alloy::primitives::{U256, utils::format_units};

/// In ETH, rounded up to a billionth, without zeros at the end.
pub fn ether(wei: U256) -> String {
    let gwei = wei.div_ceil(U256::from(1_000_000_000));
    let text = format_units(gwei, 9).unwrap_or_else(|_| gwei.to_string());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short_and_never_too_small() {
        let cases =
            [(0u64, "0"), (1, "0.000000001"), (1_500_000_000_000_000_000, "1.5"), (70_378_343_130_012, "0.000070379")];
        for (wei, text) in cases {
            assert_eq!(ether(U256::from(wei)), text);
        }
        assert_eq!(ether(U256::from(10).pow(U256::from(20))), "100");
    }
}
