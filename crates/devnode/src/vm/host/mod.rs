//! Host functions (`vm_hooks`): what a program may ask of the chain.
//!
//! A function that needs chain state does not touch it: it ends the program's run with a [`Request`], and
//! [`crate::vm::service`] answers and resumes. The rest are answered here, from [`Host`].

mod account;
mod calls;
mod env;
mod math;
mod meter;
mod output;
mod state;
mod storage;

pub use calls::{copy_out, part};
pub use meter::{Access, Vm};
pub use state::{Environment, Escape, Host, Request, SubCall};

use wasmi::{Caller, Error, Linker};

pub(crate) const MODULE: &str = "vm_hooks";

/// Ink prices that many host functions share.
pub(crate) mod price {
    /// Any host function.
    pub const HOST: u64 = 8_400;
    /// One fixed-size value passed by pointer.
    pub const POINTER: u64 = 5_040;
    /// One request to the chain.
    pub const API: u64 = 59_673;

    /// Reading `bytes` from the program.
    pub fn read(bytes: u32) -> u64 {
        16_381 + 55 * u64::from(bytes.saturating_sub(32))
    }

    /// Writing `bytes` into the program.
    pub fn write(bytes: u32) -> u64 {
        5_040 + 30 * u64::from(bytes.saturating_sub(32))
    }
}

type Hook<'a> = Caller<'a, Host>;

/// Defines every host function.
pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    output::link(linker)?;
    storage::link(linker)?;
    calls::link(linker)?;
    account::link(linker)?;
    env::link(linker)?;
    math::link(linker)?;
    Ok(())
}
