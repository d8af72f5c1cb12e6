//! Ink price of every opcode a program may contain. One gas is 10,000 ink.

use wasmparser::{FuncType, Operator};

/// Ink that one gas buys.
pub const INK_PER_GAS: u64 = 10_000;
/// Cost of the check at the start of each basic block.
pub const BLOCK_HEADER_INK: u64 = 2_450;
/// `memory.copy` and `memory.fill`: ink for each byte, on top of the opcode's own price.
pub const BULK_BYTE_INK: u64 = 100;

/// Ink that `gas` buys, saturating.
pub const fn gas_to_ink(gas: u64) -> u64 {
    gas.saturating_mul(INK_PER_GAS)
}

/// Whole gas left in `ink`.
pub const fn ink_to_gas(ink: u64) -> u64 {
    ink / INK_PER_GAS
}

/// Whether `op` is the last one of its basic block.
pub fn ends_block(op: &Operator) -> bool {
    use Operator::*;
    matches!(
        op,
        End | Else
            | Return
            | Loop { .. }
            | Br { .. }
            | BrTable { .. }
            | BrIf { .. }
            | If { .. }
            | Call { .. }
            | CallIndirect { .. }
    )
}

/// The opcode's price, or `None` when programs may not contain it.
pub fn opcode_ink(op: &Operator, types: &[FuncType]) -> Option<u64> {
    use Operator::*;
    Some(match op {
        Unreachable | Return | Nop | I32Const { .. } | I64Const { .. } | Block { .. } | Loop { .. } | Else | End => 1,
        Drop => 9,
        Br { .. } | BrIf { .. } | If { .. } => 765,
        Select => 1_250,
        BrTable { targets } => 2_400 + 325 * u64::from(targets.len()),
        Call { .. } => 3_800,
        CallIndirect { type_index, .. } => {
            let params = types.get(*type_index as usize)?.params().len();
            13_610 + 650 * params as u64
        }
        LocalGet { .. } | LocalTee { .. } => 75,
        LocalSet { .. } => 210,
        GlobalGet { .. } => 225,
        GlobalSet { .. } => 575,
        MemorySize { .. } => 3_000,
        MemoryGrow { .. } => 8_050,
        MemoryCopy { .. } | MemoryFill { .. } => 950,
        _ => return memory_ink(op).or_else(|| i32_ink(op)).or_else(|| i64_ink(op)),
    })
}

fn memory_ink(op: &Operator) -> Option<u64> {
    use Operator::*;
    Some(match op {
        I32Load { .. } | I32Load8S { .. } | I32Load8U { .. } | I32Load16S { .. } | I32Load16U { .. } => 670,
        I64Load { .. } | I64Load8S { .. } | I64Load8U { .. } | I64Load16S { .. } | I64Load16U { .. } => 680,
        I64Load32S { .. } | I64Load32U { .. } => 680,
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => 825,
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => 950,
        _ => return None,
    })
}

fn i32_ink(op: &Operator) -> Option<u64> {
    use Operator::*;
    Some(match op {
        I32Eqz | I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU => 170,
        I32Clz | I32Ctz => 210,
        I32Popcnt => 2_650,
        I32Add | I32Sub | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr => 70,
        I32Mul => 160,
        I32DivS | I32DivU | I32RemS | I32RemU => 1_120,
        I32WrapI64 | I32Extend8S | I32Extend16S => 100,
        _ => return None,
    })
}

fn i64_ink(op: &Operator) -> Option<u64> {
    use Operator::*;
    Some(match op {
        I64Eqz | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS | I64GeU => 225,
        I64Clz | I64Ctz => 210,
        I64Popcnt => 6_000,
        I64Add | I64Sub | I64And | I64Or | I64Xor | I64Shl | I64ShrS | I64ShrU | I64Rotl | I64Rotr => 100,
        I64Mul => 160,
        I64DivS | I64DivU | I64RemS | I64RemU => 1_270,
        I64ExtendI32S | I64ExtendI32U | I64Extend8S | I64Extend16S | I64Extend32S => 100,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_arithmetic_has_no_price() {
        assert_eq!(opcode_ink(&Operator::F64Add, &[]), None);
        assert_eq!(opcode_ink(&Operator::I64Popcnt, &[]), Some(6_000));
    }

    #[test]
    fn gas_and_ink_convert_downwards() {
        assert_eq!(ink_to_gas(gas_to_ink(7) + 9_999), 7);
        assert_eq!(gas_to_ink(u64::MAX), u64::MAX);
    }
}
