//! Figures of public chains, ArbOS 61.

/// Code of one account: the EVM's limit. What is larger is split.
pub const CODE: usize = 24_576;
/// Prefix of a program in one account, and of a fragment.
pub const PREFIX: usize = 4;
pub const FRAGMENT_PREFIX: usize = 3;
pub const FRAGMENTS: usize = 4;
pub const WASM: usize = 256 * 1024;
pub const PAGES: u64 = 128;
/// Data segments, and element segments
pub const SEGMENTS: u32 = 128;
pub const EXPORTS: u32 = 1_024;
pub const IMPORTS: u32 = 513;
pub const FUNCTIONS: u32 = 4_096;
pub const GLOBALS: u32 = 32_768;
/// In one function
pub const LOCALS: u32 = 348;
/// In one function, with those that the chain adds
pub const OPCODES: usize = 65_536;
/// Entries of a table
pub const ENTRIES: u64 = 4_096;
