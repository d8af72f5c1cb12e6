//! Arbitrum's precompiled contracts, as far as tools call them, and Ethereum's.

mod arb_gas_info;
mod arb_owner_public;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;
mod call;

use crate::evm::{CANNOT_RUN, Ctx};
use alloy::primitives::{Address, Bytes, address, map::AddressSet};
pub use arb_wasm_cache::PLACE_SLOT;
pub use call::arbos_slot;
use call::{Call, Reverted};
use revm::context_interface::{ContextTr as _, LocalContextTr as _};
use revm::handler::{EthPrecompiles, PrecompileProvider};
use revm::interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult};
use revm::primitives::hardfork::SpecId;

/// Version of ArbOS, block numbers. Addresses are Nitro's.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// What a chain's owner has set, for anybody to read.
pub const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// Prices and limits of gas.
pub const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
/// Activation, renewal and prices of programs.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// Bids for the cache of programs.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// Addresses of the precompiles that are Arbitrum's own.
pub const ARBITRUM: [Address; 5] = [ARB_SYS, ARB_OWNER_PUBLIC, ARB_GAS_INFO, ARB_WASM, ARB_WASM_CACHE];

/// Gas of opening ArbOS's state, which every call does.
const OPEN_GAS: u64 = 800;
/// Gas of one word of arguments or result.
const WORD_GAS: u64 = 3;

/// Arbitrum's precompiles in front of Ethereum's.
#[derive(Debug, Clone)]
pub struct ArbPrecompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl Default for ArbPrecompiles {
    fn default() -> Self {
        let ethereum = EthPrecompiles::new(SpecId::OSAKA);
        let warm = ethereum.warm_addresses().iter().copied().chain(ARBITRUM).collect();
        Self { ethereum, warm }
    }
}

impl<'a> PrecompileProvider<Ctx<'a>> for ArbPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        true
    }

    fn run(&mut self, ctx: &mut Ctx<'a>, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let function = match inputs.bytecode_address {
            ARB_SYS => arb_sys::run,
            ARB_OWNER_PUBLIC => arb_owner_public::run,
            ARB_GAS_INFO => arb_gas_info::run,
            ARB_WASM => arb_wasm::run,
            ARB_WASM_CACHE => arb_wasm_cache::run,
            _ => return self.ethereum.run(ctx, inputs),
        };
        let data = inputs.input.bytes(ctx);
        let mut gas = Gas::new(inputs.gas_limit);
        let words = (data.len() as u64).saturating_sub(4).div_ceil(32);
        if !gas.record_regular_cost(OPEN_GAS + WORD_GAS * words) {
            return Ok(Some(settle(gas, Err(Reverted::AllGas))));
        }
        let mut call = Call { ctx, inputs, data: &data, gas };
        // Nobody else may act as a precompile.
        let own = inputs.target_address == inputs.bytecode_address;
        let result = if own { function(&mut call) } else { Err(Reverted::AllGas) };
        let gas = call.gas;
        if let Err(Reverted::Halt(reason)) = &result {
            ctx.local_mut().set_precompile_error_context(reason.clone());
        }
        Ok(Some(settle(gas, result)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}

fn settle(mut gas: Gas, result: Result<Bytes, Reverted>) -> InterpreterResult {
    let (mut status, mut data) = match result {
        Ok(output) => (InstructionResult::Return, output),
        Err(Reverted::Data(data)) => (InstructionResult::Revert, data),
        Err(Reverted::Silent) => (InstructionResult::Revert, Bytes::new()),
        Err(Reverted::AllGas) => {
            gas.spend_all();
            (InstructionResult::Revert, Bytes::new())
        }
        Err(Reverted::Halt(_)) => {
            gas.spend_all();
            (CANNOT_RUN, Bytes::new())
        }
    };
    if !gas.record_regular_cost(WORD_GAS * (data.len() as u64).div_ceil(32)) {
        gas.spend_all();
        (status, data) = (InstructionResult::Revert, Bytes::new());
    }
    InterpreterResult::new(status, data, gas)
}
