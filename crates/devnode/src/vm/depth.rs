//! Words of stack a function may use at worst: what the depth check deducts on entry.

use super::ink::ends_block;
use crate::activation::{Function, Module};
use wasmparser::{BlockType, FuncType, Operator};

/// Words of stack a program starts with, since ArbOS 50.
pub const STACK_WORDS: u32 = 22_000;
/// Most words one frame may need.
pub const FRAME_WORDS: u32 = 10 * 1_024;
/// Most values on a frame's stack at once.
pub const FRAME_VALUES: u32 = 4_096;
/// Words every frame needs beside values and locals.
const FRAME_OVERHEAD: u32 = 4;
/// Values that the check of a block's ink puts on the stack.
const BLOCK_CHECK: u32 = 2;
/// Values that the charge for bytes puts on the stack, less the one it takes off for the while.
const BULK_CHARGE: u32 = 3;

/// What one frame of a function needs at worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Values on the stack at once.
    pub values: u32,
    /// Words the depth check deducts.
    pub words: u32,
}

impl Frame {
    /// With the metering's own values, as the chain counts; its check of depth comes after.
    pub fn of(module: &Module, function: &Function) -> Self {
        let mut height = StackHeight::default();
        let mut starts = true;
        for (op, _) in &function.ops {
            if starts {
                height.reach(BLOCK_CHECK);
            }
            if matches!(op, Operator::MemoryCopy { .. } | Operator::MemoryFill { .. }) {
                height.reach(BULK_CHARGE);
            }
            height.step(op, &module.types, |index| module.function_type(index));
            starts = ends_block(op);
        }
        Self { values: height.worst, words: height.worst + function.locals as u32 + FRAME_OVERHEAD }
    }
}

/// Follows the height of the operand stack through one function.
#[derive(Debug)]
struct StackHeight {
    height: u32,
    worst: u32,
    scopes: Vec<u32>,
}

impl Default for StackHeight {
    fn default() -> Self {
        Self { height: 0, worst: 0, scopes: vec![0] }
    }
}

impl StackHeight {
    /// Accounts for values on top of the present ones that are gone again.
    fn reach(&mut self, values: u32) {
        self.worst = self.worst.max(self.height + values);
    }

    /// Accounts for `op`; `function` gives the type of a callee by index.
    fn step<'t>(&mut self, op: &Operator, types: &'t [FuncType], function: impl Fn(u32) -> Option<&'t FuncType>) {
        use Operator::*;
        match op {
            Block { blockty } | Loop { blockty } => self.open(blockty, types),
            If { blockty } => {
                self.pop(1);
                self.open(blockty, types);
            }
            Else => self.height = self.scopes.last().copied().unwrap_or_default(),
            End => self.height = self.scopes.pop().unwrap_or_default(),
            Call { function_index } => self.call(function(*function_index)),
            CallIndirect { type_index, .. } => {
                self.call(types.get(*type_index as usize));
                self.pop(1);
            }
            LocalGet { .. } | GlobalGet { .. } | MemorySize { .. } | I32Const { .. } | I64Const { .. } => self.push(1),
            BrIf { .. } | BrTable { .. } | LocalSet { .. } | GlobalSet { .. } | Drop => self.pop(1),
            Select | I32Store { .. } | I64Store { .. } | I32Store8 { .. } | I32Store16 { .. } => self.pop(2),
            I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => self.pop(2),
            MemoryCopy { .. } | MemoryFill { .. } => self.pop(3),
            _ if is_binary(op) => self.pop(1),
            _ => {}
        }
    }

    fn open(&mut self, block: &BlockType, types: &[FuncType]) {
        match block {
            BlockType::Empty => {}
            BlockType::Type(_) => self.push(1),
            BlockType::FuncType(index) => self.call(types.get(*index as usize)),
        }
        self.scopes.push(self.height);
    }

    fn call(&mut self, ty: Option<&FuncType>) {
        let Some(ty) = ty else { return };
        self.push(ty.results().len() as u32);
        self.pop(ty.params().len() as u32);
    }

    fn push(&mut self, values: u32) {
        self.height += values;
        self.worst = self.worst.max(self.height);
    }

    fn pop(&mut self, values: u32) {
        self.height = self.height.saturating_sub(values);
    }
}

#[rustfmt::skip]
fn is_binary(op: &Operator) -> bool {
    use Operator::*;
    matches!(
        op,
        I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU
            | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS | I64GeU
            | I32Add | I32Sub | I32Mul | I32DivS | I32DivU | I32RemS | I32RemU
            | I64Add | I64Sub | I64Mul | I64DivS | I64DivU | I64RemS | I64RemU
            | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr
            | I64And | I64Or | I64Xor | I64Shl | I64ShrS | I64ShrU | I64Rotl | I64Rotr
    )
}
