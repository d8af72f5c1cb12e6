//! Units of a transaction.

use super::super::submit::is_unsigned;
use super::{Message, UNITS_PER_BYTE};
use alloy::consensus::TxEnvelope;
use alloy::eips::eip2718::Encodable2718;
use brotlic::{CompressionMode, Quality, WindowSize};

/// The chain's level of compression.
pub const LEVEL: u8 = 1;
const QUALITY: Quality = match Quality::new(LEVEL) {
    Ok(quality) => quality,
    Err(_) => panic!("Brotli has a level 1"),
};

/// Units of `tx`; one without a signature counts as a [`Message`].
pub fn units(tx: &TxEnvelope) -> u64 {
    if is_unsigned(tx) { Message::of(tx).units() } else { UNITS_PER_BYTE * compressed_len(&tx.encoded_2718()) }
}

/// Bytes that are left of `bytes`, by Google's own encoder, which Nitro uses too: others leave other numbers.
pub(super) fn compressed_len(bytes: &[u8]) -> u64 {
    let mut output = vec![0; bytes.len() + bytes.len() / 1024 * 8 + 64];
    let window = WindowSize::default();
    let len = brotlic::compress(bytes, &mut output, QUALITY, window, CompressionMode::Generic);
    // The buffer holds even what does not shrink at all.
    len.unwrap_or(bytes.len()) as u64
}
