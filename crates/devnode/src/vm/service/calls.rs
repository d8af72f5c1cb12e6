//! Calls and creations: their price, the frame they need, and how its result reaches the program.

use super::{Answer, COLD_ACCOUNT_GAS, Frame, WARM_GAS, lost};
use crate::evm::Ctx;
use crate::vm::host::{Escape, Host, SubCall, Vm};
use alloy::primitives::{Address, B256, Bytes, U256};
use revm::bytecode::Bytecode;
use revm::context_interface::{CreateScheme, Host as _};
use revm::handler::FrameResult;
use revm::interpreter::{CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput};
use wasmi::Store;

const NEW_ACCOUNT_GAS: u64 = 25_000;
const VALUE_GAS: u64 = 9_000;
const STIPEND: u64 = 2_300;
const CREATE_GAS: u64 = 32_000;
const KECCAK_WORD_GAS: u64 = 6;
/// Status a program sees for a call that failed, for whatever reason.
const CALL_FAILED: u32 = 2;

/// What to do with the result of the frame that a program waits for.
#[derive(Debug)]
pub enum Awaited {
    /// A call at price `base`, given so much gas; the length of what it returned goes to `len_out`.
    Call { base: u64, given: u64, len_out: u32 },
    /// A creation at price `base`; the new address goes to `address_out`.
    Create { base: u64, given: u64, address_out: u32, len_out: u32 },
}

/// Kind, callee, data, value, gas, and where the length of the result goes.
pub type CallRequest = (SubCall, Address, Bytes, U256, u64, u32);

/// What a call costs, and the frame that runs it. EIP-150, EIP-2929.
pub fn call(
    mut vm: Vm<&mut Store<Host>>,
    ctx: &mut Ctx<'_>,
    frame: &Frame,
    request: CallRequest,
) -> Result<Answer, Escape> {
    let (kind, to, input, value, gas, len_out) = request;
    let own = &frame.interpreter.input;
    let read_only = frame.interpreter.runtime_flag.is_static;
    vm.record(|recorder| recorder.inner(to, Vec::new()));
    if read_only && !value.is_zero() {
        return returned(&mut vm, Bytes::new(), len_out, CALL_FAILED).map(Answer::Values);
    }
    let left = vm.gas_left()?;
    let (base, known_bytecode) = call_cost(ctx, to, !value.is_zero())?;
    if base > left {
        vm.buy_gas(left)?;
        vm.host().call_gas += left;
        vm.host().call_price += left;
        return returned(&mut vm, Bytes::new(), len_out, CALL_FAILED).map(Answer::Values);
    }
    let most = (u128::from(left - base) * 63 / 64) as u64;
    let given = most.min(gas) + if value.is_zero() { 0 } else { STIPEND };
    let (scheme, target_address, caller, value) = match kind {
        SubCall::Call => (CallScheme::Call, to, own.target_address, CallValue::Transfer(value)),
        SubCall::Static => (CallScheme::StaticCall, to, own.target_address, CallValue::Transfer(value)),
        SubCall::Delegate => {
            (CallScheme::DelegateCall, own.target_address, own.caller_address, CallValue::Apparent(own.call_value))
        }
    };
    let inputs = CallInputs {
        input: CallInput::Bytes(input),
        gas_limit: given,
        target_address,
        bytecode_address: to,
        known_bytecode,
        caller,
        value,
        scheme,
        is_static: read_only || kind == SubCall::Static,
        return_memory_offset: 0..0,
        reservoir: 0,
        charged_new_account_state_gas: false,
    };
    Ok(Answer::Frame(FrameInput::Call(Box::new(inputs)), Awaited::Call { base, given, len_out }))
}

/// Gas of the call itself, and the code it will run.
fn call_cost(ctx: &mut Ctx<'_>, to: Address, pays: bool) -> Result<(u64, (B256, Bytecode)), Escape> {
    let account = ctx.load_account_info_skip_cold_load(to, true, false).map_err(|_| lost())?;
    let mut gas = if account.is_cold { COLD_ACCOUNT_GAS } else { WARM_GAS };
    if pays {
        gas += VALUE_GAS + if account.is_empty { NEW_ACCOUNT_GAS } else { 0 };
    }
    let mut code = (account.code_hash(), account.code.clone().unwrap_or_default());
    if let Some(delegate) = code.1.eip7702_address() {
        let account = ctx.load_account_info_skip_cold_load(delegate, true, false).map_err(|_| lost())?;
        gas += if account.is_cold { COLD_ACCOUNT_GAS } else { WARM_GAS };
        code = (account.code_hash(), account.code.clone().unwrap_or_default());
    }
    Ok((gas, code))
}

/// The same of a creation.
pub fn create(
    mut vm: Vm<&mut Store<Host>>,
    contract: Address,
    code: Bytes,
    value: U256,
    salt: Option<U256>,
    address_out: u32,
    len_out: u32,
) -> Result<Answer, Escape> {
    let words = (code.len() as u64).div_ceil(32);
    let (scheme, base) = match salt {
        Some(salt) => (CreateScheme::Create2 { salt }, CREATE_GAS + KECCAK_WORD_GAS * words),
        None => (CreateScheme::Create, CREATE_GAS),
    };
    let Some(left) = vm.gas_left()?.checked_sub(base) else {
        return Err(Escape::Failure("not enough gas to create a contract".to_owned()));
    };
    let given = left - left / 64;
    let inputs = CreateInputs::new(contract, scheme, value, code, given, 0);
    Ok(Answer::Frame(FrameInput::Create(Box::new(inputs)), Awaited::Create { base, given, address_out, len_out }))
}

/// Settles a finished call or creation and gives the host function's result.
pub fn complete(
    store: &mut Store<Host>,
    frame: &mut Frame,
    awaited: Awaited,
    result: FrameResult,
) -> Result<Option<u32>, Escape> {
    let mut vm = Vm(store);
    let outcome = result.interpreter_result();
    let (ok, reverted) = (outcome.result.is_ok(), outcome.result.is_revert());
    let unused = if ok || reverted { outcome.gas.remaining() } else { 0 };
    if ok {
        frame.interpreter.gas.record_refund(outcome.gas.refunded());
    }
    let (Awaited::Call { base, given, .. } | Awaited::Create { base, given, .. }) = awaited;
    // What the callee used is booked by the callee; only the call's own price is the caller's.
    let gas = base + given.saturating_sub(unused);
    vm.host().call_gas += gas;
    vm.host().call_price += base;
    vm.buy_gas(gas)?;
    match awaited {
        Awaited::Call { len_out, .. } => {
            returned(&mut vm, outcome.output.clone(), len_out, if ok { 0 } else { CALL_FAILED })
        }
        Awaited::Create { address_out, len_out, .. } => {
            let address = match &result {
                FrameResult::Create(create) if ok => create.address.unwrap_or_default(),
                _ => Address::ZERO,
            };
            let data = if reverted { outcome.output.clone() } else { Bytes::new() };
            let len = data.len() as u32;
            hand_back(&mut vm, data, len_out)?;
            vm.write(address_out, address.as_slice())?;
            vm.outs(&[address.as_slice(), &len.to_be_bytes()]);
            Ok(None)
        }
    }
}

fn returned(vm: &mut Vm<&mut Store<Host>>, data: Bytes, len_out: u32, status: u32) -> Result<Option<u32>, Escape> {
    let len = data.len() as u32;
    hand_back(vm, data, len_out)?;
    vm.outs(&[&len.to_be_bytes(), &[status as u8]]);
    Ok(Some(status))
}

fn hand_back(vm: &mut Vm<&mut Store<Host>>, data: Bytes, len_out: u32) -> Result<(), Escape> {
    let len = data.len() as u32;
    vm.host().return_data = data;
    vm.write(len_out, &len.to_le_bytes())
}
