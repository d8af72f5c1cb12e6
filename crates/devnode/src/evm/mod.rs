//! The EVM with Stylus programs in it: revm's stock loop, with frames of Stylus code run by [`crate::vm`].

mod creation;
mod env;
pub mod errors;
mod handler;
mod inspect;
mod observe;
mod stylus;

pub use env::{ProgramGas, RecentPrograms, StylusEnv, Usage};
pub use observe::{CallGas, Watch};
pub use stylus::{Ctx, StylusEvm};

use alloy::primitives::{Address, Bytes};
use revm::interpreter::InstructionResult;
use revm::state::AccountInfo;

/// How a frame ends whose program may not run, or whose activation is refused: no revert, and all gas is gone.
pub const CANNOT_RUN: InstructionResult = InstructionResult::PrecompileError;

/// An account as it is now, without making it warm.
pub fn account(ctx: &Ctx<'_>, address: Address) -> Option<AccountInfo> {
    let journal = &ctx.journaled_state;
    match journal.inner.state.get(&address) {
        Some(account) => Some(account.info.clone()),
        None => journal.database.account(address),
    }
}

/// Code of [`account`]; none if there is no account.
pub fn code_of(ctx: &Ctx<'_>, address: Address) -> Bytes {
    account(ctx, address).and_then(|info| info.code).map(|code| code.original_bytes()).unwrap_or_default()
}
