//! Calldata of the oracle's `submit`.
use super::{Malformed, Reader, Signature, put_address, put_hash};
use crate::oracle::{Reporter, ReporterSet};
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

/// One reporter's signed price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Place of the reporter in the set.
    pub reporter: u8,
    pub price: u64,
    pub confidence: u32,
    pub signature: Signature,
}

/// The reports of one feed and slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub feed: B256,
    pub slot: u64,
    pub reports: Vec<Report>,
}

/// Calldata of `submit`: the reporter set whose hash the oracle holds, and rounds of any feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    pub set: ReporterSet,
    pub rounds: Vec<Round>,
}

/// What the oracle commits to: `keccak256` of the packed set.
pub fn reporter_set_hash(set: &ReporterSet) -> Option<B256> {
    let mut out = Vec::new();
    put_set(&mut out, set)?;
    Some(keccak256(out))
}

pub(super) fn put_set(out: &mut Vec<u8>, set: &ReporterSet) -> Option<()> {
    out.push(set.quorum);
    out.extend_from_slice(&set.bandPpm.to_be_bytes());
    out.extend_from_slice(&set.maxAgeSlots.to_be_bytes());
    out.push(u8::try_from(set.reporters.len()).ok()?);
    for reporter in &set.reporters {
        put_address(out, reporter.signer);
        out.extend_from_slice(&reporter.group.to_be_bytes());
    }
    Some(())
}

pub(super) fn read_set(reader: &mut Reader<'_>) -> ReporterSet {
    let (quorum, band, age, count) = (reader.u8(), reader.u32(), reader.u16(), reader.u8());
    let reporters = reader.many(count.into(), |reader| Reporter { signer: reader.address(), group: reader.u16() });
    ReporterSet { quorum, bandPpm: band, maxAgeSlots: age, reporters }
}

impl Rounds {
    /// Bytes that follow the selector of `submit`. `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        put_set(&mut out, &self.set)?;
        out.push(u8::try_from(self.rounds.len()).ok()?);
        for round in &self.rounds {
            put_hash(&mut out, round.feed);
            out.extend_from_slice(&round.slot.to_be_bytes());
            out.push(u8::try_from(round.reports.len()).ok()?);
            for report in &round.reports {
                out.push(report.reporter);
                out.extend_from_slice(&report.price.to_be_bytes());
                out.extend_from_slice(&report.confidence.to_be_bytes());
                out.extend_from_slice(&report.signature);
            }
        }
        Some(out)
    }

    /// Reads what [`Rounds::encode`] wrote, and nothing after it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let (set, count) = (read_set(&mut reader), reader.u8());
        let rounds = reader.many(count.into(), |reader| {
            let (feed, slot, count) = (reader.hash(), reader.u64(), reader.u8());
            let reports = reader.many(count.into(), |reader| Report {
                reporter: reader.u8(),
                price: reader.u64(),
                confidence: reader.u32(),
                signature: reader.array(),
            });
            Round { feed, slot, reports }
        });
        reader.end()?;
        Ok(Self { set, rounds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

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
