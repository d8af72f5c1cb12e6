//! Numbers as words of the ABI.
use alloy_primitives::{B256, U256};

pub fn number(number: u64) -> B256 {
    U256::from(number).into()
}

pub fn integer(number: i64) -> B256 {
    let sign = (number >> 63) as u64;
    U256::from_limbs([number as u64, sign, sign, sign]).into()
}
