//! 256-bit arithmetic and Keccak.

use super::{Hook, Host, MODULE, Vm, price};
use alloy::primitives::{U256, keccak256};
use wasmi::{Error, Linker};

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(
        MODULE,
        "native_keccak256",
        |hook: Hook, data: u32, len: u32, dest: u32| -> Result<(), Error> {
            let mut vm = Vm(hook);
            let words = u64::from(len.div_ceil(32));
            vm.buy_ink(121_800 + 21_000 * words.saturating_sub(2))?;
            let hash = keccak256(vm.read(data, len)?);
            Ok(vm.write_hash(dest, hash)?)
        },
    )?;
    binary(linker, "math_div", |a, b| a.checked_div(b).unwrap_or_default())?;
    binary(linker, "math_mod", |a, b| a.checked_rem(b).unwrap_or_default())?;
    ternary(linker, "math_add_mod", 21_000, U256::add_mod)?;
    ternary(linker, "math_mul_mod", 24_100, U256::mul_mod)?;
    linker.func_wrap(MODULE, "math_pow", |hook: Hook, value: u32, exponent: u32| -> Result<(), Error> {
        let mut vm = Vm(hook);
        vm.buy_ink(price::HOST + 3 * price::POINTER + 3_000)?;
        let (base, exponent) = (vm.read_word(value)?, vm.read_word(exponent)?);
        // 33 for 32 bytes, 1 for an exponent of zero.
        let bytes = 33 - exponent.leading_zeros() as u64 / 8;
        vm.buy_ink(17_500 * bytes)?;
        Ok(vm.write_word(value, base.wrapping_pow(exponent))?)
    })?;
    Ok(())
}

fn binary(linker: &mut Linker<Host>, name: &str, compute: fn(U256, U256) -> U256) -> Result<(), Error> {
    linker.func_wrap(MODULE, name, move |hook: Hook, value: u32, other: u32| -> Result<(), Error> {
        let mut vm = Vm(hook);
        vm.buy_ink(price::HOST + 3 * price::POINTER + 20_000)?;
        let (a, b) = (vm.read_word(value)?, vm.read_word(other)?);
        Ok(vm.write_word(value, compute(a, b))?)
    })?;
    Ok(())
}

fn ternary(
    linker: &mut Linker<Host>,
    name: &str,
    ink: u64,
    compute: fn(U256, U256, U256) -> U256,
) -> Result<(), Error> {
    linker.func_wrap(MODULE, name, move |hook: Hook, value: u32, other: u32, modulus: u32| -> Result<(), Error> {
        let mut vm = Vm(hook);
        vm.buy_ink(price::HOST + 4 * price::POINTER + ink)?;
        let (a, b, m) = (vm.read_word(value)?, vm.read_word(other)?, vm.read_word(modulus)?);
        Ok(vm.write_word(value, compute(a, b, m))?)
    })?;
    Ok(())
}
