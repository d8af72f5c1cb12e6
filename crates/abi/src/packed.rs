//! Packed calldata: a selector followed by big-endian fields without padding.
//!
//! `settle` is followed by [`Bundle`], `mark` by [`Set`], `lapse` by [`Lapse`], `submit` of the oracle and `submitAndSync` of the
//! registry by [`SignedSlot`], `evaluate` of the verifier by [`Portfolio`], `examine` of the examiner by [`Examination`] and
//! `follow` by [`Following`], `revealPortfolio` by the history before the book, the digest and an [`Examination`], or of a book by a [`Following`].
//! What the contract can know is left out: a statement's `sequence` is the stored one plus one, its
//! `previousHistory` the stored one, its `fillsDigest` follows from the bundle's fills ([`fills_digest`]);
//! a batch's `fillsRoot` follows from its leaves and hashes ([`crate::merkle`]).
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};

#[macro_use]
mod list;
mod bundle;
mod examination;
mod following;
mod lapse;
mod portfolio;
mod reader;
mod reporters;
mod reports;
mod slot;

pub use bundle::{
    Batch, Bundle, Consent, Lifecycle, Move, PackedFill, Set, Statement, fill_hash, fills_digest, lifecycle_digest,
    moves_digest, terms_hash,
};
pub use examination::{Examination, MarksProof, mark_leaves};
pub use following::{Applied, Following, ShownBook, ShownFill, ShownPosition, ShownStep};
pub use lapse::Lapse;
pub use portfolio::{
    FACTORS, PackedExpiry, PackedOption, PackedParameters, PackedScenario, PackedUnderlying, Portfolio, Quote,
};
pub use reader::{Malformed, Reader};
pub use reporters::reporter_set_hash;
pub use reports::{FeedQuote, MOST_REPORTERS, MOST_ROOTS, Report, Reports};
pub use slot::{SignedSlot, TakenSlot};

/// A compact signature (EIP-2098).
pub type Signature = [u8; 64];

/// A key's compact signature, or one as long as a contract wallet wants it (ERC-1271). Packed, 64 bytes are as they lie; any other
/// length follows 60 zeros, with which no key's signature begins, and its number of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed(Vec<u8>);

impl Signed {
    fn encode_into(&self, out: &mut Vec<u8>) -> Option<()> {
        if self.len() != 64 || self.starts_with(&[0; 60]) {
            out.extend_from_slice(&[0; 60]);
            out.extend_from_slice(&u32::try_from(self.len()).ok()?.to_be_bytes());
        }
        out.extend_from_slice(self);
        Some(())
    }

    #[inline(never)]
    fn read(reader: &mut Reader<'_>) -> Self {
        let compact: Signature = reader.array();
        match compact.split_last_chunk() {
            Some((zeros, length)) if zeros.iter().all(|byte| *byte == 0) => {
                Self(reader.bytes(u32::from_be_bytes(*length) as usize).to_vec())
            }
            _ => Self(compact.to_vec()),
        }
    }
}

impl From<Signature> for Signed {
    fn from(signature: Signature) -> Self {
        Self(signature.to_vec())
    }
}

impl From<Vec<u8>> for Signed {
    fn from(signature: Vec<u8>) -> Self {
        Self(signature)
    }
}

impl core::ops::Deref for Signed {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The registry's valuation word: factor, factorNew, concentration limit, slot, suspended, price cap (24 bits), from the left.
pub mod valuation {
    use crate::registry::Valuation;

    /// The word of a valuation.
    pub fn pack(valuation: &Valuation) -> [u8; 32] {
        let mut word = [0u8; 32];
        word[0..8].copy_from_slice(&valuation.factor.to_be_bytes());
        word[8..16].copy_from_slice(&valuation.factorNew.to_be_bytes());
        word[16..20].copy_from_slice(&valuation.concentrationLimit.to_be_bytes());
        word[20..28].copy_from_slice(&valuation.slot.to_be_bytes());
        word[28] = valuation.suspended.into();
        word[29..32].copy_from_slice(&valuation.priceCap.to_be_bytes()[1..]);
        word
    }

    /// The valuation of a word.
    pub fn unpack(word: &[u8; 32]) -> Valuation {
        let u64_at = |at: usize| u64::from_be_bytes(core::array::from_fn(|i| word[at + i]));
        Valuation {
            factor: u64_at(0),
            factorNew: u64_at(8),
            concentrationLimit: u32::from_be_bytes(core::array::from_fn(|i| word[16 + i])),
            slot: u64_at(20),
            suspended: word[28] != 0,
            priceCap: u32::from_be_bytes([0, word[29], word[30], word[31]]),
        }
    }
}

fn put_address(out: &mut Vec<u8>, address: Address) {
    out.extend_from_slice(address.as_slice());
}

fn put_hash(out: &mut Vec<u8>, hash: B256) {
    out.extend_from_slice(hash.as_slice());
}
