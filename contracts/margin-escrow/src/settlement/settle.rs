//! `settle`: fills become positions with the margin they call for, or nothing happens.
use super::top_ups;
use crate::marks::{Step, Uncovered};
use abi::escrow::FRESH_SLOTS;
use abi::escrow::MarginEscrow::EnforcedPause;
use abi::packed::{Bundle, Malformed};
use margin::fault::{ensure, malformed};
use margin::storage::Head;

#[inline(never)]
pub fn settle(payload: &[u8]) {
    let bundle = Bundle::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    ensure(!Head::load().paused, || EnforcedPause {});
    let mut step = Step::begin(&bundle.set, FRESH_SLOTS);
    match &bundle.lifecycle {
        Some(lifecycle) => step.take_lifecycle(lifecycle),
        None => step.take_fills(&bundle),
    }
    step.bind_mandates(bundle.venue);
    step.verify();
    let valuations = step.valuations(top_ups::assets(&bundle.moves));
    step.pay_variation(Uncovered::Reverts);
    step.top_up(&bundle, &valuations);
    step.require_margin(&valuations);
    step.finish()
}
