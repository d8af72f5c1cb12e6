//! What a precompile sees of its call.

use crate::evm::{Ctx, errors};
use crate::vm::program::{ARBOS_STATE, Inactive, Program};
use alloy::primitives::{Address, B256, Bytes, Log, U256};
use alloy::sol_types::SolEvent;
use revm::context_interface::{Host as _, JournalTr};
use revm::interpreter::{CallInputs, Gas};

/// Gas of reading one slot of ArbOS's state.
const READ_GAS: u64 = 800;
/// Gas of writing one slot of ArbOS's state.
const WRITE_GAS: u64 = 20_000;

/// How a precompile fails.
#[derive(Debug)]
pub enum Reverted {
    Data(Bytes),
    /// Reverts and takes all gas, as a failed activation does.
    AllGas(Bytes),
    OutOfGas,
}

impl Reverted {
    pub fn text(reason: impl Into<String>) -> Self {
        Self::Data(errors::text(reason))
    }

    /// Data that no function of the precompile takes.
    pub fn unknown() -> Self {
        Self::Data(Bytes::new())
    }
}

impl From<alloy::sol_types::Error> for Reverted {
    fn from(_: alloy::sol_types::Error) -> Self {
        Self::unknown()
    }
}

impl From<Inactive> for Reverted {
    fn from(inactive: Inactive) -> Self {
        Self::Data(match inactive {
            Inactive::NotActivated => errors::program_not_activated(),
            Inactive::Expired { age } => errors::program_expired(age),
        })
    }
}

/// A slot of ArbOS's state, read without charge.
pub fn arbos_slot(ctx: &mut Ctx<'_>, slot: U256) -> U256 {
    let Ok(_) = ctx.journaled_state.load_account(ARBOS_STATE).map(|_| ());
    let Ok(value) = ctx.journaled_state.sload(ARBOS_STATE, slot).map(|load| load.data);
    value
}

/// A running precompile.
pub struct Call<'c, 'a> {
    pub ctx: &'c mut Ctx<'a>,
    pub inputs: &'c CallInputs,
    pub data: &'c [u8],
    pub gas: Gas,
}

impl Call<'_, '_> {
    pub fn burn(&mut self, gas: u64) -> Result<(), Reverted> {
        if self.gas.record_regular_cost(gas) { Ok(()) } else { Err(Reverted::OutOfGas) }
    }

    pub fn time(&self) -> u64 {
        self.ctx.block.timestamp.saturating_to()
    }

    pub fn refuse_static(&self) -> Result<(), Reverted> {
        if self.inputs.is_static { Err(Reverted::text("write protection")) } else { Ok(()) }
    }

    /// A slot of ArbOS's state.
    pub fn read(&mut self, slot: U256) -> Result<U256, Reverted> {
        self.burn(READ_GAS)?;
        Ok(arbos_slot(self.ctx, slot))
    }

    pub fn write(&mut self, slot: U256, value: U256) -> Result<(), Reverted> {
        self.burn(WRITE_GAS)?;
        let journal = &mut self.ctx.journaled_state;
        let Ok(()) = journal.load_account(ARBOS_STATE).map(|_| ());
        // So that the account is written back with the slot.
        journal.touch_account(ARBOS_STATE);
        let Ok(()) = journal.sstore(ARBOS_STATE, slot, value).map(|_| ());
        Ok(())
    }

    /// Record of the program with this code hash, if it may run.
    pub fn active(&mut self, code_hash: B256) -> Result<Program, Reverted> {
        let word = self.read(Program::slot(code_hash))?;
        Ok(Program::active(word, self.time())?)
    }

    pub fn code_hash(&mut self, account: Address) -> Result<B256, Reverted> {
        self.burn(READ_GAS)?;
        self.ctx
            .load_account_code_hash(account)
            .map(|load| load.data)
            .ok_or_else(|| Reverted::text("account could not be read"))
    }

    pub fn code(&mut self, account: Address) -> Result<Bytes, Reverted> {
        self.ctx
            .load_account_code(account)
            .map(|load| load.data)
            .ok_or_else(|| Reverted::text("account could not be read"))
    }

    pub fn emit(&mut self, event: &impl SolEvent) -> Result<(), Reverted> {
        let data = event.encode_log_data();
        self.burn(375 * (1 + data.topics().len() as u64) + 8 * data.data.len() as u64)?;
        self.ctx.log(Log { address: self.inputs.target_address, data });
        Ok(())
    }

    /// Keeps `fee` of the value sent and gives the rest back.
    pub fn keep_fee(&mut self, fee: U256) -> Result<(), Reverted> {
        let value = self.inputs.value.get();
        let surplus = value.checked_sub(fee).ok_or_else(|| {
            use alloy::sol_types::SolError;
            Reverted::Data(errors::ProgramInsufficientValue { have: value, want: fee }.abi_encode().into())
        })?;
        if surplus.is_zero() {
            return Ok(());
        }
        let (from, to) = (self.inputs.target_address, self.inputs.caller);
        match self.ctx.journaled_state.transfer(from, to, surplus) {
            Ok(None) => Ok(()),
            _ => Err(Reverted::text("surplus could not be returned")),
        }
    }
}
