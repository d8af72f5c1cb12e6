//! The fills that a bundle takes from its venue's signed batches.
use crate::marks::{StatedAccount, StatementApplication};
use abi::escrow::MarginEscrow::{
    FillExpired, FillFromFuture, FillsSettled, GroupIncomplete, HouseInDefault, NoFills, SelfTrade, VenueIsAgent,
};
use abi::packed::{Batch, Bundle, PackedFill, fill_hash, fills_digest};
use abi::types::Fill;
use alloy_primitives::{Address, B256};
use escrow_ledger::batch::{self, Millis, Taken, is_over, settles_by};
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure};
use escrow_ledger::storage::Head;

impl StatementApplication<'_> {
    pub fn take_fills(&mut self, bundle: &Bundle) {
        ensure(!bundle.batches.is_empty(), || NoFills {});
        ensure(!self.agents.in_default, || HouseInDefault { house: self.set.house });
        for batch in &bundle.batches {
            self.take_batch(&bundle.venue, batch);
        }
        let agents = [self.agents.agent, self.agents.second];
        ensure(!agents.contains(&bundle.venue), || VenueIsAgent { venue: bundle.venue })
    }

    fn take_batch(&mut self, venue: &Address, batch: &Batch) {
        let (domain, within) = (self.domain, Head::load().bounds.settleWithin);
        let taken = batch::take(&domain, venue, batch, |place, fill| self.take_fill(venue, batch, place, fill, within));
        let Taken { batch_hash, places } = taken;
        whole_groups(venue, batch);
        emit(&FillsSettled {
            venue: *venue,
            firstSequence: batch.first_sequence,
            batchHash: batch_hash,
            taken: places,
        });
    }

    /// Checks a fill and adds it to both accounts; its leaf.
    fn take_fill(&mut self, venue: &Address, batch: &Batch, place: u8, packed: &PackedFill, within: u16) -> B256 {
        let (buyer, seller) = (self.stated(packed.buyer).account.id, self.stated(packed.seller).account.id);
        let fill = packed.leaf(batch, place, buyer, seller).checked();
        in_time(*venue, &fill, within, self.now);
        ensure(buyer != seller, || SelfTrade { account: buyer });
        let leaf = fill_hash(&fill);
        self.stated(packed.buyer).add(&fill, leaf);
        self.stated(packed.seller).add(&fill, leaf);
        leaf
    }
}

impl StatedAccount<'_> {
    fn add(&mut self, fill: &Fill, leaf: B256) {
        let fills = &mut self.fills;
        fills.any = true;
        fills.digest = fills_digest(fills.digest, leaf);
        fills.latest = fills.latest.max(Millis(fill.matchedAt));
    }
}

/// A group's high byte is the number of its fills.
fn whole_groups(venue: &Address, batch: &Batch) {
    let groups = || batch.fills.iter().map(|(_, fill)| fill.group).filter(|group| *group != 0);
    for group in groups() {
        let taken = groups().filter(|other| *other == group).count() as u16;
        let incomplete = || GroupIncomplete { venue: *venue, firstSequence: batch.first_sequence, group, taken };
        ensure(taken == group >> 8, incomplete)
    }
}

/// `matchedAt ≤ now ≤ settleBy` and not too long after `matchedAt`, where `now` has no finer grain than the block's second.
fn in_time(venue: Address, fill: &Fill, within: u16, now: u64) {
    let Fill { sequence, matchedAt: matched_at, .. } = *fill;
    let settle_by = settles_by(fill, within);
    ensure(Millis(matched_at).second_down() <= now, || FillFromFuture {
        venue,
        sequence,
        matchedAt: matched_at,
        timestamp: now,
    });
    ensure(!is_over(settle_by, now), || FillExpired { venue, sequence, settleBy: settle_by.0, timestamp: now })
}
