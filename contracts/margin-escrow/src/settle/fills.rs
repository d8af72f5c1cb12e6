//! The fills that a bundle takes from its venue's signed batches.
use crate::statements::{Step, Touched};
use abi::escrow::MarginEscrow::{
    FillAlreadyApplied, FillExpired, FillFromFuture, FillsSettled, SelfTrade, VenueIsAgent,
};
use abi::packed::{Batch, Bundle, PackedFill, fill_hash, fills_digest};
use abi::types::{Fill, FillBatch};
use abi::{eip712, merkle};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use margin::authority;
use margin::encode::emit;
use margin::fault::{OrFail, ensure, malformed};
use margin::storage::{Bits, take_bits};

/// Milliseconds in a second.
const MILLIS: u64 = 1_000;

impl Step<'_> {
    pub fn take_fills(&mut self, bundle: &Bundle) {
        for batch in &bundle.batches {
            self.take_batch(&bundle.venue, batch);
        }
        let agents = [self.agents.agent, self.agents.second];
        ensure(!agents.contains(&bundle.venue), || VenueIsAgent { venue: bundle.venue })
    }

    fn take_batch(&mut self, venue: &Address, batch: &Batch) {
        let (taken, sequences) = bitmaps(batch);
        take_sequences(venue, batch.first_sequence, &sequences);
        let mut leaves = Vec::with_capacity(batch.fills.len());
        for (place, fill) in &batch.fills {
            leaves.push(self.take_fill(venue, batch, *place, fill));
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
        let hash = eip712::batch_hash(&header);
        authority::signed(&self.domain, venue, &hash, &batch.signature);
        let taken = U256::from_limbs(taken);
        emit(&FillsSettled { venue: *venue, firstSequence: batch.first_sequence, batchHash: hash, taken });
    }

    /// Checks a fill and adds it to both accounts; its leaf.
    fn take_fill(&mut self, venue: &Address, batch: &Batch, place: u8, packed: &PackedFill) -> B256 {
        let (buyer, seller) = (self.touched(packed.buyer).account.id, self.touched(packed.seller).account.id);
        let fill = packed.leaf(batch, place, buyer, seller).checked();
        in_time(*venue, &fill, self.now);
        ensure(buyer != seller, || SelfTrade { account: buyer });
        let leaf = fill_hash(&fill);
        self.touched(packed.buyer).add(&fill, leaf);
        self.touched(packed.seller).add(&fill, leaf);
        leaf
    }
}

impl Touched<'_> {
    fn add(&mut self, fill: &Fill, leaf: B256) {
        let fills = &mut self.fills;
        fills.any = true;
        fills.digest = fills_digest(fills.digest, leaf);
        fills.latest = fills.latest.max(fill.matchedAt);
    }
}

/// `matchedAt ≤ now ≤ settleBy`, where `now` has no finer grain than the block's second.
fn in_time(venue: Address, fill: &Fill, now: u64) {
    let Fill { sequence, matchedAt: matched_at, settleBy: settle_by, .. } = *fill;
    ensure(matched_at / MILLIS <= now, || FillFromFuture { venue, sequence, matchedAt: matched_at, timestamp: now });
    ensure(now <= settle_by / MILLIS, || FillExpired { venue, sequence, settleBy: settle_by, timestamp: now })
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
    use abi::packed::PackedFill;

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
            signature: [0; 64],
        };
        let (places, sequences) = bitmaps(&batch);
        assert_eq!(places, [1 << 0 | 1 << 5 | 1 << 6, 0, 0, 1 << 63]);
        assert_eq!(sequences[3], 1 << 58 | 1 << 63, "250 and 255");
        assert_eq!(sequences[4], 1, "256");
        assert_eq!(sequences[7], 1 << 57, "505");
    }
}
