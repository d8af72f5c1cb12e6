//! `activateProgram`, step by step as ArbOS pays for it.

use super::super::call::{Call, Reverted};
use super::{ArbWasm, data_fee};
use crate::activation::{Accepted, ProgramStats, Rules, accept};
use crate::arbos::ArbosVersion;
use crate::code::{self, CodeError};
use crate::evm::errors;
use crate::vm::compiled::{CompileError, Runtime};
use crate::vm::pages::PAGE_LIMIT;
use crate::vm::program::Program;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::{SolCall, SolError};

/// Fixed gas of an activation.
const ACTIVATION_GAS: u64 = 1_659_168;
/// Gas of an account's code read for the first time in a transaction, and again.
const COLD_CODE_GAS: u64 = 2_600;
const WARM_CODE_GAS: u64 = 100;
/// Gas of each word of a fragment's code.
const CODE_WORD_GAS: u64 = 3;

pub fn activate(call: &mut Call, account: Address) -> Result<Vec<u8>, Reverted> {
    call.refuse_static()?;
    let arbos = call.ctx.chain.arbos;
    if arbos.version >= ArbosVersion::V60 {
        call.read_setting()?;
        call.burn(arbos.activation_gas)?;
    }
    call.burn(ACTIVATION_GAS)?;
    let code_hash = call.code_hash_free(account);
    call.params()?;
    let known = outdated(call, code_hash)?;
    let code = call.code(account);
    let wasm = wasm(call, &code)?;
    let module = keccak256(&wasm);
    let stats = compile(call, module, &wasm)?;
    call.burn(stats.activation_gas)?;
    let cached = known.is_some_and(|earlier| earlier.cached);
    if cached {
        call.read_setting()?;
    }
    call.write(Program::module_slot(code_hash), module.into())?;
    let fee = data_fee::charge(call, stats.asm_estimate as u32)?;
    let program = Program { cached, ..Program::activated(&stats, arbos.version.stylus(), call.time()) };
    call.write(Program::slot(code_hash), program.pack())?;
    data_fee::collect(call, fee)?;
    tell(call, account, code_hash, module, fee, program.version)
}

/// What is known of a program that is not active, or active no longer.
fn outdated(call: &mut Call, code_hash: B256) -> Result<Option<Program>, Reverted> {
    let known = call.read(Program::slot(code_hash))?;
    if Program::active(known, call.ctx.chain.arbos.version.stylus(), call.time()).is_ok() {
        return Err(Reverted::Data(errors::ProgramUpToDate {}.abi_encode().into()));
    }
    Ok(Program::unpack(known))
}

/// The WASM behind `code`; fragments are paid for as they are read.
fn wasm(call: &mut Call, code: &Bytes) -> Result<Vec<u8>, Reverted> {
    let arbos = call.ctx.chain.arbos;
    code::assemble(code, arbos.max_wasm, arbos.max_fragments, |fragment| read_fragment(call, fragment)).map_err(
        |failure| match failure {
            Unread::Reverted(reverted) => reverted,
            // Before fragments there was no Solidity error for other code.
            Unread::Code(CodeError::NotStylus) if arbos.version >= ArbosVersion::V60 || code.is_empty() => {
                Reverted::Data(errors::ProgramNotWasm {}.abi_encode().into())
            }
            Unread::Code(error) => {
                tracing::warn!(%error, "activation refused");
                call.ctx.chain.failure = Some(error.to_string());
                Reverted::Silent
            }
        },
    )
}

enum Unread {
    Code(CodeError),
    Reverted(Reverted),
}

impl From<CodeError> for Unread {
    fn from(error: CodeError) -> Self {
        Self::Code(error)
    }
}

fn read_fragment(call: &mut Call, account: Address) -> Result<Bytes, Unread> {
    let (code, is_cold) = call.warm_code(account).map_err(Unread::Reverted)?;
    let access = if is_cold { COLD_CODE_GAS } else { WARM_CODE_GAS };
    let words = |bytes: usize| CODE_WORD_GAS * (bytes as u64).div_ceil(32);
    // Before it is read, a fragment of any size must be affordable.
    let most = access + words(code::MAX_CODE_SIZE);
    if call.gas.remaining() < most {
        return Err(Unread::Reverted(Reverted::AllGas));
    }
    call.burn(access + words(code.len())).map_err(Unread::Reverted)?;
    Ok(code)
}

/// Applies the rules and keeps the program ready to run. What breaks a rule takes all gas.
fn compile(call: &mut Call, module: B256, wasm: &[u8]) -> Result<ProgramStats, Reverted> {
    let max_pages = PAGE_LIMIT.saturating_sub(call.ctx.chain.pages.open);
    let rules = Rules { max_pages, ..call.ctx.chain.arbos.into() };
    let kept = accept(wasm, &rules).map_err(CompileError::from).and_then(|Accepted { stats, instrumented }| {
        Runtime::get().keep(module, &instrumented)?;
        Ok(stats)
    });
    kept.map_err(|error| {
        let reason = format!("program activation failed: {error}");
        tracing::warn!(reason, "activation refused");
        Reverted::Halt(reason)
    })
}

fn tell(
    call: &mut Call,
    program: Address,
    codehash: B256,
    module_hash: B256,
    fee: U256,
    version: u16,
) -> Result<Vec<u8>, Reverted> {
    call.emit(&ArbWasm::ProgramActivated { codehash, moduleHash: module_hash, program, dataFee: fee, version })?;
    Ok(ArbWasm::activateProgramCall::abi_encode_returns(&(version, fee).into()))
}
