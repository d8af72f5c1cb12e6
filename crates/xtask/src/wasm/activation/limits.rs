//! Figures of the chain, ArbOS 60.

/// Compressed code with its prefix: the EVM's contract size limit.
pub const CODE: usize = 24_576;
pub const WASM: usize = 128 * 1024;
pub const PAGES: u64 = 128;
/// Data segments, and element segments
pub const SEGMENTS: u32 = 128;
pub const EXPORTS: u32 = 1_024;
pub const IMPORTS: u32 = 513;
pub const FUNCTIONS: u32 = 4_096;
pub const GLOBALS: u32 = 32_768;
/// In one function
pub const LOCALS: u32 = 348;
/// In one function
pub const OPCODES: usize = 65_536;
/// Entries of a table
pub const ENTRIES: u64 = 4_096;
