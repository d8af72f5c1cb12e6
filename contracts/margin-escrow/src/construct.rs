//! Construction: the registry, the offices and what disputes are ruled with, for good.
use abi::escrow::MarginEscrow::AlreadyInitialized;
use margin::args::Args;
use margin::fault::{ensure, require_terms};
use margin::field;
use margin::storage::{Head, Program};

#[inline(never)]
pub fn construct(args: &Args<'_>) {
    ensure(Head::load().registry.is_zero(), || AlreadyInitialized {});
    let registry = args.address(0);
    require_terms(field!("registry"), !registry.is_zero());
    Head { registry, paused: false, impaired: 0 }.store();
    let programs = [Program::Office, Program::DisputeOffice, Program::Verifier, Program::Examiner];
    for (program, at) in programs.into_iter().zip(1..) {
        let address = args.address(at);
        require_terms(field!("program"), !address.is_zero());
        program.set(&address);
    }
}
