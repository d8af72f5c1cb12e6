//! Balances and code of accounts.

use super::{Escape, Hook, Host, MODULE, Request, Vm, price};
use wasmi::{Error, Linker};

/// Gas that must be left to look at an account.
const COLD_ACCOUNT_GAS: u64 = 2_600;

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(MODULE, "account_balance", |hook: Hook, account: u32, dest: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "account_balance");
        pay(&mut vm, 2)?;
        let account = vm.read_address(account)?;
        vm.args(&[account.as_slice()]);
        Err(Escape::from(Request::Balance { account, dest }).into())
    })?;
    linker.func_wrap(MODULE, "account_codehash", |hook: Hook, account: u32, dest: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "account_codehash");
        pay(&mut vm, 2)?;
        let account = vm.read_address(account)?;
        vm.args(&[account.as_slice()]);
        Err(Escape::from(Request::Codehash { account, dest }).into())
    })?;
    linker.func_wrap(
        MODULE,
        "account_code",
        |hook: Hook, account: u32, offset: u32, size: u32, dest: u32| -> Result<u32, Error> {
            let mut vm = Vm::enter(hook, "account_code");
            pay(&mut vm, 0)?;
            let account = vm.read_address(account)?;
            vm.args(&[account.as_slice(), &offset.to_be_bytes(), &size.to_be_bytes()]);
            Err(Escape::from(Request::Code { account, offset, size, dest }).into())
        },
    )?;
    linker.func_wrap(MODULE, "account_code_size", |hook: Hook, account: u32| -> Result<u32, Error> {
        let mut vm = Vm::enter(hook, "account_code_size");
        pay(&mut vm, 0)?;
        let account = vm.read_address(account)?;
        vm.args(&[account.as_slice()]);
        Err(Escape::from(Request::CodeSize { account }).into())
    })?;
    Ok(())
}

fn pay(vm: &mut Vm<Hook>, pointers: u64) -> Result<(), Escape> {
    vm.buy_ink(price::HOST + pointers * price::POINTER + price::API)?;
    vm.require_gas(COLD_ACCOUNT_GAS)
}
