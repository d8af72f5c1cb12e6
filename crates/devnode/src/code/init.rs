//! Init code.

/// EVM init code that deploys `code` as it is: the 43-byte prelude that cargo-stylus uses.
pub fn init_code(code: &[u8]) -> Vec<u8> {
    const PRELUDE: u8 = 43;
    let mut init = Vec::with_capacity(usize::from(PRELUDE) + code.len());
    init.push(0x7f); // PUSH32 length
    init.extend([0u8; 24]);
    init.extend((code.len() as u64).to_be_bytes());
    init.extend([0x80, 0x60, PRELUDE, 0x60, 0x00, 0x39]); // DUP1, PUSH1 offset, PUSH1 0, CODECOPY
    init.extend([0x60, 0x00, 0xf3, 0x00]); // PUSH1 0, RETURN, version byte
    init.extend(code);
    init
}
