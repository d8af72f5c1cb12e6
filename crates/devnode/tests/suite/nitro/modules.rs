//! Modules that were measured and are made here anew.

use super::wasm;
use sha2::{Digest, Sha256};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, Instruction,
    MemorySection, MemoryType, Module, RawSection, Section, TypeSection, ValType,
};
use wasmparser::Parser;

const MEMORY_SECTION: u8 = 5;

/// `forwarder-1` with pages of memory and with [`data`] at 16,384.
pub fn with_data(bytes: usize, pages: u64) -> Vec<u8> {
    let original = wasm("forwarder-1");
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(&original) {
        let Some((id, range)) = payload.unwrap().as_section() else { continue };
        match id {
            MEMORY_SECTION => module.section(&memory(pages)),
            id => module.section(&RawSection { id, data: &original[range.start as usize..range.end as usize] }),
        };
    }
    module.section(DataSection::new().active(0, &ConstExpr::i32_const(16_384), data(bytes)));
    module.finish()
}

/// SHA-256 of 0, 1, 2… as four bytes big-endian, joined.
fn data(bytes: usize) -> Vec<u8> {
    (0u32..).flat_map(|n| Sha256::digest(n.to_be_bytes())).take(bytes).collect()
}

fn memory(pages: u64) -> impl Section {
    let mut section = MemorySection::new();
    section.memory(MemoryType {
        minimum: pages,
        maximum: Some(pages),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    section
}

/// Functions of two parameters and a result beside the entry point, in a module of `bytes`, made up with `nop`s.
pub fn of_functions(count: usize, bytes: usize) -> Vec<u8> {
    let bare = functions(count, 0, 0).len();
    let in_each = (bytes - bare) / count;
    // The entry point's length takes more bytes when it is long.
    let in_entry = (0..).find(|nops| functions(count, in_each, *nops).len() >= bytes).unwrap();
    functions(count, in_each, in_entry)
}

fn functions(count: usize, nops_in_each: usize, nops_in_entry: usize) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
    let mut indices = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut add = |ty: u32, nops: usize, rest: &[Instruction]| {
        indices.function(ty);
        let mut body = Function::new([]);
        for op in (0..nops).map(|_| &Instruction::Nop).chain(rest).chain([&Instruction::End]) {
            body.instruction(op);
        }
        code.function(&body);
    };
    add(0, nops_in_entry, &[Instruction::I32Const(0)]);
    let sum = [Instruction::LocalGet(0), Instruction::LocalGet(1), Instruction::I32Add];
    (0..count).for_each(|_| add(1, nops_in_each, &sum));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("user_entrypoint", ExportKind::Func, 0);
    let mut module = Module::new();
    module.section(&types).section(&indices).section(&memory(1)).section(&exports).section(&code);
    module.finish()
}
