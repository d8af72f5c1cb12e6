//! Rewrites a module so that it counts its own ink and stack.
//!
//! Every basic block starts by taking the price of all its opcodes; every function starts by reserving its frame and
//! gives it back where it returns. Opcodes are copied as they stand, so indices and encodings do not change.

use super::depth::{self, Frame};
use super::ink;
use crate::activation::{ActivationError, Function, Module, split_count};
use wasm_encoder::{BlockType, ConstExpr, Encode, ExportKind, GlobalType, Instruction, RawSection, ValType};
use wasmparser::Operator;

/// Names under which the instrumentation's globals are exported.
pub const INK_LEFT: &str = "stylus_ink_left";
/// 1 once the ink ran out.
pub const INK_STATUS: &str = "stylus_ink_status";
/// In words.
pub const STACK_LEFT: &str = "stylus_stack_left";

const GLOBAL_SECTION: u8 = 6;
const EXPORT_SECTION: u8 = 7;
const CODE_SECTION: u8 = 10;
const CUSTOM_SECTION: u8 = 0;

/// Indices of the four added globals.
#[derive(Clone, Copy)]
struct Globals {
    ink: u32,
    status: u32,
    scratch: u32,
    stack: u32,
}

/// A module that counts its ink and stack.
pub struct Instrumented {
    /// Ready for the engine.
    pub wasm: Vec<u8>,
    /// Opcodes of each defined function, the added ones included.
    pub opcodes: Vec<u64>,
}

/// The instrumented form of `wasm`, whose parsed form is `module`.
pub fn instrument(wasm: &[u8], module: &Module) -> Result<Instrumented, ActivationError> {
    let first = module.globals as u32;
    let globals = Globals { ink: first, status: first + 1, scratch: first + 2, stack: first + 3 };
    let bodies = bodies(module, globals);
    let mut out = wasm_encoder::Module::new();
    let mut globals_written = false;
    for (id, range) in module.sections.iter().filter(|(id, _)| *id != CUSTOM_SECTION) {
        if *id >= EXPORT_SECTION && !globals_written {
            out.section(&RawSection { id: GLOBAL_SECTION, data: &global_section(&[0])? });
            globals_written = true;
        }
        let data = &wasm[range.clone()];
        let rewritten = match *id {
            GLOBAL_SECTION => {
                globals_written = true;
                global_section(data)?
            }
            EXPORT_SECTION => export_section(data, globals)?,
            CODE_SECTION => code_section(&bodies),
            _ => data.to_vec(),
        };
        out.section(&RawSection { id: *id, data: &rewritten });
    }
    Ok(Instrumented { wasm: out.finish(), opcodes: bodies.iter().map(|body| body.opcodes).collect() })
}

fn global_section(data: &[u8]) -> Result<Vec<u8>, ActivationError> {
    let (count, items) = split_count(data)?;
    let mut out = Vec::with_capacity(data.len() + 32);
    (count + 4).encode(&mut out);
    out.extend(items);
    let stack = ConstExpr::i32_const(depth::STACK_WORDS as i32);
    let zero = ConstExpr::i32_const(0);
    for (val_type, init) in
        [(ValType::I64, &ConstExpr::i64_const(0)), (ValType::I32, &zero), (ValType::I32, &zero), (ValType::I32, &stack)]
    {
        GlobalType { val_type, mutable: true, shared: false }.encode(&mut out);
        init.encode(&mut out);
    }
    Ok(out)
}

fn export_section(data: &[u8], globals: Globals) -> Result<Vec<u8>, ActivationError> {
    let (count, items) = split_count(data)?;
    let mut out = Vec::with_capacity(data.len() + 64);
    (count + 3).encode(&mut out);
    out.extend(items);
    for (name, index) in [(INK_LEFT, globals.ink), (INK_STATUS, globals.status), (STACK_LEFT, globals.stack)] {
        name.encode(&mut out);
        ExportKind::Global.encode(&mut out);
        index.encode(&mut out);
    }
    Ok(out)
}

fn bodies(module: &Module, globals: Globals) -> Vec<Body> {
    let grows = module.memories.first().is_some_and(|memory| memory.maximum != Some(memory.initial));
    let pay = if grows { module.imports.iter().position(|import| import.name == "pay_for_memory_grow") } else { None };
    let pay = pay.map(|index| index as u32);
    module.functions.iter().map(|function| Body::of(module, function, globals, pay)).collect()
}

fn code_section(bodies: &[Body]) -> Vec<u8> {
    let mut out = Vec::new();
    (bodies.len() as u32).encode(&mut out);
    for Body { bytes, .. } in bodies {
        (bytes.len() as u32).encode(&mut out);
        out.extend(bytes);
    }
    out
}

/// An instrumented function body.
struct Body {
    bytes: Vec<u8>,
    opcodes: u64,
}

impl Body {
    fn of(module: &Module, function: &Function, globals: Globals, pay: Option<u32>) -> Self {
        let frame = Frame::of(module, function).words;
        let mut body = Self { bytes: function.locals_bytes.to_vec(), opcodes: 0 };
        body.emit(&enter(globals, frame));
        let mut block = Self { bytes: Vec::new(), opcodes: 0 };
        let mut cost = 0u64;
        let last = function.ops.len().saturating_sub(1);
        for (i, (op, bytes)) in function.ops.iter().enumerate() {
            // Opcodes without a price were refused before.
            cost = cost.saturating_add(ink::opcode_ink(op, &module.types).unwrap_or(u64::MAX));
            match (op, pay) {
                (Operator::MemoryCopy { .. } | Operator::MemoryFill { .. }, _) => block.emit(&bulk_charge(globals)),
                (Operator::MemoryGrow { .. }, Some(pay)) => block.emit(&grow_charge(globals, pay)),
                (Operator::Return, _) => block.emit(&leave(globals, frame)),
                (Operator::End, _) if i == last => {
                    block.emit(&leave(globals, frame));
                    block.emit(&[Instruction::Return]);
                }
                _ => {}
            }
            block.bytes.extend(*bytes);
            block.opcodes += 1;
            if ink::ends_block(op) {
                body.emit(&block_charge(globals, cost.saturating_add(ink::BLOCK_HEADER_INK)));
                body.take(&mut block);
                cost = 0;
            }
        }
        body
    }

    fn emit(&mut self, instructions: &[Instruction]) {
        instructions.iter().for_each(|instruction| instruction.encode(&mut self.bytes));
        self.opcodes += instructions.len() as u64;
    }

    /// Appends `block` and empties it.
    fn take(&mut self, block: &mut Self) {
        self.bytes.append(&mut block.bytes);
        self.opcodes += std::mem::take(&mut block.opcodes);
    }
}

/// ink < cost: status = 1 and trap; else ink -= cost.
fn block_charge(g: Globals, cost: u64) -> [Instruction<'static>; 12] {
    use Instruction::*;
    let cost = cost as i64;
    [
        GlobalGet(g.ink),
        I64Const(cost),
        I64LtU,
        If(BlockType::Empty),
        I32Const(1),
        GlobalSet(g.status),
        Unreachable,
        End,
        GlobalGet(g.ink),
        I64Const(cost),
        I64Sub,
        GlobalSet(g.ink),
    ]
}

/// Takes the price of the bytes on top of the stack and leaves them there.
fn bulk_charge(g: Globals) -> [Instruction<'static>; 17] {
    use Instruction::*;
    [
        GlobalSet(g.scratch),
        GlobalGet(g.ink),
        GlobalGet(g.ink),
        GlobalGet(g.scratch),
        I64ExtendI32U,
        I64Const(ink::BULK_BYTE_INK as i64),
        I64Mul,
        I64Sub,
        GlobalSet(g.ink),
        GlobalGet(g.ink),
        // More ink than before: the subtraction wrapped.
        I64LtU,
        If(BlockType::Empty),
        I32Const(1),
        GlobalSet(g.status),
        Unreachable,
        End,
        GlobalGet(g.scratch),
    ]
}

/// Pays for the pages on top of the stack and leaves them there.
fn grow_charge(g: Globals, pay: u32) -> [Instruction<'static>; 4] {
    use Instruction::*;
    [GlobalSet(g.scratch), GlobalGet(g.scratch), GlobalGet(g.scratch), Call(pay)]
}

/// stack <= frame: stack = 0 and trap; else stack -= frame.
fn enter(g: Globals, frame: u32) -> [Instruction<'static>; 12] {
    use Instruction::*;
    let frame = frame as i32;
    [
        GlobalGet(g.stack),
        I32Const(frame),
        I32LeU,
        If(BlockType::Empty),
        I32Const(0),
        GlobalSet(g.stack),
        Unreachable,
        End,
        GlobalGet(g.stack),
        I32Const(frame),
        I32Sub,
        GlobalSet(g.stack),
    ]
}

fn leave(g: Globals, frame: u32) -> [Instruction<'static>; 4] {
    use Instruction::*;
    [GlobalGet(g.stack), I32Const(frame as i32), I32Add, GlobalSet(g.stack)]
}
