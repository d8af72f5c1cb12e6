//! The machine that runs a contract. An action is given a [`Host`]: what it reads, writes and asks goes through that alone.
//!
//! On chain it is the machine of Stylus, `wasm.rs`; in native tests a `memory::Memory`. It is no bytes, so handing it on costs
//! nothing; and it is one type and no trait, since what is generic over a host is compiled once more in each crate, and grew
//! every contract.
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};

#[cfg(not(target_arch = "wasm32"))]
use crate::memory as machine;
#[cfg(target_arch = "wasm32")]
use crate::wasm as machine;

pub use machine::revert;

/// What a call to another contract returned. `Err` holds its revert data.
pub type CallResult = core::result::Result<Vec<u8>, Vec<u8>>;

/// The machine, for as long as the call lasts. Whoever runs a contract makes one.
#[derive(Clone, Copy, Debug)]
pub struct Host(());

impl Host {
    pub(crate) const fn of_this_call() -> Self {
        Self(())
    }

    /// Who called the contract.
    pub fn sender(self) -> Address {
        machine::sender()
    }

    /// The contract that runs.
    pub fn this(self) -> Address {
        machine::this()
    }

    /// Seconds.
    pub fn timestamp(self) -> u64 {
        machine::timestamp()
    }

    /// The chain's id, EIP-155.
    pub fn chain_id(self) -> u64 {
        machine::chain_id()
    }

    /// Gas that this call has left.
    pub fn gas_left(self) -> u64 {
        machine::gas_left()
    }

    /// Whether this contract is already running further up the call stack.
    pub fn reentered(self) -> bool {
        machine::reentered()
    }

    /// Whether there is code at an address.
    pub fn has_code(self, address: Address) -> bool {
        machine::has_code(address)
    }

    /// A storage word of the contract that runs; zero where none was stored.
    pub fn load(self, key: B256) -> B256 {
        machine::load(key)
    }

    /// Of a call that fails nothing stays stored.
    pub fn store(self, key: B256, word: B256) {
        machine::store(key, word)
    }

    /// Emits bytes that start with `topics` topics of 32 bytes, at most four.
    pub fn log(self, bytes: &[u8], topics: usize) {
        machine::log(bytes, topics)
    }

    /// A call without value and with all gas.
    ///
    /// # Errors
    /// The revert data, where the callee reverts.
    pub fn call(self, to: Address, data: &[u8]) -> CallResult {
        machine::call(to, data)
    }

    /// A call that may change nothing, with at most `gas`.
    ///
    /// # Errors
    /// The revert data, where the callee reverts, changes something or has not enough gas.
    pub fn static_call(self, to: Address, data: &[u8], gas: u64) -> CallResult {
        machine::static_call(to, data, gas)
    }
}

/// Exports `user_entrypoint`: reads calldata, runs `$router(Host, &[u8]) -> Result<Vec<u8>>`, writes its result or revert data.
#[macro_export]
macro_rules! entrypoint {
    ($router:path) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn($crate::host::Host, &[u8]) -> $crate::Result<alloc::vec::Vec<u8>> = $router;

        /// What the chain calls, with the length of the calldata: 0 for success, 1 for a revert.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::wasm::run(len, $router)
        }

        /// Never called: it names what every program must import.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn mark_used() {
            $crate::wasm::mark_used()
        }
    };
}

/// The machine, for code that is not given it: the escrow's ledger, `crates/escrow-ledger`, and what the escrow calls of it.
pub use machine::{
    call, chain_id, gas_left, has_code, load, log as log_bytes, reentered, sender, static_call, store, this, timestamp,
};

/// The same, where it has to be handed on.
pub const fn ambient() -> Host {
    Host::of_this_call()
}
