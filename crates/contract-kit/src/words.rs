//! Solidity words written: see [`abi::words`].
pub use abi::words::{Put, Writer, encode, limbs};
