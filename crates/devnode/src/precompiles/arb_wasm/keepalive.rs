//! `codehashKeepalive`: an activation's time begins anew.

use super::super::call::{Call, Reverted};
use super::{ArbWasm, data_fee};
use crate::evm::errors;
use crate::vm::program::Program;
use alloy::primitives::B256;
use alloy::sol_types::SolError;

pub fn keepalive(call: &mut Call, codehash: B256) -> Result<Vec<u8>, Reverted> {
    call.refuse_static()?;
    call.params()?;
    let mut program = call.active(codehash)?;
    if !program.may_renew(call.time()) {
        let age = program.age(call.time());
        return Err(Reverted::Data(errors::ProgramKeepaliveTooSoon { ageInSeconds: age }.abi_encode().into()));
    }
    let fee = data_fee::charge(call, program.asm_size())?;
    program.renew(call.time());
    call.write(Program::slot(codehash), program.pack())?;
    data_fee::collect(call, fee)?;
    call.emit(&ArbWasm::ProgramLifetimeExtended { codehash, dataFee: fee })?;
    Ok(Vec::new())
}
