//! Calldata of `lapse`.
use super::list::Packed;
use super::{Batch, Malformed, Reader};
use alloc::vec::Vec;
use alloy_primitives::Address;

/// Fills of one venue whose time has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapse {
    /// Who signed the batches.
    pub venue: Address,
    /// The accounts that the fills' places mean, in any order; at most 255.
    pub accounts: Vec<u32>,
    /// At most 255.
    pub batches: Vec<Batch>,
}

packed! {
    Lapse {
        venue: Address,
        accounts: u32 in u8,
        batches: Batch in u8,
    }
}

impl Lapse {
    /// Bytes that follow the selector of `lapse`. `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        Self::write(self, &mut out)?;
        Some(out)
    }

    /// Reads what [`Lapse::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let lapse = Self::read(&mut reader);
        reader.end()?;
        Ok(lapse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::PackedFill;
    use alloy_primitives::B256;

    fn lapse() -> Lapse {
        let fill = PackedFill {
            buyer: 0,
            seller: 1,
            matched_after: 7,
            settle_within: 30_000,
            group: 0,
            terms_hash: B256::repeat_byte(9),
        };
        let batch = Batch {
            first_sequence: 100,
            count: 4,
            previous_batch_hash: B256::ZERO,
            base_time: 1_760_115_600_000,
            fills: alloc::vec![(3, fill)],
            hashes: alloc::vec![B256::repeat_byte(8)],
            signature: [4; 64].into(),
        };
        Lapse { venue: Address::repeat_byte(7), accounts: alloc::vec![12, 5], batches: alloc::vec![batch] }
    }

    #[test]
    fn lapse_survives_the_round_trip() {
        assert_eq!(Lapse::decode(&lapse().encode().unwrap()), Ok(lapse()));
    }

    #[test]
    fn every_truncation_is_malformed() {
        let bytes = lapse().encode().unwrap();
        for end in 0..bytes.len() {
            assert!(Lapse::decode(&bytes[..end]).is_err(), "{end}");
        }
    }
}
