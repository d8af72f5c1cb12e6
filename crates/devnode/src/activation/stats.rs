//! The figures that price a program's activation and its calls.

use super::Module;
use super::segment::Segment;
use crate::vm::pages::Pages;

/// Globals that the instrumentation adds.
const ADDED_GLOBALS: u64 = 4;
const MIN_CACHED_GAS: u64 = 11 * 32;
const MIN_INIT_GAS: u64 = 69 * 128;

/// Size, footprint and prices of a program that may be activated.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramStats {
    /// Bytes of WASM.
    pub wasm_len: u64,
    /// Pages of memory at the start.
    pub footprint: u16,
    /// Defined functions.
    pub functions: u64,
    /// Parameters and results over all defined functions.
    pub type_len: u64,
    /// Globals after instrumentation.
    pub globals: u64,
    /// Bytes of data and element segments as they stand in the binary, headers included.
    pub data_len: u64,
    /// Opcodes of all functions after instrumentation.
    pub opcodes: u64,
    /// As stored by the chain: the variable part of a call that finds the program cached.
    pub cached_init_cost: u64,
    /// As stored by the chain: the variable part of a call that does not.
    pub init_cost: u64,
    /// Estimated size of the native code; the data fee is priced by it.
    pub asm_estimate: u64,
    /// Gas each call pays before its first instruction when the program is cached, without memory.
    pub entry_gas_cached: u64,
    /// The same when it is not cached.
    pub entry_gas_uncached: u64,
    /// Gas for the initial pages in a transaction that has opened none.
    pub memory_gas: u64,
    /// Compute gas of the activation, without its fixed part.
    pub activation_gas: u64,
}

impl ProgramStats {
    pub(super) fn of(wasm: &[u8], module: &Module, opcodes: u64) -> Self {
        let wasm_len = wasm.len() as u64;
        let functions = module.functions.len() as u64;
        let type_of = |index: u32| module.types.get(index as usize);
        let values = |ty: &wasmparser::FuncType| (ty.params().len() + ty.results().len()) as u64;
        let type_len = module.functions.iter().filter_map(|f| type_of(f.type_index)).map(values).sum::<u64>();
        let globals = module.globals + ADDED_GLOBALS;
        let as_they_stand = |segments: &[Segment]| segments.iter().map(|segment| segment.bytes).sum::<u64>();
        let element_bytes = as_they_stand(&module.elements);
        let data_len = as_they_stand(&module.data) + element_bytes;
        let footprint = module.footprint();

        let cached_init_cost = functions * 13_420 / 100_000
            + type_len * 89 / 100_000
            + wasm_len * 122 / 100_000
            + globals * 1_628 / 1_000
            + data_len * 75_244 / 100_000
            + u64::from(footprint) * 5;
        let init_cost = functions * 8_252 / 1_000 + type_len * 1_059 / 1_000 + wasm_len * 1_286 / 10_000;
        let asm_estimate =
            512_000 + functions * 996_829 / 1_000 + type_len * 11_416 / 1_000 + wasm_len * 62_628 / 10_000;
        let activation_gas = [
            wasm_len * 31_733 / 100_000,
            functions * 17_263 / 100_000,
            module.data.iter().map(|segment| segment.len).sum::<u64>() * 17_376 / 100_000,
            element_bytes * 17_376 / 100_000,
            u64::from(footprint) * 2_217,
            opcodes * 535 / 1_000,
        ]
        .into_iter()
        .map(micros_to_gas)
        .sum();

        let entry_gas_cached = MIN_CACHED_GAS + cached_init_cost;
        Self {
            wasm_len,
            footprint,
            functions,
            type_len,
            globals,
            data_len,
            opcodes,
            cached_init_cost,
            init_cost,
            asm_estimate,
            entry_gas_cached,
            entry_gas_uncached: entry_gas_cached + init_gas(init_cost),
            memory_gas: Pages::default().cost(footprint),
            activation_gas,
        }
    }
}

/// Gas of a call's set-up beyond [`cached_gas`] when the program is not cached.
pub fn init_gas(init_cost: u64) -> u64 {
    MIN_INIT_GAS + init_cost
}

/// Gas of every call's set-up.
pub fn cached_gas(cached_init_cost: u64) -> u64 {
    MIN_CACHED_GAS + cached_init_cost
}

fn micros_to_gas(micros: u64) -> u64 {
    micros * 2 * 7_000_000 / 500_000
}
