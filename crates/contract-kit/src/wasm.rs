//! The machine of Arbitrum Stylus, and the only `unsafe` of the contracts.
#![allow(unsafe_code)]

use crate::host::{CallResult, Host};
use crate::revert::{Result, Revert};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};

#[global_allocator]
static ALLOCATOR: mini_alloc::MiniAlloc = mini_alloc::MiniAlloc::INIT;

/// Panics abort before they come here (`-Cpanic=immediate-abort`); the compiler asks for it all the same.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// What the machine offers, as far as it is used. The whole list: Nitro's `arbitrator/wasm-libraries/user-host-trait`.
mod hostio {
    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        pub fn account_code_size(address: *const u8) -> usize;
        pub fn block_timestamp() -> u64;
        pub fn call_contract(
            to: *const u8,
            data: *const u8,
            length: usize,
            value: *const u8,
            gas: u64,
            returned: *mut usize,
        ) -> u8;
        pub fn chainid() -> u64;
        pub fn contract_address(address: *mut u8);
        pub fn emit_log(bytes: *const u8, length: usize, topics: usize);
        pub fn evm_gas_left() -> u64;
        pub fn exit_early(status: u32) -> !;
        pub fn msg_reentrant() -> bool;
        pub fn msg_sender(sender: *mut u8);
        pub fn msg_value(value: *mut u8);
        pub fn pay_for_memory_grow(pages: u16);
        pub fn read_args(to: *mut u8);
        pub fn read_return_data(to: *mut u8, offset: usize, size: usize) -> usize;
        pub fn return_data_size() -> usize;
        pub fn static_call_contract(
            to: *const u8,
            data: *const u8,
            length: usize,
            gas: u64,
            returned: *mut usize,
        ) -> u8;
        pub fn storage_cache_bytes32(key: *const u8, word: *const u8);
        pub fn storage_flush_cache(clear: bool);
        pub fn storage_load_bytes32(key: *const u8, word: *mut u8);
        pub fn write_result(data: *const u8, length: usize);
    }
}

/// Reads calldata, routes it, writes what comes back. No function takes value: with some, the call reverts without data, as in Solidity.
pub fn run(len: usize, router: fn(Host, &[u8]) -> Result<Vec<u8>>) -> usize {
    if has_value() {
        return 1;
    }
    match router(Host::of_this_call(), &calldata(len)) {
        Ok(output) => {
            flush();
            write_result(&output);
            0
        }
        Err(Revert(data)) => {
            write_result(&data);
            1
        }
    }
}

/// Imports what activation demands of a program whose memory may grow.
pub fn mark_used() {
    // SAFETY: takes no pointer; no pages are paid for.
    unsafe { hostio::pay_for_memory_grow(0) }
}

/// Ends the call here with revert data.
#[cold]
pub fn revert(data: &[u8]) -> ! {
    write_result(data);
    // SAFETY: takes no pointer. The host drops the instance, so that nothing on its stack is used again.
    unsafe { hostio::exit_early(1) }
}

/// [`Host::sender`].
pub fn sender() -> Address {
    let mut bytes = [0u8; 20];
    // SAFETY: the host writes 20 bytes, the array's length.
    unsafe { hostio::msg_sender(bytes.as_mut_ptr()) };
    bytes.into()
}

/// [`Host::this`].
pub fn this() -> Address {
    let mut bytes = [0u8; 20];
    // SAFETY: the host writes 20 bytes, the array's length.
    unsafe { hostio::contract_address(bytes.as_mut_ptr()) };
    bytes.into()
}

/// [`Host::timestamp`].
pub fn timestamp() -> u64 {
    // SAFETY: takes no pointer.
    unsafe { hostio::block_timestamp() }
}

/// [`Host::chain_id`].
pub fn chain_id() -> u64 {
    // SAFETY: takes no pointer.
    unsafe { hostio::chainid() }
}

/// [`Host::gas_left`].
pub fn gas_left() -> u64 {
    // SAFETY: takes no pointer.
    unsafe { hostio::evm_gas_left() }
}

/// [`Host::reentered`].
pub fn reentered() -> bool {
    // SAFETY: takes no pointer.
    unsafe { hostio::msg_reentrant() }
}

/// [`Host::has_code`].
pub fn has_code(address: Address) -> bool {
    // SAFETY: the host reads 20 bytes, an address's length.
    unsafe { hostio::account_code_size(address.as_ptr()) != 0 }
}

/// [`Host::load`].
pub fn load(key: B256) -> B256 {
    let mut word = B256::ZERO;
    // SAFETY: the host reads 32 bytes of the key and writes the word's 32; they are two values.
    unsafe { hostio::storage_load_bytes32(key.as_ptr(), word.as_mut_ptr()) };
    word
}

/// Kept in the call's cache until the contract calls out or ends.
pub fn store(key: B256, word: B256) {
    // SAFETY: the host reads 32 bytes of each, their length.
    unsafe { hostio::storage_cache_bytes32(key.as_ptr(), word.as_ptr()) };
}

/// [`Host::log`].
pub fn log(bytes: &[u8], topics: usize) {
    // SAFETY: the host reads as many bytes as the slice has, and keeps a copy.
    unsafe { hostio::emit_log(bytes.as_ptr(), bytes.len(), topics) };
}

/// [`Host::call`].
///
/// # Errors
/// The revert data.
pub fn call(to: Address, data: &[u8]) -> CallResult {
    let value = U256::ZERO.to_be_bytes::<32>();
    let mut returned = 0usize;
    flush();
    // SAFETY: the host reads 20 bytes of the address, the data by its length and 32 bytes of value, and writes one `usize`.
    // It runs the callee in an instance of its own, which cannot reach this memory.
    let status = unsafe {
        hostio::call_contract(to.as_ptr(), data.as_ptr(), data.len(), value.as_ptr(), u64::MAX, &mut returned)
    };
    answer(status)
}

/// [`Host::static_call`].
///
/// # Errors
/// The revert data.
pub fn static_call(to: Address, data: &[u8], gas: u64) -> CallResult {
    let mut returned = 0usize;
    flush();
    // SAFETY: as in `call`, without value.
    let status = unsafe { hostio::static_call_contract(to.as_ptr(), data.as_ptr(), data.len(), gas, &mut returned) };
    answer(status)
}

fn calldata(len: usize) -> Vec<u8> {
    let mut calldata = alloc::vec![0u8; len];
    // SAFETY: the host writes the calldata, whose length it gave the entry point and the vector has.
    unsafe { hostio::read_args(calldata.as_mut_ptr()) };
    calldata
}

fn has_value() -> bool {
    let mut bytes = [0u8; 32];
    // SAFETY: the host writes 32 bytes, the array's length.
    unsafe { hostio::msg_value(bytes.as_mut_ptr()) };
    bytes != [0u8; 32]
}

/// Writes what was stored.
fn flush() {
    // SAFETY: takes no pointer.
    unsafe { hostio::storage_flush_cache(false) };
}

fn write_result(output: &[u8]) {
    // SAFETY: the host reads as many bytes as the slice has, and keeps a copy.
    unsafe { hostio::write_result(output.as_ptr(), output.len()) };
}

fn answer(status: u8) -> CallResult {
    // SAFETY: takes no pointer.
    let size = unsafe { hostio::return_data_size() };
    let mut data = alloc::vec![0u8; size];
    if size != 0 {
        // SAFETY: the host writes at most `size` bytes, the vector's length.
        unsafe { hostio::read_return_data(data.as_mut_ptr(), 0, size) };
    }
    if status == 0 { Ok(data) } else { Err(data) }
}
