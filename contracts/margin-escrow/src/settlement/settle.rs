//! `settle`: fills become positions with the margin they call for, or nothing happens. A lifecycle event applies as a mark does.
use super::top_ups;
use crate::marks::{StatementApplication, Uncovered};
use abi::escrow::FRESH_SLOTS;
use abi::escrow::MarginEscrow::{EnforcedPause, NoTopUps};
use abi::packed::{Bundle, Malformed, moves_digest};
use escrow_ledger::fault::{ensure, malformed};
use escrow_ledger::storage::Head;

#[inline(never)]
pub fn settle(payload: &[u8]) {
    let bundle = Bundle::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    ensure(!Head::load().paused, || EnforcedPause {});
    let mut application = StatementApplication::begin(&bundle.set, moves_digest(&bundle.moves), FRESH_SLOTS);
    if let Some(event) = &bundle.lifecycle {
        ensure(bundle.moves.is_empty(), || NoTopUps {});
        application.take_lifecycle(event, &bundle.consents);
        return application.apply();
    }
    application.take_fills(&bundle);
    application.bind_mandates(bundle.venue);
    application.verify();
    let valuations = application.valuations(top_ups::assets(&bundle.moves));
    application.pay_variation(Uncovered::Reverts);
    application.top_up(&bundle, &valuations);
    application.require_margin(&valuations);
    application.finish()
}
