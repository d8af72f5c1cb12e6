//! Calldata of the oracle's `submit`.
use super::list::Packed;
use super::{Malformed, Reader, Signature};
use crate::oracle::{Reporter, ReporterSet};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};

/// One reporter's signed price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Place of the reporter in the set.
    pub reporter: u8,
    /// 1e-8 USD.
    pub price: u64,
    /// How far its sources agree, ppm.
    pub confidence: u32,
    /// Over feed, slot, price and confidence.
    pub signature: Signature,
}

/// The reports of one feed and slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// What the price is of.
    pub feed: B256,
    /// When it is of.
    pub slot: u64,
    /// At most 255; one for each source group counts.
    pub reports: Vec<Report>,
}

/// Calldata of `submit`: the reporter set whose hash the oracle holds, and rounds of any feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// The governed set.
    pub set: ReporterSet,
    /// At most 255.
    pub rounds: Vec<Round>,
}

packed! {
    #[inline(always)]
    Reporter {
        signer: Address,
        group: u16,
    }
    #[inline(always)]
    ReporterSet {
        quorum: u8,
        bandPpm: u32,
        maxAgeSlots: u16,
        reporters: Reporter in u8,
    }
    #[inline(always)]
    Rounds {
        set: ReporterSet,
        rounds: Round in u8,
    }
    #[inline(always)]
    Round {
        feed: B256,
        slot: u64,
        reports: Report in u8,
    }
    #[inline(always)]
    Report {
        reporter: u8,
        price: u64,
        confidence: u32,
        signature: Signature,
    }
}

/// What the oracle commits to: `keccak256` of the packed set.
pub fn reporter_set_hash(set: &ReporterSet) -> Option<B256> {
    let mut out = Vec::new();
    ReporterSet::write(set, &mut out)?;
    Some(keccak256(out))
}

impl Rounds {
    /// Bytes that follow the selector of `submit`. `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        Self::write(self, &mut out)?;
        Some(out)
    }

    /// Reads what [`Rounds::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let rounds = Self::read(&mut reader);
        reader.end()?;
        Ok(rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_survive_the_round_trip() {
        let report = Report { reporter: 4, price: 11_000_000_000_000, confidence: 1_000_000, signature: [7; 64] };
        let rounds = Rounds {
            set: ReporterSet {
                quorum: 3,
                bandPpm: 20_000,
                maxAgeSlots: 6,
                reporters: alloc::vec![Reporter { signer: Address::repeat_byte(1), group: 9 }],
            },
            rounds: alloc::vec![Round { feed: B256::repeat_byte(2), slot: 5, reports: alloc::vec![report] }],
        };
        assert_eq!(Rounds::decode(&rounds.encode().unwrap()), Ok(rounds));
    }
}
