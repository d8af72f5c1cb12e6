//! The chain's answers to a suspended program's requests.

mod calls;

pub use calls::{Awaited, complete};

use super::host::{Escape, Host, Request, Vm, copy_out, part, price};
use crate::evm::Ctx;
use alloy::primitives::{Address, Bytes, Log, LogData, U256};
use revm::context_interface::{Cfg, Host as _};
use revm::handler::EthFrame;
use revm::interpreter::{FrameInput, interpreter::EthInterpreter};
use wasmi::Store;

const COLD_SLOT_GAS: u64 = 2_100;
const WARM_GAS: u64 = 100;
const COLD_ACCOUNT_GAS: u64 = 2_600;
const CODE_GAS: u64 = 700;
/// Gas of the request itself on a cache miss.
const API_GAS: u64 = 5;

type Frame = EthFrame<EthInterpreter>;

/// What the program gets, or the frame to run first.
pub enum Answer {
    /// Resume with this result of the host function, if it has one.
    Values(Option<u32>),
    /// Run this frame first, and then come back with its result.
    Frame(FrameInput, Awaited),
}

/// Answers `request` from the chain's state.
pub fn answer(
    store: &mut Store<Host>,
    ctx: &mut Ctx<'_>,
    frame: &mut Frame,
    request: Request,
) -> Result<Answer, Escape> {
    let contract = frame.interpreter.input.target_address;
    let read_only = frame.interpreter.runtime_flag.is_static;
    let mut vm = Vm(store);
    let value = match request {
        Request::LoadSlot { key, dest, access_gas } => {
            let slot = ctx.sload(contract, key).ok_or_else(lost)?;
            let gas = access_gas + API_GAS + if slot.is_cold { COLD_SLOT_GAS } else { WARM_GAS };
            vm.host().cache.loaded(key, slot.data);
            vm.host().storage_gas += gas;
            vm.buy_gas(gas)?;
            vm.write_word(dest, slot.data)?;
            vm.outs(&[&slot.data.to_be_bytes::<32>()]);
            None
        }
        Request::StoreSlots { slots } => {
            refuse_if(read_only, "storage written in a static call")?;
            store_slots(&mut vm, ctx, frame, contract, &slots)?;
            vm.outs(&[]);
            None
        }
        Request::LoadTransient { key, dest } => {
            let value = ctx.tload(contract, key);
            vm.write_word(dest, value)?;
            vm.outs(&[&value.to_be_bytes::<32>()]);
            None
        }
        Request::StoreTransient { key, value } => {
            refuse_if(read_only, "transient storage written in a static call")?;
            ctx.tstore(contract, key, value);
            vm.outs(&[]);
            None
        }
        Request::Log { topics, data } => {
            refuse_if(read_only, "log emitted in a static call")?;
            ctx.log(Log { address: contract, data: LogData::new_unchecked(topics, data) });
            vm.outs(&[]);
            None
        }
        Request::Balance { account, dest } => {
            let balance = ctx.balance(account).ok_or_else(lost)?;
            pay_account(&mut vm, 0, balance.is_cold)?;
            vm.write_word(dest, balance.data)?;
            vm.outs(&[&balance.data.to_be_bytes::<32>()]);
            None
        }
        Request::Codehash { account, dest } => {
            let hash = ctx.load_account_code_hash(account).ok_or_else(lost)?;
            pay_account(&mut vm, 0, hash.is_cold)?;
            vm.write_hash(dest, hash.data)?;
            vm.outs(&[hash.data.as_slice()]);
            None
        }
        Request::Code { account, offset, size, dest } => {
            let code = code(&mut vm, ctx, account)?;
            vm.buy_ink(price::write(code.len() as u32))?;
            let copied = copy_out(&mut vm, &code, offset, size, dest)?;
            vm.outs(&[part(&code, offset, size)]);
            Some(copied)
        }
        Request::CodeSize { account } => {
            let size = code(&mut vm, ctx, account)?.len() as u32;
            vm.outs(&[&size.to_be_bytes()]);
            Some(size)
        }
        Request::Call { kind, to, input, value, gas, len_out } => {
            return calls::call(vm, ctx, frame, (kind, to, input, value, gas, len_out));
        }
        Request::Create { code, value, salt, address_out, len_out } => {
            refuse_if(read_only, "contract created in a static call")?;
            return calls::create(vm, contract, code, value, salt, address_out, len_out);
        }
    };
    Ok(Answer::Values(value))
}

fn store_slots(
    vm: &mut Vm<&mut Store<Host>>,
    ctx: &mut Ctx<'_>,
    frame: &mut Frame,
    contract: Address,
    slots: &[(U256, U256)],
) -> Result<(), Escape> {
    for (key, value) in slots {
        let stored = ctx.sstore(contract, *key, *value).ok_or_else(lost)?;
        let params = ctx.cfg.gas_params();
        let gas = params.sstore_static_gas() + params.sstore_dynamic_gas(true, &stored.data, stored.is_cold);
        let refund = params.sstore_refund(true, &stored.data);
        vm.buy_gas(gas)?;
        vm.host().storage_gas += gas;
        frame.interpreter.gas.record_refund(refund);
    }
    // As on the chain: a flush that leaves no gas at all counts as running out of it.
    if vm.gas_left()? == 0 { Err(Escape::OutOfInk) } else { Ok(()) }
}

fn code(vm: &mut Vm<&mut Store<Host>>, ctx: &mut Ctx<'_>, account: Address) -> Result<Bytes, Escape> {
    if let Some((last, code)) = &vm.host().last_code
        && *last == account
    {
        return Ok(code.clone());
    }
    let code = ctx.load_account_code(account).ok_or_else(lost)?;
    pay_account(vm, CODE_GAS, code.is_cold)?;
    if !code.data.is_empty() {
        vm.host().last_code = Some((account, code.data.clone()));
    }
    Ok(code.data)
}

fn pay_account(vm: &mut Vm<&mut Store<Host>>, extra: u64, is_cold: bool) -> Result<(), Escape> {
    let gas = extra + if is_cold { COLD_ACCOUNT_GAS } else { WARM_GAS };
    vm.host().other_gas += gas;
    vm.buy_gas(gas)
}

fn refuse_if(refused: bool, what: &str) -> Result<(), Escape> {
    if refused { Err(Escape::Failure(what.to_owned())) } else { Ok(()) }
}

fn lost() -> Escape {
    Escape::Failure("state could not be read".to_owned())
}
