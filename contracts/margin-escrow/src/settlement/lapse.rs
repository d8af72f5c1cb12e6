//! `lapse`: fills whose time has passed are spent, and an event says so.
use abi::escrow::MarginEscrow::{AccountNotInSet, FillNotExpired, FillsLapsed, NoFills};
use abi::packed::{Batch, Lapse, Malformed, PackedFill, fill_hash};
use alloy_primitives::{B256, U256};
use contract_kit::host;
use escrow_ledger::authority;
use escrow_ledger::batch::{self, Taken, is_over, settles_by};
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure, malformed};
use escrow_ledger::storage::Head;

#[inline(never)]
pub fn lapse(payload: &[u8]) {
    let lapse = Lapse::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    ensure(!lapse.batches.is_empty(), || NoFills {});
    let (domain, now, venue) = (authority::domain(), host::timestamp(), lapse.venue);
    let within = Head::load().bounds.settleWithin;
    for batch in &lapse.batches {
        let leaf = |place, fill: &PackedFill| leaf(&lapse, batch, place, fill, within, now);
        let Taken { batch_hash, places } = batch::take(&domain, &venue, batch, leaf);
        emit(&FillsLapsed { venue, firstSequence: batch.first_sequence, batchHash: batch_hash, taken: places });
    }
}

/// Leaf of a fill that is over.
fn leaf(lapse: &Lapse, batch: &Batch, place: u8, packed: &PackedFill, within: u16, now: u64) -> B256 {
    let fill = packed.leaf(batch, place, account(lapse, packed.buyer), account(lapse, packed.seller)).checked();
    let (venue, sequence, settle_by) = (lapse.venue, fill.sequence, settles_by(&fill, within));
    let early = || FillNotExpired { venue, sequence, settleBy: settle_by.0, timestamp: now };
    ensure(is_over(settle_by, now), early);
    fill_hash(&fill)
}

fn account(lapse: &Lapse, place: u8) -> u64 {
    let absent = || AccountNotInSet { index: U256::from(place) };
    (*lapse.accounts.get(usize::from(place)).or_fail(absent)).into()
}
