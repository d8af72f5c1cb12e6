//! Lists in the ABI's encoding, word by word: what encodes them in general would be a tenth of the program.
use alloy_primitives::Address;
use contract_kit::words::Writer;

/// Where a list begins, in bytes: after so many words of the head, and of lists before it.
pub fn offset(heads: u64, items: usize) -> u64 {
    heads.saturating_add(items as u64).saturating_mul(32)
}

/// A list's number of items, and they.
#[inline(never)]
pub fn addresses(out: Writer, items: &[Address]) -> Writer {
    items.iter().fold(out.uint(items.len() as u64), |out, item| out.address(*item))
}

/// The same of numbers.
#[inline(never)]
pub fn numbers(out: Writer, items: &[u64]) -> Writer {
    items.iter().fold(out.uint(items.len() as u64), |out, item| out.uint(*item))
}
