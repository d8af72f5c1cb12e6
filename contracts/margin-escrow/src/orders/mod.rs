//! Standing orders: what a pledgor has signed once, and others carry out within its bounds.
//!
//! * `registerTopUpOrder`, `registerSubstituteOrder`, `registerReturnOrder`: [`register`]; `revokeOrder`: [`mod@revoke`]; views: [`view`].
//! * A top-up is carried out by `mark` and `issueClaim`: [`mod@top_up`]. `executeOrder`: [`execute`], with [`substitute`] and [`give_back`].
//! * Errors: `NoOrder`, `UnknownOrder`, `LevelNotReached`, `ReturnedAlready`, `NothingToMove`, those of signatures, and of a release
//!   where something goes back. A top-up ends no call: a token that fails is passed over.
//! * Arithmetic: `csa::orders`.
mod give_back;
mod lists;
mod register;
mod revoke;
mod substitute;
mod top_up;
pub mod view;

pub use register::{register_return, register_substitute, register_top_up};
pub use revoke::revoke;
pub use top_up::{assets, top_up};

use abi::escrow::MarginEscrow::{Expired, NoOrder, UnknownOrder};
use abi::escrow::order;
use alloy_primitives::Address;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::fault::{ensure, fail};
use escrow_ledger::storage;

/// Whoever calls.
#[inline(never)]
pub fn execute(args: &Args<'_>) {
    let (mut account, kind, token) = (Account::acting(args.u64(0)), args.u8(1), args.address(2));
    match kind {
        order::SUBSTITUTE => substitute::carry_out(&mut account, token),
        order::RETURN => give_back::carry_out(&mut account, token),
        other => fail(&UnknownOrder { kind: other }),
    }
    account.save()
}

/// The order is in force.
fn ensure_in_force(account: u64, kind: u8, token: Address, valid_until: u64) {
    let now = host::timestamp();
    ensure(valid_until != 0, || NoOrder { account, kind, token });
    ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now })
}

/// Its issuer stopped it, as somebody has shown: what cannot be moved is no good to move.
fn is_frozen(asset: u8, now: u64) -> bool {
    storage::freeze(asset).until > now
}
