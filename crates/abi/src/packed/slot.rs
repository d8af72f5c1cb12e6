//! Calldata of the oracle's `submit`, and what its event says of a slot.
use super::list::Packed;
use super::{Malformed, Reader, Reports, Signature};
use crate::oracle::{ReporterSet, Round};
use crate::types::SlotReport;
use alloc::vec::Vec;
use alloy_primitives::B256;

/// Calldata of `submit`: the reporter set whose hash the oracle holds, what reporters signed of one slot, and their signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedSlot {
    /// The governed set.
    pub set: ReporterSet,
    /// What they signed.
    pub reports: Reports,
    /// One for each report, in order.
    pub signatures: Vec<Signature>,
    /// Feeds whose rounds the caller wants answered: what a contract asks. From a wallet none.
    pub asked: Vec<B256>,
}

impl SignedSlot {
    /// Of signed messages, each with its reporter's place in the set, in any order. `None` where a message is of another slot, is
    /// not in order or does not fit.
    pub fn of(set: ReporterSet, slot: u64, mut messages: Vec<(u8, SlotReport, Signature)>) -> Option<Self> {
        messages.sort_by_key(|(reporter, ..)| *reporter);
        let signatures = messages.iter().map(|(.., signature)| *signature).collect();
        let unsigned: Vec<_> = messages.into_iter().map(|(reporter, message, _)| (reporter, message)).collect();
        Some(Self { set, reports: Reports::of(slot, &unsigned)?, signatures, asked: Vec::new() })
    }

    /// Bytes that follow the selector of `submit`. `None` where something is out of order or does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        ReporterSet::write(&self.set, &mut out)?;
        self.reports.write(&mut out)?;
        self.signatures.iter().for_each(|signature| out.extend_from_slice(signature));
        self.asked.iter().for_each(|feed| out.extend_from_slice(&feed.0));
        (self.signatures.len() == self.reports.reports.len()).then_some(out)
    }

    /// Bytes that follow the selector of the registry's `submitAndSync`: those of `submit`, then the bitmap of the assets.
    pub fn encode_and_sync(&self, assets: u16) -> Option<Vec<u8>> {
        let mut out = self.encode()?;
        out.extend_from_slice(&assets.to_be_bytes());
        Some(out)
    }

    /// Reads what [`SignedSlot::encode`] wrote, and nothing after it; with the bytes of the reports.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), Malformed> {
        let mut reader = Reader::new(bytes);
        let set = <ReporterSet as Packed>::read(&mut reader);
        let from = reader.at();
        let reports = Reports::read(&mut reader);
        let body = bytes.get(from..reader.at()).unwrap_or_default();
        // Of malformed reports nothing more is read.
        let count = reader.fault().map_or(reports.reports.len(), |_| 0);
        let signatures = reader.many(count, Reader::array);
        let mut asked = Vec::new();
        while reader.fault().is_none() && !reader.is_at_end() {
            asked.push(reader.hash());
        }
        reader.end()?;
        Ok((Self { set, reports, signatures, asked }, body))
    }

    /// [`SignedSlot::read`] without the bytes.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::read(bytes).map(|(slot, _)| slot)
    }
}

/// What `SlotTaken` says: who said what, and what came of it.
///
/// The reports as [`Reports::write`] has them; which root was committed, u8: 0 none, *k* the *k*th; then of each feed what the
/// slot's round became: price u64, confidence u32, dispersion u32, votes u8, dropped u8, all zero where nothing was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenSlot {
    /// Who said what.
    pub reports: Reports,
    /// 0, or a place among the roots, counted from 1.
    pub committed: u8,
    /// One for each feed; price zero: passed over.
    pub outcomes: Vec<Round>,
}

impl TakenSlot {
    /// Appends what follows the reports.
    pub fn write_outcomes<'r>(committed: u8, outcomes: impl Iterator<Item = Option<&'r Round>>, out: &mut Vec<u8>) {
        out.push(committed);
        for outcome in outcomes {
            let Some(Round { price, confidence, dispersion, votes, dropped, .. }) = outcome else {
                out.extend_from_slice(&[0; OUTCOME]);
                continue;
            };
            out.extend_from_slice(&price.to_be_bytes());
            out.extend_from_slice(&confidence.to_be_bytes());
            out.extend_from_slice(&dispersion.to_be_bytes());
            out.extend_from_slice(&[*votes, *dropped]);
        }
    }

    /// Reads the event's bytes, and nothing after them.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let reports = Reports::read(&mut reader);
        let committed = reader.u8();
        reader.require(usize::from(committed) <= reports.roots.len());
        let slot = reports.slot;
        let outcomes = reader.many(reports.feeds.len(), |reader| Round {
            slot,
            price: reader.u64(),
            confidence: reader.u32(),
            dispersion: reader.u32(),
            votes: reader.u8(),
            dropped: reader.u8(),
        });
        reader.end()?;
        Ok(Self { reports, committed, outcomes })
    }

    /// Feeds with the rounds that the slot has from here on.
    pub fn rounds(&self) -> impl Iterator<Item = (B256, &Round)> {
        let kept = self.reports.feeds.iter().copied().zip(&self.outcomes);
        kept.filter(|(_, round)| round.price != 0)
    }

    /// The root that was committed, where one was.
    pub fn root(&self) -> Option<B256> {
        Some(self.reports.root(self.committed)).filter(|root| !root.is_zero())
    }
}

const OUTCOME: usize = 18;
