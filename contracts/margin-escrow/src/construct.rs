//! Construction: the registry and the office, for good.
use abi::escrow::MarginEscrow::AlreadyInitialized;
use margin::args::Args;
use margin::fault::{ensure, require_terms};
use margin::{field, storage};

#[inline(never)]
pub fn construct(args: &Args<'_>) {
    ensure(storage::registry().is_zero(), || AlreadyInitialized {});
    let (registry, office) = (args.address(0), args.address(1));
    require_terms(field!("registry"), !registry.is_zero());
    require_terms(field!("office"), !office.is_zero());
    storage::set_registry(&registry);
    storage::set_office(&office);
}
