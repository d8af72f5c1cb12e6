//! Entry into a program: what it costs, and the instance it runs in.

use super::compiled::{CompileError, Compiled, Runtime};
use super::frame::{Frame, Running, Step, cannot_run, halt, revert};
use super::host::{Environment, Host, Vm};
use super::ink::gas_to_ink;
use super::program::{Inactive, Program};
use crate::arbos::ArbosVersion;
use crate::code::{self, CodeError};
use crate::evm::{Ctx, code_of};
use crate::precompiles::arbos_slot;
use alloy::primitives::{B256, Bytes, U256};
use revm::context_interface::{Block, Host as _, Transaction};
use revm::interpreter::InstructionResult;
use std::sync::Arc;

/// Pays for entry, instantiates the program and starts it.
pub fn enter(ctx: &mut Ctx<'_>, frame: &mut Frame, reentrant: bool) -> Step {
    let frame_gas = frame.interpreter.gas.remaining();
    let code_hash = frame.interpreter.bytecode.get_or_calculate_hash();
    let program = match load(ctx, code_hash) {
        Ok(program) => program,
        Err(inactive) => return cannot_run(ctx, frame, inactive.to_string()),
    };
    let open_before = ctx.chain.pages.open;
    let pages = ctx.chain.pages.cost(program.footprint);
    let recent = ctx.chain.arbos.version >= ArbosVersion::V60 && ctx.chain.recent.insert(code_hash);
    let start = program.cached_gas() + if recent || program.cached { 0 } else { program.init_gas() };
    if !frame.interpreter.gas.record_regular_cost(pages.saturating_add(start)) {
        return halt(frame, InstructionResult::OutOfGas);
    }
    ctx.chain.usage.program_entry += start;
    ctx.chain.usage.pages += pages;
    ctx.chain.pages.add(program.footprint);

    let gas = frame.interpreter.gas.remaining();
    let host = host(ctx, frame, reentrant);
    let args = host.args.len() as u32;
    let runtime = Runtime::get();
    let instance = compiled(ctx, frame, code_hash)
        .map_err(|e| e.to_string())
        .and_then(|compiled| runtime.instantiate(&compiled, host, gas).map_err(|e| e.to_string()));
    let instance = match instance {
        Ok(instance) => instance,
        Err(reason) => {
            ctx.chain.pages.open = open_before;
            ctx.chain.failure = Some(reason);
            return revert(frame, Bytes::new());
        }
    };
    let mut run = Running { instance, gas, frame_gas, open_before };
    Vm(&mut run.instance.store).record(|recorder| {
        recorder.begin("user_entrypoint", gas_to_ink(gas));
        recorder.args(&[&args.to_be_bytes()]);
        recorder.end(&[], gas_to_ink(gas));
    });
    let entry = run.instance.entry;
    let outcome = entry.call_resumable(&mut run.instance.store, args);
    run.drive(ctx, frame, outcome)
}

fn load(ctx: &mut Ctx<'_>, code_hash: B256) -> Result<Program, Inactive> {
    let (time, stylus) = (ctx.block.timestamp.saturating_to(), ctx.chain.arbos.version.stylus());
    Program::active(arbos_slot(ctx, Program::slot(code_hash)), stylus, time)
}

/// The program as its activation compiled it, or again from its code.
fn compiled(ctx: &mut Ctx<'_>, frame: &Frame, code_hash: B256) -> Result<Arc<Compiled>, CompileError> {
    let module = arbos_slot(ctx, Program::module_slot(code_hash));
    let code = frame.interpreter.bytecode.original_bytes();
    Runtime::get().program(module.into(), || -> Result<_, CompileError> {
        let read = |fragment| Ok::<_, CodeError>(code_of(ctx, fragment));
        Ok(code::assemble(&code, u32::MAX, u8::MAX, read)?)
    })
}

fn host(ctx: &mut Ctx<'_>, frame: &Frame, reentrant: bool) -> Host {
    let input = &frame.interpreter.input;
    let env = Environment {
        basefee: ctx.basefee(),
        coinbase: ctx.block.beneficiary,
        gas_limit: ctx.block.gas_limit,
        number: ctx.block.number.saturating_to(),
        timestamp: ctx.block.timestamp.saturating_to(),
        chain_id: ctx.cfg.chain_id,
        contract: input.target_address,
        sender: input.caller_address,
        value: input.call_value,
        gas_price: U256::from(ctx.tx.effective_gas_price(ctx.block.basefee().into())),
        origin: ctx.tx.caller,
        reentrant,
    };
    let recorder = ctx.chain.tracing.then(Box::default);
    Host { env, args: input.input.bytes(ctx), pages: ctx.chain.pages, recorder, ..Host::default() }
}
