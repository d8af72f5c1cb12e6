//! The governed reporter set, as calldata brings it.
use super::list::Packed;
use crate::oracle::{Reporter, ReporterSet};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};

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
}

/// What the oracle commits to: `keccak256` of the packed set.
pub fn reporter_set_hash(set: &ReporterSet) -> Option<B256> {
    let mut out = Vec::new();
    ReporterSet::write(set, &mut out)?;
    Some(keccak256(out))
}
