//! Facts of the message, the transaction and the block.

use super::super::ink::INK_PER_GAS;
use super::{Environment, Hook, Host, MODULE, Vm, price};
use wasmi::{Error, Linker};

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    pointer(linker, "block_basefee", |env| env.basefee.to_be_bytes_vec())?;
    pointer(linker, "block_coinbase", |env| env.coinbase.to_vec())?;
    pointer(linker, "contract_address", |env| env.contract.to_vec())?;
    pointer(linker, "msg_sender", |env| env.sender.to_vec())?;
    pointer(linker, "msg_value", |env| env.value.to_be_bytes_vec())?;
    pointer(linker, "tx_gas_price", |env| env.gas_price.to_be_bytes_vec())?;
    pointer(linker, "tx_origin", |env| env.origin.to_vec())?;
    value(linker, "block_gas_limit", |vm| vm.host().env.gas_limit)?;
    value(linker, "block_number", |vm| vm.host().env.number)?;
    value(linker, "block_timestamp", |vm| vm.host().env.timestamp)?;
    value(linker, "chainid", |vm| vm.host().env.chain_id)?;
    value(linker, "evm_gas_left", |vm| vm.gas_left().unwrap_or_default())?;
    value(linker, "evm_ink_left", |vm| vm.ink().unwrap_or_default())?;
    small(linker, "msg_reentrant", |vm| vm.host().env.reentrant.into())?;
    small(linker, "tx_ink_price", |_| INK_PER_GAS as u32)?;
    Ok(())
}

/// A function that writes a value where its argument points.
fn pointer(linker: &mut Linker<Host>, name: &'static str, get: fn(&Environment) -> Vec<u8>) -> Result<(), Error> {
    linker.func_wrap(MODULE, name, move |hook: Hook, dest: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, name);
        vm.buy_ink(price::HOST + price::POINTER)?;
        let bytes = get(&vm.host().env);
        vm.write(dest, &bytes)?;
        vm.outs(&[&bytes]);
        Ok(())
    })?;
    Ok(())
}

/// A function that returns an i64.
fn value(linker: &mut Linker<Host>, name: &'static str, get: fn(&mut Vm<Hook>) -> u64) -> Result<(), Error> {
    linker.func_wrap(MODULE, name, move |hook: Hook| -> Result<u64, Error> {
        let mut vm = Vm::enter(hook, name);
        vm.buy_ink(price::HOST)?;
        let value = get(&mut vm);
        vm.outs(&[&value.to_be_bytes()]);
        Ok(value)
    })?;
    Ok(())
}

/// A function that returns an i32.
fn small(linker: &mut Linker<Host>, name: &'static str, get: fn(&mut Vm<Hook>) -> u32) -> Result<(), Error> {
    linker.func_wrap(MODULE, name, move |hook: Hook| -> Result<u32, Error> {
        let mut vm = Vm::enter(hook, name);
        vm.buy_ink(price::HOST)?;
        let value = get(&mut vm);
        vm.outs(&[&value.to_be_bytes()]);
        Ok(value)
    })?;
    Ok(())
}
