//! What a transaction carries beside revm's own context.

use crate::arbos::Arbos;
use crate::vm::hostio::HostCall;
use crate::vm::ink::ink_to_gas;
use crate::vm::pages::Pages;
use alloy::primitives::B256;
use std::collections::VecDeque;

/// Programs called in this block so far: entering one of them again costs only the cached price.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct RecentPrograms(VecDeque<B256>);

impl RecentPrograms {
    /// Nitro's `BlockCacheSize`.
    pub const SIZE: u16 = 32;

    /// Notes a call of `code_hash` and tells whether it was there.
    pub fn insert(&mut self, code_hash: B256) -> bool {
        let known = self.0.iter().position(|entry| *entry == code_hash);
        if let Some(at) = known {
            self.0.remove(at);
        }
        self.0.push_front(code_hash);
        self.0.truncate(Self::SIZE.into());
        known.is_some()
    }
}

/// Where the gas of programs went, summed over frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Set-up of programs.
    pub program_entry: u64,
    /// Initial pages of programs.
    pub pages: u64,
    /// Opcodes of programs.
    pub wasm_ink: u64,
    /// Host functions' own work.
    pub host_ink: u64,
    /// Storage loads and stores of programs.
    pub storage: u64,
    /// Logs, account reads, transient storage and grown pages of programs.
    pub evm_priced: u64,
    /// Calls and creations by programs: their own price, not what the callee uses.
    pub sub_calls: u64,
}

impl Usage {
    /// `self` without `part`.
    pub fn less(self, part: Self) -> Self {
        self.with(part, u64::saturating_sub)
    }

    /// Both together.
    pub fn plus(self, more: Self) -> Self {
        self.with(more, u64::saturating_add)
    }

    fn with(self, other: Self, combine: fn(u64, u64) -> u64) -> Self {
        Self {
            program_entry: combine(self.program_entry, other.program_entry),
            pages: combine(self.pages, other.pages),
            wasm_ink: combine(self.wasm_ink, other.wasm_ink),
            host_ink: combine(self.host_ink, other.host_ink),
            storage: combine(self.storage, other.storage),
            evm_priced: combine(self.evm_priced, other.evm_priced),
            sub_calls: combine(self.sub_calls, other.sub_calls),
        }
    }
}

/// [`Usage`] in whole gas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramGas {
    /// Set-up of programs.
    pub program_entry: u64,
    /// Initial pages of programs.
    pub memory_pages: u64,
    /// Opcodes of programs.
    pub wasm: u64,
    /// Host functions' own work.
    pub host_io: u64,
    /// Storage loads and stores of programs.
    pub storage: u64,
    /// Logs, account reads, transient storage and grown pages of programs.
    pub evm_priced: u64,
    /// Calls and creations by programs: their own price.
    pub sub_calls: u64,
}

impl ProgramGas {
    /// All of it.
    pub fn total(&self) -> u64 {
        let Self { program_entry, memory_pages, wasm, host_io, storage, evm_priced, sub_calls } = self;
        program_entry + memory_pages + wasm + host_io + storage + evm_priced + sub_calls
    }
}

impl From<Usage> for ProgramGas {
    fn from(usage: Usage) -> Self {
        Self {
            program_entry: usage.program_entry,
            memory_pages: usage.pages,
            wasm: ink_to_gas(usage.wasm_ink),
            host_io: ink_to_gas(usage.host_ink),
            storage: usage.storage,
            evm_priced: usage.evm_priced,
            sub_calls: usage.sub_calls,
        }
    }
}

/// Stylus's part of a transaction's state.
#[derive(Debug, Clone, Default)]
pub struct StylusEnv {
    /// As the state that the transaction runs on has it.
    pub arbos: Arbos,
    /// Memory that programs have opened.
    pub pages: Pages,
    /// Programs called in the block so far.
    pub recent: RecentPrograms,
    /// Gas of the programs so far.
    pub usage: Usage,
    /// Number of the block this chain itself counts; `NUMBER` gives the parent chain's.
    pub block: u64,
    /// Gas that the transaction's data cost, part of its gas limit.
    pub data_gas: u64,
    /// Most gas of a transaction for everything but data.
    pub execution_limit: u64,
    /// Whether that limit holds, as it does but for calls.
    pub limited: bool,
    /// What a program or an activation failed for, when the revert data do not tell.
    pub failure: Option<String>,
    /// Whether programs record the host functions they call.
    pub tracing: bool,
    /// Host functions of the program that ended last, when tracing.
    pub steps: Vec<HostCall>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_32_programs_are_recent() {
        let mut recent = RecentPrograms::default();
        let hash = |n: u8| B256::repeat_byte(n);
        assert!(!recent.insert(hash(0)));
        (1..32).for_each(|n| assert!(!recent.insert(hash(n))));
        assert!(recent.insert(hash(0)));
        assert!(!recent.insert(hash(99)));
        assert!(!recent.insert(hash(1)), "1 was the one not used for longest");
    }
}
