//! Amounts as callers see them.

/// Micro-USD, or lots of a token, as a decimal string.
pub fn decimal(micro: u64) -> String {
    signed_decimal(i128::from(micro))
}

/// The same with a sign.
pub fn signed_decimal(micro: i128) -> String {
    let (whole, fraction) = (micro.unsigned_abs() / 1_000_000, micro.unsigned_abs() % 1_000_000);
    let sign = if micro < 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{fraction:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_the_shortest() {
        assert_eq!(decimal(0), "0");
        assert_eq!(decimal(1_500_000), "1.5");
        assert_eq!(decimal(u64::MAX), "18446744073709.551615");
        assert_eq!(signed_decimal(-1), "-0.000001");
    }
}
