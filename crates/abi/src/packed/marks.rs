//! Calldata of the oracle's `submitMarks`.
use super::list::Packed;
use super::{Malformed, Reader, Signature};
use crate::oracle::ReporterSet;
use alloc::vec::Vec;
use alloy_primitives::B256;

/// One reporter's signature over the slot's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarksVote {
    /// Place of the reporter in the set.
    pub reporter: u8,
    /// Over the slot and the root.
    pub signature: Signature,
}

/// Calldata of `submitMarks`: the reporter set whose hash the oracle holds, and who signed one root for one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMarks {
    /// The governed set.
    pub set: ReporterSet,
    /// What the marks are of.
    pub slot: u64,
    /// Of the tree over all marks of the slot.
    pub root: B256,
    /// At most 255; one for each source group counts.
    pub votes: Vec<MarksVote>,
}

packed! {
    #[inline(always)]
    SignedMarks {
        set: ReporterSet,
        slot: u64,
        root: B256,
        votes: MarksVote in u8,
    }
    #[inline(always)]
    MarksVote {
        reporter: u8,
        signature: Signature,
    }
}

impl SignedMarks {
    /// Bytes that follow the selector of `submitMarks`. `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        Self::write(self, &mut out)?;
        Some(out)
    }

    /// Reads what [`SignedMarks::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let marks = Self::read(&mut reader);
        reader.end()?;
        Ok(marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive_the_round_trip() {
        let vote = |reporter| MarksVote { reporter, signature: [reporter; 64] };
        let marks = SignedMarks {
            set: ReporterSet { quorum: 3, bandPpm: 20_000, maxAgeSlots: 6, reporters: Vec::new() },
            slot: 5,
            root: B256::repeat_byte(2),
            votes: alloc::vec![vote(4), vote(0)],
        };
        assert_eq!(SignedMarks::decode(&marks.encode().unwrap()), Ok(marks));
    }
}
