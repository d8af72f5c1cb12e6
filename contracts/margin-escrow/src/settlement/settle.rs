//! `settle`: fills become positions with the margin they call for, or nothing happens. A lifecycle event applies as a mark does.
use super::top_ups;
use crate::marks::{Step, Uncovered};
use abi::escrow::FRESH_SLOTS;
use abi::escrow::MarginEscrow::{EnforcedPause, NoTopUps};
use abi::packed::{Bundle, Malformed, moves_digest};
use margin::fault::{ensure, malformed};
use margin::storage::Head;

#[inline(never)]
pub fn settle(payload: &[u8]) {
    let bundle = Bundle::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    ensure(!Head::load().paused, || EnforcedPause {});
    let mut step = Step::begin(&bundle.set, moves_digest(&bundle.moves), FRESH_SLOTS);
    if let Some(event) = &bundle.lifecycle {
        ensure(bundle.moves.is_empty(), || NoTopUps {});
        step.take_lifecycle(event, &bundle.consents);
        return step.apply();
    }
    step.take_fills(&bundle);
    step.bind_mandates(bundle.venue);
    step.verify();
    let valuations = step.valuations(top_ups::assets(&bundle.moves));
    step.pay_variation(Uncovered::Reverts);
    step.top_up(&bundle, &valuations);
    step.require_margin(&valuations);
    step.finish()
}
