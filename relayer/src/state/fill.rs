//! A venue's trade and the signed batch it came in, as the relayer keeps them.
use abi::packed::{fill_hash, terms_hash};
use abi::types::FillTerms;
use alloy::primitives::{Address, B256};
use risk::{Instrument, Price, Quantity};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Prints and parses as `<venue>-<sequence>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FillId {
    pub venue: Address,
    pub sequence: u64,
}

impl fmt::Display for FillId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.venue, self.sequence)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fill's id is <venue address>-<sequence>, for example 0x00000000000000000000000000000000000000a1-42")]
pub struct NotAFillId;

impl FromStr for FillId {
    type Err = NotAFillId;

    fn from_str(text: &str) -> Result<Self, NotAFillId> {
        let (venue, sequence) = text.rsplit_once('-').ok_or(NotAFillId)?;
        Ok(Self { venue: venue.parse().map_err(|_| NotAFillId)?, sequence: sequence.parse().map_err(|_| NotAFillId)? })
    }
}

/// Milliseconds that a fill is given at least by a venue that means it.
const LEAST: u64 = 2_000;

/// One trade between two accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    pub id: FillId,
    pub buyer: u64,
    pub seller: u64,
    /// Milliseconds since 1970.
    pub matched_at: u64,
    /// Milliseconds since 1970.
    pub settle_by: u64,
    /// 0, or shared by the fills of the batch that settle together.
    pub group: u16,
    pub salt: B256,
    pub instrument: Instrument,
    /// Positive: the buyer's.
    pub quantity: Quantity,
    pub price: Price,
    /// When the journal had it, milliseconds since 1970 of this machine.
    pub accepted_at: u64,
}

impl Fill {
    /// Hash of the private terms; the chain sees nothing else of them.
    pub fn terms_hash(&self) -> B256 {
        let terms = FillTerms {
            salt: self.salt,
            instrument: self.instrument.id(),
            quantity: self.quantity.raw().unsigned_abs(),
            price: self.price.raw(),
        };
        terms_hash(&terms)
    }

    /// The leaf that the venue signed.
    pub fn leaf(&self) -> B256 {
        fill_hash(&abi::types::Fill {
            sequence: self.id.sequence,
            buyerAccount: self.buyer,
            sellerAccount: self.seller,
            matchedAt: self.matched_at,
            settleBy: self.settle_by,
            group: u64::from(self.group),
            termsHash: self.terms_hash(),
        })
    }

    /// Until when the chain settles it, milliseconds: as the venue said, and at most `within` seconds after its match.
    pub fn settles_by(&self, within: u64) -> u64 {
        self.settle_by.min(self.matched_at.saturating_add(within.saturating_mul(1_000)))
    }

    /// Whether it came so late that nobody could have settled it.
    pub const fn had_no_time(&self) -> bool {
        self.settle_by < self.accepted_at.saturating_add(LEAST)
    }

    pub const fn accounts(&self) -> [u64; 2] {
        [self.buyer, self.seller]
    }
}

/// A signed batch; `leaves[i]` is the leaf of `fills[i]`, whose sequence is `first_sequence + i`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub venue: Address,
    pub first_sequence: u64,
    pub previous_batch_hash: B256,
    /// EIP-712 struct hash: the next batch's `previousBatchHash`.
    pub hash: B256,
    /// EIP-2098.
    pub signature: [u8; 64],
    pub fills: Vec<Fill>,
    pub leaves: Vec<B256>,
}

impl Batch {
    /// First sequence after this batch.
    pub fn next_sequence(&self) -> u64 {
        self.first_sequence.saturating_add(self.fills.len() as u64)
    }

    /// The typed data that the venue signs.
    pub fn typed_data(&self) -> abi::types::FillBatch {
        abi::types::FillBatch {
            venue: self.venue,
            firstSequence: self.first_sequence,
            count: self.leaves.len() as u32,
            fillsRoot: abi::merkle::root(&self.leaves),
            previousBatchHash: self.previous_batch_hash,
        }
    }
}

/// A batch and the places taken of it.
pub type Taken = (Arc<Batch>, BTreeSet<u8>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_survives_the_round_trip() {
        let id = FillId { venue: Address::repeat_byte(0xa1), sequence: 42 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("42".parse::<FillId>(), Err(NotAFillId));
        assert_eq!("0xa1-x".parse::<FillId>(), Err(NotAFillId));
    }
}
