//! Fills of a venue's signed batch, as `settle` takes them in their time and `lapse` after it.
use crate::authority;
use crate::fault::{ensure, malformed};
use crate::storage::{Bits, take_bits};
use abi::escrow::MarginEscrow::FillAlreadyApplied;
use abi::packed::{Batch, PackedFill};
use abi::types::{Fill, FillBatch};
use abi::{eip712, merkle};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};

/// A time in milliseconds since 1970, as venues have it. The chain has seconds: what compares the two rounds one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    const SECOND: u64 = 1_000;

    /// The beginning of a second.
    pub fn of(second: u64) -> Self {
        Self(second.wrapping_mul(Self::SECOND))
    }

    /// The second that it lies in.
    pub fn second_down(self) -> u64 {
        self.0 / Self::SECOND
    }

    /// The first second that does not begin before it.
    pub fn second_up(self) -> u64 {
        self.0.div_ceil(Self::SECOND)
    }

    fn after(self, seconds: u16) -> Self {
        Self(self.0.saturating_add(u64::from(seconds).saturating_mul(Self::SECOND)))
    }
}

/// What was taken of a batch.
pub struct Taken {
    /// EIP-712 hash of the batch, which the next one names.
    pub batch_hash: B256,
    /// By place in the batch.
    pub places: U256,
}

/// Until when a fill settles: as the venue said, and no longer than so many seconds after it was matched.
pub fn settles_by(fill: &Fill, within: u16) -> Millis {
    Millis(fill.settleBy).min(Millis(fill.matchedAt).after(within))
}

/// Whether a fill's time is over in the second `now`. It settles before and lapses after: no moment belongs to both.
pub fn is_over(settle_by: Millis, now: u64) -> bool {
    now > settle_by.second_down()
}

/// Spends the sequences of the fills that are taken; the batch with their leaves is what the venue signed.
#[inline(always)]
pub fn take(domain: &B256, venue: &Address, batch: &Batch, mut leaf: impl FnMut(u8, &PackedFill) -> B256) -> Taken {
    let (taken, sequences) = bitmaps(batch);
    take_sequences(venue, batch.first_sequence, &sequences);
    let mut leaves = Vec::with_capacity(batch.fills.len());
    for (place, fill) in &batch.fills {
        leaves.push(leaf(*place, fill));
    }
    let is_taken = |place: usize| taken.get(place >> 6).is_some_and(|bits| bits >> (place & 63) & 1 == 1);
    let root = merkle::pruned_root(batch.count.into(), &is_taken, &leaves, &batch.hashes);
    let header = FillBatch {
        venue: *venue,
        firstSequence: batch.first_sequence,
        count: batch.count.into(),
        fillsRoot: root.unwrap_or_else(|| malformed(batch.hashes.len())),
        previousBatchHash: batch.previous_batch_hash,
    };
    let batch_hash = eip712::batch_hash(&header);
    authority::signed(domain, venue, &batch_hash, &batch.signature);
    Taken { batch_hash, places: U256::from_limbs(taken) }
}

/// The fills that are taken, by place, and by sequence from the word in which the first sequence lies.
fn bitmaps(batch: &Batch) -> ([u64; 4], [u64; 8]) {
    let (mut places, mut sequences) = ([0; 4], [0; 8]);
    for (place, _) in &batch.fills {
        let place = u64::from(*place);
        set(&mut places, place);
        set(&mut sequences, place.wrapping_add(batch.first_sequence & 255));
    }
    (places, sequences)
}

#[inline(never)]
fn set(limbs: &mut [u64], bit: u64) {
    if let Some(limb) = limbs.get_mut((bit >> 6) as usize) {
        *limb |= 1 << (bit & 63);
    }
}

/// The sequences of a batch lie in one word of the venue or in two neighbours.
fn take_sequences(venue: &Address, first: u64, sequences: &[u64; 8]) {
    for (place, limbs) in (0..).zip(sequences.as_chunks().0) {
        if *limbs != [0; 4] {
            let twice = take_bits(Bits::Applied(*venue), (first >> 8).wrapping_add(place), U256::from_limbs(*limbs));
            ensure(twice.is_none(), || FillAlreadyApplied { venue: *venue, sequence: twice.unwrap_or_default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_before_a_fills_end_or_after_it() {
        let fill = |matched, settle_by| Fill {
            sequence: 1,
            buyerAccount: 1,
            sellerAccount: 2,
            matchedAt: matched,
            settleBy: settle_by,
            group: 0,
            termsHash: B256::ZERO,
        };
        assert_eq!(settles_by(&fill(1_500, 90_000), 120), Millis(90_000));
        assert_eq!(settles_by(&fill(1_500, 990_000), 120), Millis(121_500));
        assert!(!is_over(Millis(121_999), 121) && is_over(Millis(121_999), 122));
        assert_eq!((Millis(1_001).second_up(), Millis(1_000).second_up(), Millis::of(2)), (2, 1, Millis(2_000)));
    }

    #[test]
    fn sequences_run_into_the_next_word() {
        let fill =
            PackedFill { buyer: 0, seller: 1, matched_after: 0, settle_within: 0, group: 0, terms_hash: B256::ZERO };
        let batch = Batch {
            first_sequence: 3 * 256 + 250,
            count: 256,
            previous_batch_hash: B256::ZERO,
            base_time: 0,
            fills: [0, 5, 6, 255].map(|place| (place, fill.clone())).to_vec(),
            hashes: Vec::new(),
            signature: [0; 64].into(),
        };
        let (places, sequences) = bitmaps(&batch);
        assert_eq!(places, [1 << 0 | 1 << 5 | 1 << 6, 0, 0, 1 << 63]);
        assert_eq!(sequences[3], 1 << 58 | 1 << 63, "250 and 255");
        assert_eq!(sequences[4], 1, "256");
        assert_eq!(sequences[7], 1 << 57, "505");
    }
}
