//! What a precompile sees of its call.

use crate::arbos::{ARBOS_STATE, ArbosVersion};
use crate::evm::{Ctx, account, code_of, errors};
use crate::vm::program::{Inactive, Program};
use alloy::primitives::{Address, B256, Bytes, Log, U256};
use alloy::sol_types::{SolError, SolEvent};
use revm::context_interface::{Host as _, JournalTr};
use revm::interpreter::{CallInputs, Gas};

/// Gas of reading one slot of ArbOS's state.
const READ_GAS: u64 = 800;
/// Gas of writing one slot of ArbOS's state.
const WRITE_GAS: u64 = 20_000;
/// Gas of an account's code hash.
const CODE_HASH_GAS: u64 = 2_600;
/// Gas of reading the parameters of Stylus.
const PARAMS_GAS: u64 = 100;

/// How a precompile fails.
#[derive(Debug)]
pub enum Reverted {
    /// With a Solidity error's data, which is paid for as a result is.
    Data(Bytes),
    /// Without data; the gas left is given back.
    Silent,
    /// Without data, and takes all gas: malformed calls, and gas that does not suffice.
    AllGas,
    /// No revert: takes all gas, and the node says why.
    Halt(String),
}

impl Reverted {
    /// Data that no function of the precompile takes.
    pub fn unknown() -> Self {
        Self::AllGas
    }
}

impl From<alloy::sol_types::Error> for Reverted {
    fn from(_: alloy::sol_types::Error) -> Self {
        Self::unknown()
    }
}

impl From<Inactive> for Reverted {
    fn from(inactive: Inactive) -> Self {
        Self::Data(inactive.encode())
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
    /// The transaction's state.
    pub ctx: &'c mut Ctx<'a>,
    /// Who calls, with which value.
    pub inputs: &'c CallInputs,
    /// Calldata after the selector.
    pub data: &'c [u8],
    /// What is left to the call.
    pub gas: Gas,
}

impl Call<'_, '_> {
    /// Takes gas; where too little is left, all of it.
    pub fn burn(&mut self, gas: u64) -> Result<(), Reverted> {
        if self.gas.record_regular_cost(gas) { Ok(()) } else { Err(Reverted::AllGas) }
    }

    /// Seconds, of the block.
    pub fn time(&self) -> u64 {
        self.ctx.block.timestamp.saturating_to()
    }

    /// Refuses a call that may change nothing.
    pub fn refuse_static(&self) -> Result<(), Reverted> {
        if self.inputs.is_static { Err(Reverted::AllGas) } else { Ok(()) }
    }

    /// Refuses functions that ArbOS has only since `version`.
    pub fn since(&self, version: ArbosVersion) -> Result<(), Reverted> {
        if self.ctx.chain.arbos.version < version { Err(Reverted::unknown()) } else { Ok(()) }
    }

    /// Pays for the parameters of Stylus, which are constant but for what [`crate::arbos::Arbos`] says.
    pub fn params(&mut self) -> Result<(), Reverted> {
        self.burn(PARAMS_GAS)
    }

    /// A slot of ArbOS's state.
    pub fn read(&mut self, slot: U256) -> Result<U256, Reverted> {
        self.burn(READ_GAS)?;
        Ok(arbos_slot(self.ctx, slot))
    }

    /// Pays for reading a setting that this chain keeps elsewhere, or that is constant here.
    pub fn read_setting(&mut self) -> Result<(), Reverted> {
        self.burn(READ_GAS)
    }

    /// Pays for a write to a slot that this chain keeps together with another.
    pub fn pay_write(&mut self) -> Result<(), Reverted> {
        self.burn(WRITE_GAS)
    }

    /// Sets a slot of ArbOS's state.
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
        Ok(Program::active(word, self.ctx.chain.arbos.version.stylus(), self.time())?)
    }

    /// Of an account; zero where there is none.
    pub fn code_hash(&mut self, address: Address) -> Result<B256, Reverted> {
        self.burn(CODE_HASH_GAS)?;
        Ok(self.code_hash_free(address))
    }

    /// [`Self::code_hash`] without its price.
    pub fn code_hash_free(&self, address: Address) -> B256 {
        account(self.ctx, address).map(|info| info.code_hash).unwrap_or_default()
    }

    /// Without a price.
    pub fn code(&self, address: Address) -> Bytes {
        code_of(self.ctx, address)
    }

    /// Logs at the price of `LOG`.
    pub fn emit(&mut self, event: &impl SolEvent) -> Result<(), Reverted> {
        let data = event.encode_log_data();
        self.burn(375 * (1 + data.topics().len() as u64) + 8 * data.data.len() as u64)?;
        self.ctx.log(Log { address: self.inputs.target_address, data });
        Ok(())
    }

    /// Code of an account, which is warm from now on, and whether it was cold.
    pub fn warm_code(&mut self, account: Address) -> Result<(Bytes, bool), Reverted> {
        let load = self.ctx.load_account_code(account).ok_or(Reverted::Silent)?;
        Ok((load.data, load.is_cold))
    }

    /// Refuses a value below `fee`.
    pub fn check_value(&self, fee: U256) -> Result<(), Reverted> {
        let value = self.inputs.value.get();
        if value < fee {
            let error = errors::ProgramInsufficientValue { have: value, want: fee };
            return Err(Reverted::Data(error.abi_encode().into()));
        }
        Ok(())
    }

    /// Keeps `fee` of the value sent and gives the rest back.
    pub fn return_surplus(&mut self, fee: U256) -> Result<(), Reverted> {
        let surplus = self.inputs.value.get().saturating_sub(fee);
        if surplus.is_zero() {
            return Ok(());
        }
        let (from, to) = (self.inputs.target_address, self.inputs.caller);
        match self.ctx.journaled_state.transfer(from, to, surplus) {
            Ok(None) => Ok(()),
            _ => Err(Reverted::Silent),
        }
    }
}
