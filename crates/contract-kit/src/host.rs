//! Calls into the virtual machine, and the only `unsafe` of the contracts. Natively there is no machine: the stand-ins below
//! only let the contracts compile for lints and for tests of their pure parts.
//!
//! Every block hands the host pointers into buffers that live through the call, with the lengths the host reads or writes:
//! 20 bytes for an address, 32 for a word, and what the length beside the pointer says. The host keeps none of them.
#![allow(unsafe_code)]

use crate::revert::{Result, Revert};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};

#[cfg(not(target_arch = "wasm32"))]
use absent::{self as hostio, exit_early};
#[cfg(target_arch = "wasm32")]
use stylus_sdk::hostio;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    /// The SDK leaves it out.
    fn exit_early(status: u32) -> !;
}

/// Exports `user_entrypoint`: reads calldata, runs `$router(&[u8]) -> Result<Vec<u8>>`, writes its result or revert data.
#[macro_export]
macro_rules! entrypoint {
    ($router:path) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn(&[u8]) -> $crate::Result<alloc::vec::Vec<u8>> = $router;

        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::host::run(len, $router)
        }

        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn mark_used() {
            $crate::host::mark_used()
        }
    };
}

/// Reads calldata, routes it, writes what comes back. No function takes value: with some, the call reverts without data, as in Solidity.
pub fn run(len: usize, router: fn(&[u8]) -> Result<Vec<u8>>) -> usize {
    if has_value() {
        return 1;
    }
    match router(&calldata(len)) {
        Ok(output) => {
            flush();
            finish_with(&output, 0)
        }
        Err(Revert(data)) => finish_with(&data, 1),
    }
}

fn calldata(len: usize) -> Vec<u8> {
    let mut calldata = alloc::vec![0u8; len];
    unsafe { hostio::read_args(calldata.as_mut_ptr()) };
    calldata
}

/// Writes what was stored.
fn flush() {
    unsafe { hostio::storage_flush_cache(false) };
}

/// Writes result or revert data; the call's status.
fn finish_with(output: &[u8], status: usize) -> usize {
    unsafe { hostio::write_result(output.as_ptr(), output.len()) };
    status
}

/// Ends the call here with revert data.
#[cold]
pub fn revert(data: &[u8]) -> ! {
    unsafe {
        hostio::write_result(data.as_ptr(), data.len());
        exit_early(1)
    }
}

/// Imports what activation demands of a program whose memory may grow.
pub fn mark_used() {
    unsafe { hostio::pay_for_memory_grow(0) }
}

/// Whether this contract is already running further up the call stack.
pub fn reentered() -> bool {
    unsafe { hostio::msg_reentrant() }
}

pub fn sender() -> Address {
    let mut bytes = [0u8; 20];
    unsafe { hostio::msg_sender(bytes.as_mut_ptr()) };
    bytes.into()
}

pub fn this() -> Address {
    let mut bytes = [0u8; 20];
    unsafe { hostio::contract_address(bytes.as_mut_ptr()) };
    bytes.into()
}

fn has_value() -> bool {
    let mut bytes = [0u8; 32];
    unsafe { hostio::msg_value(bytes.as_mut_ptr()) };
    bytes != [0u8; 32]
}

/// Seconds.
pub fn timestamp() -> u64 {
    unsafe { hostio::block_timestamp() }
}

pub fn chain_id() -> u64 {
    unsafe { hostio::chainid() }
}

pub fn load(key: B256) -> B256 {
    let mut word = B256::ZERO;
    unsafe { hostio::storage_load_bytes32(key.as_ptr(), word.as_mut_ptr()) };
    word
}

/// Kept in the call's cache until the contract calls out or ends.
pub fn store(key: B256, word: B256) {
    unsafe { hostio::storage_cache_bytes32(key.as_ptr(), word.as_ptr()) };
}

/// Emits topics and data; at most four topics.
pub fn log(topics: &[B256], data: &[u8]) {
    let mut bytes = Vec::with_capacity(topics.len().saturating_mul(32).saturating_add(data.len()));
    for topic in topics {
        bytes.extend_from_slice(topic.as_slice());
    }
    bytes.extend_from_slice(data);
    log_bytes(&bytes, topics.len());
}

/// Emits bytes that start with `topics` topics of 32 bytes.
pub fn log_bytes(bytes: &[u8], topics: usize) {
    unsafe { hostio::emit_log(bytes.as_ptr(), bytes.len(), topics) };
}

/// A call without value and with all gas. `Err` holds the callee's revert data.
pub fn call(to: Address, data: &[u8]) -> core::result::Result<Vec<u8>, Vec<u8>> {
    let value = U256::ZERO.to_be_bytes::<32>();
    let mut returned = 0usize;
    flush();
    let status = unsafe {
        hostio::call_contract(to.as_ptr(), data.as_ptr(), data.len(), value.as_ptr(), u64::MAX, &mut returned)
    };
    finish(status)
}

/// A static call with at most `gas`. `Err` holds the callee's revert data.
pub fn static_call(to: Address, data: &[u8], gas: u64) -> core::result::Result<Vec<u8>, Vec<u8>> {
    let mut returned = 0usize;
    flush();
    let status = unsafe { hostio::static_call_contract(to.as_ptr(), data.as_ptr(), data.len(), gas, &mut returned) };
    finish(status)
}

/// Gas that this call has left.
pub fn gas_left() -> u64 {
    unsafe { hostio::evm_gas_left() }
}

/// Whether there is code at an address.
pub fn has_code(address: Address) -> bool {
    unsafe { hostio::account_code_size(address.as_ptr()) != 0 }
}

fn finish(status: u8) -> core::result::Result<Vec<u8>, Vec<u8>> {
    let size = unsafe { hostio::return_data_size() };
    let mut data = alloc::vec![0u8; size];
    if size != 0 {
        unsafe { hostio::read_return_data(data.as_mut_ptr(), 0, size) };
    }
    if status == 0 { Ok(data) } else { Err(data) }
}

#[cfg(not(target_arch = "wasm32"))]
mod absent {
    //! There is no host off the chain.
    macro_rules! absent {
        ($($name:ident($($arg:ty),*) $(-> $ret:ty)?;)*) => {
            $(pub unsafe fn $name($(_: $arg),*) $(-> $ret)? { panic!(concat!(stringify!($name), ": only on chain")) })*
        };
    }
    absent! {
        read_args(*mut u8);
        write_result(*const u8, usize);
        exit_early(u32) -> !;
        storage_load_bytes32(*const u8, *mut u8);
        storage_cache_bytes32(*const u8, *const u8);
        storage_flush_cache(bool);
        emit_log(*const u8, usize, usize);
        msg_sender(*mut u8);
        msg_value(*mut u8);
        msg_reentrant() -> bool;
        contract_address(*mut u8);
        block_timestamp() -> u64;
        chainid() -> u64;
        evm_gas_left() -> u64;
        account_code_size(*const u8) -> usize;
        call_contract(*const u8, *const u8, usize, *const u8, u64, *mut usize) -> u8;
        static_call_contract(*const u8, *const u8, usize, u64, *mut usize) -> u8;
        return_data_size() -> usize;
        read_return_data(*mut u8, usize, usize) -> usize;
        pay_for_memory_grow(u16);
    }
}
