//! Arguments, results, logs, memory.

use super::{Escape, Hook, Host, MODULE, Request, Vm, price};
use alloy::primitives::{B256, Bytes};
use wasmi::{Error, Linker};

const LOG_TOPIC_GAS: u64 = 375;
const LOG_BYTE_GAS: u64 = 8;

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(MODULE, "read_args", |hook: Hook, dest: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "read_args");
        vm.buy_ink(price::HOST)?;
        let args = vm.host().args.clone();
        vm.buy_ink(price::write(args.len() as u32))?;
        vm.write(dest, &args)?;
        vm.outs(&[&args]);
        Ok(())
    })?;
    linker.func_wrap(MODULE, "write_result", |hook: Hook, data: u32, len: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "write_result");
        vm.buy_ink(price::HOST + 2 * price::read(len))?;
        let result = vm.read(data, len)?;
        vm.args(&[&result]);
        vm.host().result = result;
        vm.outs(&[]);
        Ok(())
    })?;
    linker.func_wrap(MODULE, "exit_early", |hook: Hook, status: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "exit_early");
        vm.args(&[&status.to_be_bytes()]);
        vm.outs(&[]);
        Err(Escape::Exit(status).into())
    })?;
    linker.func_wrap(MODULE, "emit_log", |hook: Hook, data: u32, len: u32, topics: u32| -> Result<(), Error> {
        Err(emit_log(Vm::enter(hook, "emit_log"), data, len, topics)?.into())
    })?;
    linker.func_wrap(MODULE, "pay_for_memory_grow", |hook: Hook, pages: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "pay_for_memory_grow");
        let pages = pages as u16;
        vm.args(&[&pages.to_be_bytes()]);
        // Pages have their own price; only asking for none costs what a host function does.
        if pages == 0 {
            vm.buy_ink(price::HOST)?;
        } else {
            let gas = vm.host().pages.add(pages);
            vm.buy_gas(gas)?;
            vm.host().other_gas += gas;
        }
        vm.outs(&[]);
        Ok(())
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
    vm.args(&[&topics.to_be_bytes(), &bytes]);
    let (head, tail) = bytes.split_at(topics as usize * 32);
    let topics = head.chunks_exact(32).map(B256::from_slice).collect();
    Ok(Request::Log { topics, data: Bytes::copy_from_slice(tail) }.into())
}
