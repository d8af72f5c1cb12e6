//! Arguments, results, logs, memory.

use super::{Escape, Hook, Host, MODULE, Request, Vm, price};
use alloy::primitives::{B256, Bytes};
use wasmi::{Error, Linker};

const LOG_TOPIC_GAS: u64 = 375;
const LOG_BYTE_GAS: u64 = 8;

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(MODULE, "read_args", |hook: Hook, dest: u32| -> Result<(), Error> {
        let mut vm = Vm(hook);
        vm.buy_ink(price::HOST)?;
        let args = vm.host().args.clone();
        vm.buy_ink(price::write(args.len() as u32))?;
        Ok(vm.write(dest, &args)?)
    })?;
    linker.func_wrap(MODULE, "write_result", |hook: Hook, data: u32, len: u32| -> Result<(), Error> {
        let mut vm = Vm(hook);
        vm.buy_ink(price::HOST + 2 * price::read(len))?;
        vm.host().result = vm.read(data, len)?;
        Ok(())
    })?;
    linker.func_wrap(MODULE, "exit_early", |_: Hook, status: u32| -> Result<(), Error> {
        Err(Escape::Exit(status).into())
    })?;
    linker.func_wrap(MODULE, "emit_log", |hook: Hook, data: u32, len: u32, topics: u32| -> Result<(), Error> {
        Err(emit_log(Vm(hook), data, len, topics)?.into())
    })?;
    linker.func_wrap(MODULE, "pay_for_memory_grow", |hook: Hook, pages: u32| -> Result<(), Error> {
        let mut vm = Vm(hook);
        let pages = pages as u16;
        if pages == 0 {
            return Ok(vm.buy_ink(price::HOST)?);
        }
        let gas = vm.host().pages.add(pages);
        vm.buy_gas(gas)?;
        vm.host().other_gas += gas;
        Ok(vm.buy_ink(price::HOST)?)
    })?;
    Ok(())
}

fn emit_log(mut vm: Vm<Hook>, data: u32, len: u32, topics: u32) -> Result<Escape, Escape> {
    vm.buy_ink(price::HOST + price::API)?;
    if topics > 4 || len < topics * 32 {
        return Err(Escape::Failure(format!("bad topic data: {topics} topics in {len} bytes")));
    }
    vm.buy_ink(price::read(len))?;
    let gas = LOG_TOPIC_GAS * (1 + u64::from(topics)) + LOG_BYTE_GAS * u64::from(len - topics * 32);
    vm.buy_gas(gas)?;
    vm.host().other_gas += gas;
    let bytes = vm.read(data, len)?;
    let (head, tail) = bytes.split_at(topics as usize * 32);
    let topics = head.chunks_exact(32).map(B256::from_slice).collect();
    Ok(Request::Log { topics, data: Bytes::copy_from_slice(tail) }.into())
}
