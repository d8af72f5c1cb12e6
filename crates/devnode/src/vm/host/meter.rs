//! Ink and memory of the running program, from inside a host function or from outside while it is suspended.

use super::super::hostio::Recorder;
use super::super::ink::{gas_to_ink, ink_to_gas};
use super::{Escape, Host};
use alloy::primitives::{Address, B256, U256};
use wasmi::{AsContextMut, Caller, Store, Val};

/// Something that owns a program's state for the moment.
pub trait Access: AsContextMut<Data = Host> {
    /// The program's state.
    fn host_mut(&mut self) -> &mut Host;
}

impl Access for Caller<'_, Host> {
    fn host_mut(&mut self) -> &mut Host {
        self.data_mut()
    }
}

impl Access for &mut Store<Host> {
    fn host_mut(&mut self) -> &mut Host {
        self.data_mut()
    }
}

/// Access to a program's ink and memory.
pub struct Vm<C>(pub C);

impl<C: Access> Vm<C> {
    /// Begins host function `name`.
    pub fn enter(access: C, name: &'static str) -> Self {
        let mut vm = Self(access);
        if vm.host().recorder.is_some() {
            let ink = vm.ink().unwrap_or_default();
            vm.record(|recorder| recorder.begin(name, ink));
        }
        vm
    }

    /// Shows the recorder arguments of the present host function.
    pub fn args(&mut self, parts: &[&[u8]]) {
        self.record(|recorder| recorder.args(parts));
    }

    /// Ends the present host function with these results.
    pub fn outs(&mut self, parts: &[&[u8]]) {
        if self.host().recorder.is_some() {
            let ink = self.ink().unwrap_or_default();
            self.record(|recorder| recorder.end(parts, ink));
        }
    }

    /// Shows the recorder something, where there is one.
    pub fn record(&mut self, note: impl FnOnce(&mut Recorder)) {
        if let Some(recorder) = &mut self.host().recorder {
            note(recorder);
        }
    }

    /// The program's state.
    pub fn host(&mut self) -> &mut Host {
        self.0.host_mut()
    }

    /// Ink left; an error once the program ran out.
    pub fn ink(&mut self) -> Result<u64, Escape> {
        let (ink, status) = (self.host().ink, self.host().status);
        match (ink.map(|g| g.get(&self.0)), status.map(|g| g.get(&self.0))) {
            (Some(Val::I64(ink)), Some(Val::I32(0))) => Ok(ink as u64),
            _ => Err(Escape::OutOfInk),
        }
    }

    /// Sets the ink that is left.
    pub fn set_ink(&mut self, ink: u64) {
        if let Some(global) = self.host().ink {
            // The global is ours: a mutable i64.
            let _ = global.set(&mut self.0, Val::I64(ink as i64));
        }
    }

    /// Whether the stack check, not an opcode, ended the program.
    pub fn out_of_stack(&mut self) -> bool {
        let stack = self.host().stack;
        matches!(stack.map(|g| g.get(&self.0)), Some(Val::I32(0)))
    }

    /// Ink left, in whole gas.
    pub fn gas_left(&mut self) -> Result<u64, Escape> {
        self.ink().map(ink_to_gas)
    }

    /// Takes ink for a host function's own work.
    pub fn buy_ink(&mut self, ink: u64) -> Result<(), Escape> {
        self.take(ink)?;
        self.host().host_ink += ink;
        Ok(())
    }

    /// Takes EVM gas; the caller books it.
    pub fn buy_gas(&mut self, gas: u64) -> Result<(), Escape> {
        self.take(gas_to_ink(gas))
    }

    /// Asks that `gas` be left, without taking it.
    pub fn require_gas(&mut self, gas: u64) -> Result<(), Escape> {
        if self.ink()? < gas_to_ink(gas) { Err(self.exhaust()) } else { Ok(()) }
    }

    fn take(&mut self, ink: u64) -> Result<(), Escape> {
        let left = self.ink()?;
        match left.checked_sub(ink) {
            Some(left) => {
                self.set_ink(left);
                Ok(())
            }
            None => Err(self.exhaust()),
        }
    }

    fn exhaust(&mut self) -> Escape {
        self.set_ink(0);
        if let Some(global) = self.host().status {
            let _ = global.set(&mut self.0, Val::I32(1));
        }
        Escape::OutOfInk
    }

    /// Bytes of the program's memory; beyond its end the run fails.
    pub fn read(&mut self, pointer: u32, len: u32) -> Result<Vec<u8>, Escape> {
        let memory = self.host().memory.ok_or_else(|| out_of_bounds(pointer, len))?;
        let start = pointer as usize;
        memory
            .data(&self.0)
            .get(start..start.saturating_add(len as usize))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| out_of_bounds(pointer, len))
    }

    fn read_array<const N: usize>(&mut self, pointer: u32) -> Result<[u8; N], Escape> {
        let memory = self.host().memory.ok_or_else(|| out_of_bounds(pointer, N as u32))?;
        let start = pointer as usize;
        memory
            .data(&self.0)
            .get(start..start.saturating_add(N))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| out_of_bounds(pointer, N as u32))
    }

    /// 20 bytes.
    pub fn read_address(&mut self, pointer: u32) -> Result<Address, Escape> {
        self.read_array::<20>(pointer).map(Address::from)
    }

    /// 32 bytes, big-endian.
    pub fn read_word(&mut self, pointer: u32) -> Result<U256, Escape> {
        self.read_array::<32>(pointer).map(U256::from_be_bytes)
    }

    /// Bytes into the program's memory; beyond its end the run fails.
    pub fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Escape> {
        let len = bytes.len() as u32;
        let memory = self.host().memory.ok_or_else(|| out_of_bounds(pointer, len))?;
        memory.write(&mut self.0, pointer as usize, bytes).map_err(|_| out_of_bounds(pointer, len))
    }

    /// 32 bytes, big-endian.
    pub fn write_word(&mut self, pointer: u32, word: U256) -> Result<(), Escape> {
        self.write(pointer, &word.to_be_bytes::<32>())
    }

    /// 32 bytes.
    pub fn write_hash(&mut self, pointer: u32, hash: B256) -> Result<(), Escape> {
        self.write(pointer, hash.as_slice())
    }
}

fn out_of_bounds(pointer: u32, len: u32) -> Escape {
    Escape::Failure(format!("memory access out of bounds: {len} bytes at {pointer:#x}"))
}
