//! Opcodes of a function once the chain has metered it, which is what its limit counts.

use wasmparser::Operator;

/// The check of the stack's depth at the function's start, and its return at the end.
pub const FUNCTION: usize = 12 + 4 + 1;
/// Ink taken before each basic block.
const BLOCK: usize = 12;
/// Ink by length, before `memory.copy` and `memory.fill`.
const LENGTH: usize = 17;
/// The stack's depth given back.
const RETURN: usize = 4;
/// The call that pays for pages.
const GROW: usize = 4;

/// An opcode and what is put beside it.
pub fn count(operator: &Operator<'_>) -> usize {
    use Operator::*;
    let beside = match operator {
        Return => BLOCK + RETURN,
        End | Else | Loop { .. } | If { .. } | Br { .. } | BrIf { .. } | BrTable { .. } => BLOCK,
        Call { .. } | CallIndirect { .. } => BLOCK,
        MemoryCopy { .. } | MemoryFill { .. } => LENGTH,
        MemoryGrow { .. } => GROW,
        _ => 0,
    };
    1 + beside
}
