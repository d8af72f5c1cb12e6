//! The pause: stops new risk and releases; pledges, substitutions that keep value, marks, claims and enforcement go on.
use abi::escrow::MarginEscrow::{NotPauser, Paused, Unpaused};
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::ensure;
use escrow_ledger::registry;
use escrow_ledger::storage::Head;

pub fn pause(_: &Args<'_>) {
    let caller = host::sender();
    ensure(!caller.is_zero() && caller == registry::pauser(), || NotPauser { caller });
    set(true);
    emit(&Paused { by: caller })
}

pub fn unpause(_: &Args<'_>) {
    let caller = host::sender();
    let may = !caller.is_zero() && (caller == registry::pauser() || caller == registry::owner());
    ensure(may, || NotPauser { caller });
    set(false);
    emit(&Unpaused { by: caller })
}

fn set(paused: bool) {
    Head { paused, ..Head::load() }.store()
}
