//! Construction: the registry with its oracle, and what disputes are ruled with, for good.
use super::bounds::STANDARD;
use abi::escrow::MarginEscrow::AlreadyInitialized;
use contract_kit::args::Args;
use escrow_ledger::fault::{ensure, require_terms};
use escrow_ledger::field;
use escrow_ledger::registry;
use escrow_ledger::storage::{Head, Program};

#[inline(never)]
pub fn construct(args: &Args<'_>) {
    ensure(Head::load().registry.is_zero(), || AlreadyInitialized {});
    let registry = args.address(0);
    require_terms(field!("registry"), !registry.is_zero());
    Head { registry, paused: false, impaired: 0, bounds: STANDARD }.store();
    for (program, at) in [Program::Verifier, Program::Examiner].into_iter().zip(1..) {
        let address = args.address(at);
        require_terms(field!("program"), !address.is_zero());
        program.set(&address);
    }
    let oracle = registry::oracle();
    require_terms(field!("oracle"), !oracle.is_zero());
    Program::Oracle.set(&oracle);
}
