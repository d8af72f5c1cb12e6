//! Governed bounds: how long a fill may wait, and what a dispute takes.
use abi::escrow::Bounds;
use abi::escrow::MarginEscrow::{BoundsSet, NotGovernor};
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{ensure, require_terms};
use escrow_ledger::field;
use escrow_ledger::registry;
use escrow_ledger::storage::Head;

/// Two minutes; 0.1 % of the amount named, and 1,000 tokens at least.
pub const STANDARD: Bounds = Bounds { settleWithin: 120, stakePpm: 1_000, leastStake: 1_000_000_000 };
const MOST_STAKE: u64 = 1_000_000_000_000;

pub fn set(args: &Args<'_>) {
    let caller = host::sender();
    ensure(!caller.is_zero() && caller == registry::owner(), || NotGovernor { caller });
    let bounds = Bounds { settleWithin: args.u16(0), stakePpm: args.u32(1), leastStake: args.u64(2) };
    require_terms(field!("settleWithin"), (30..=600).contains(&bounds.settleWithin));
    require_terms(field!("stakePpm"), (100..=20_000).contains(&bounds.stakePpm));
    require_terms(field!("leastStake"), bounds.leastStake <= MOST_STAKE);
    let Bounds { settleWithin, stakePpm, leastStake } = bounds;
    Head { bounds, ..Head::load() }.store();
    emit(&BoundsSet { settleWithin, stakePpm, leastStake })
}
