//! How many accounts a program takes, and what is left of them.

use super::activation::limits::{CODE, FRAGMENT_PREFIX, PREFIX};

/// Fragments of a program whose whole code is `code_len` bytes long; none where one account takes it. The deployment splits by the
/// same rule: each fragment is filled.
pub fn count(code_len: usize) -> usize {
    if code_len <= CODE { 0 } else { (code_len - PREFIX).div_ceil(CODE - FRAGMENT_PREFIX) }
}

/// Bytes by which the whole code may grow until it takes more than so many accounts.
pub fn left(code_len: usize, accounts: usize) -> usize {
    let most = if accounts < 2 { CODE } else { accounts * (CODE - FRAGMENT_PREFIX) + PREFIX };
    most.saturating_sub(code_len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fragment_is_filled() {
        let full = CODE - FRAGMENT_PREFIX;
        assert_eq!([count(CODE), count(CODE + 1), count(PREFIX + full), count(PREFIX + full + 1)], [0, 1, 1, 2]);
        assert_eq!([count(PREFIX + 4 * full), count(PREFIX + 4 * full + 1)], [4, 5]);
    }

    #[test]
    fn what_is_left_is_used_up_before_another_account_is_taken() {
        for (code, accounts) in [(20_000, 1), (40_000, 2), (40_000, 4)] {
            let whole = code + left(code, accounts);
            assert!(count(whole).max(1) <= accounts && count(whole + 1) > accounts.min(count(whole)));
            assert_eq!(left(whole, accounts), 0);
        }
    }
}
