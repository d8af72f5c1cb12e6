//! Calls to other contracts, creations, and what they returned.

use super::{Access, Escape, Hook, Host, MODULE, Request, SubCall, Vm, price};
use alloy::primitives::{Bytes, U256};
use wasmi::{Error, Linker};

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(
        MODULE,
        "call_contract",
        |hook: Hook, to: u32, data: u32, len: u32, value: u32, gas: u64, len_out: u32| -> Result<u32, Error> {
            Err(call(Vm::enter(hook, "call_contract"), SubCall::Call, to, data, len, Some(value), gas, len_out)?.into())
        },
    )?;
    for (name, kind) in [("delegate_call_contract", SubCall::Delegate), ("static_call_contract", SubCall::Static)] {
        linker.func_wrap(
            MODULE,
            name,
            move |hook: Hook, to: u32, data: u32, len: u32, gas: u64, len_out: u32| -> Result<u32, Error> {
                Err(call(Vm::enter(hook, name), kind, to, data, len, None, gas, len_out)?.into())
            },
        )?;
    }
    linker.func_wrap(
        MODULE,
        "create1",
        |hook: Hook, code: u32, len: u32, value: u32, address_out: u32, len_out: u32| -> Result<(), Error> {
            Err(create(Vm::enter(hook, "create1"), code, len, value, None, address_out, len_out)?.into())
        },
    )?;
    linker.func_wrap(
        MODULE,
        "create2",
        |hook: Hook, code: u32, len: u32, value: u32, salt: u32, address_out: u32, len_out: u32| -> Result<(), Error> {
            Err(create(Vm::enter(hook, "create2"), code, len, value, Some(salt), address_out, len_out)?.into())
        },
    )?;
    linker.func_wrap(
        MODULE,
        "read_return_data",
        |hook: Hook, dest: u32, offset: u32, size: u32| -> Result<u32, Error> {
            let mut vm = Vm::enter(hook, "read_return_data");
            vm.buy_ink(price::HOST + price::API)?;
            let data = vm.host().return_data.clone();
            vm.buy_ink(price::write(size.min((data.len() as u32).saturating_sub(offset))))?;
            vm.args(&[&offset.to_be_bytes(), &size.to_be_bytes()]);
            let copied = copy_out(&mut vm, &data, offset, size, dest)?;
            vm.outs(&[part(&data, offset, size)]);
            Ok(copied)
        },
    )?;
    linker.func_wrap(MODULE, "return_data_size", |hook: Hook| -> Result<u32, Error> {
        let mut vm = Vm::enter(hook, "return_data_size");
        vm.buy_ink(price::HOST)?;
        let size = vm.host().return_data.len() as u32;
        vm.outs(&[&size.to_be_bytes()]);
        Ok(size)
    })?;
    Ok(())
}

/// The part of `data` within `offset..offset + size`.
pub fn part(data: &[u8], offset: u32, size: u32) -> &[u8] {
    let start = (offset as usize).min(data.len());
    let end = (offset as usize).saturating_add(size as usize).min(data.len());
    data.get(start..end).unwrap_or_default()
}

/// Writes the [`part`] asked for and returns its length.
pub fn copy_out<C: Access>(vm: &mut Vm<C>, data: &[u8], offset: u32, size: u32, dest: u32) -> Result<u32, Escape> {
    let part = part(data, offset, size);
    if !part.is_empty() {
        vm.write(dest, part)?;
    }
    Ok(part.len() as u32)
}

#[expect(clippy::too_many_arguments, reason = "the host function's own arguments")]
fn call(
    mut vm: Vm<Hook>,
    kind: SubCall,
    to: u32,
    data: u32,
    len: u32,
    value: Option<u32>,
    gas: u64,
    len_out: u32,
) -> Result<Escape, Escape> {
    vm.buy_ink(price::HOST + 3 * price::POINTER + price::API)?;
    vm.buy_ink(2 * price::read(len))?;
    let to = vm.read_address(to)?;
    let input: Bytes = vm.read(data, len)?.into();
    let value = value.map_or(Ok(U256::ZERO), |value| vm.read_word(value))?;
    vm.args(&[to.as_slice(), &gas.to_be_bytes()]);
    if kind == SubCall::Call {
        vm.args(&[&value.to_be_bytes::<32>()]);
    }
    vm.args(&[&input]);
    Ok(Request::Call { kind, to, input, value, gas, len_out }.into())
}

fn create(
    mut vm: Vm<Hook>,
    code: u32,
    len: u32,
    value: u32,
    salt: Option<u32>,
    address_out: u32,
    len_out: u32,
) -> Result<Escape, Escape> {
    let pointers = if salt.is_some() { 4 } else { 3 };
    vm.buy_ink(price::HOST + pointers * price::POINTER + price::API)?;
    vm.buy_ink(2 * price::read(len))?;
    let code: Bytes = vm.read(code, len)?.into();
    let value = vm.read_word(value)?;
    let salt = salt.map(|salt| vm.read_word(salt)).transpose()?;
    vm.args(&[&value.to_be_bytes::<32>()]);
    if let Some(salt) = salt {
        vm.args(&[&salt.to_be_bytes::<32>()]);
    }
    vm.args(&[&code]);
    Ok(Request::Create { code, value, salt, address_out, len_out }.into())
}
