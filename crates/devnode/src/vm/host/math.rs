//! 256-bit arithmetic and Keccak.

use super::{Escape, Hook, Host, MODULE, Vm, price};
use alloy::primitives::{U256, keccak256};
use wasmi::{Error, Linker};

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(
        MODULE,
        "native_keccak256",
        |hook: Hook, data: u32, len: u32, dest: u32| -> Result<(), Error> {
            let mut vm = Vm::enter(hook, "native_keccak256");
            let words = u64::from(len.div_ceil(32));
            vm.buy_ink(121_800 + 21_000 * words.saturating_sub(2))?;
            let data = vm.read(data, len)?;
            let hash = keccak256(&data);
            vm.write_hash(dest, hash)?;
            vm.args(&[&data]);
            vm.outs(&[hash.as_slice()]);
            Ok(())
        },
    )?;
    binary(linker, "math_div", |a, b| a.checked_div(b).unwrap_or_default())?;
    binary(linker, "math_mod", |a, b| a.checked_rem(b).unwrap_or_default())?;
    ternary(linker, "math_add_mod", 21_000, U256::add_mod)?;
    ternary(linker, "math_mul_mod", 24_100, U256::mul_mod)?;
    linker.func_wrap(MODULE, "math_pow", |hook: Hook, value: u32, exponent: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "math_pow");
        vm.buy_ink(price::HOST + 3 * price::POINTER + 3_000)?;
        let (base, exponent) = (vm.read_word(value)?, vm.read_word(exponent)?);
        // 33 for 32 bytes, 1 for an exponent of zero.
        let bytes = 33 - exponent.leading_zeros() as u64 / 8;
        vm.buy_ink(17_500 * bytes)?;
        Ok(finish(vm, value, &[base, exponent], base.wrapping_pow(exponent))?)
    })?;
    Ok(())
}

/// Writes a result where the first operand stood.
fn finish(mut vm: Vm<Hook>, dest: u32, operands: &[U256], result: U256) -> Result<(), Escape> {
    vm.write_word(dest, result)?;
    for operand in operands {
        vm.args(&[&operand.to_be_bytes::<32>()]);
    }
    vm.outs(&[&result.to_be_bytes::<32>()]);
    Ok(())
}

fn binary(linker: &mut Linker<Host>, name: &'static str, compute: fn(U256, U256) -> U256) -> Result<(), Error> {
    linker.func_wrap(MODULE, name, move |hook: Hook, value: u32, other: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, name);
        vm.buy_ink(price::HOST + 3 * price::POINTER + 20_000)?;
        let (a, b) = (vm.read_word(value)?, vm.read_word(other)?);
        Ok(finish(vm, value, &[a, b], compute(a, b))?)
    })?;
    Ok(())
}

fn ternary(
    linker: &mut Linker<Host>,
    name: &'static str,
    ink: u64,
    compute: fn(U256, U256, U256) -> U256,
) -> Result<(), Error> {
    linker.func_wrap(MODULE, name, move |hook: Hook, value: u32, other: u32, modulus: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, name);
        vm.buy_ink(price::HOST + 4 * price::POINTER + ink)?;
        let (a, b, m) = (vm.read_word(value)?, vm.read_word(other)?, vm.read_word(modulus)?);
        Ok(finish(vm, value, &[a, b, m], compute(a, b, m))?)
    })?;
    Ok(())
}
