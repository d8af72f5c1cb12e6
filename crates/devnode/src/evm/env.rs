//! What a transaction carries beside revm's own context.

use crate::vm::pages::Pages;
use alloy::primitives::B256;
use std::collections::VecDeque;

/// Programs called in this block so far: entering one of them again costs only the cached price.
#[derive(Debug, Clone, Default)]
pub struct RecentPrograms(VecDeque<B256>);

impl RecentPrograms {
    const SIZE: usize = 32;

    /// Notes a call of `code_hash` and tells whether it was there.
    pub fn insert(&mut self, code_hash: B256) -> bool {
        let known = self.0.iter().position(|entry| *entry == code_hash);
        if let Some(at) = known {
            self.0.remove(at);
        }
        self.0.push_front(code_hash);
        self.0.truncate(Self::SIZE);
        known.is_some()
    }
}

/// Where a transaction's gas went, summed over all its frames.
#[derive(Debug, Clone, Copy, Default)]
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
}

/// Stylus's part of a transaction's state.
#[derive(Debug, Clone, Default)]
pub struct StylusEnv {
    pub pages: Pages,
    pub recent: RecentPrograms,
    pub usage: Usage,
    /// Number of the block this chain itself counts; `NUMBER` gives the parent chain's.
    pub block: u64,
    /// What a program or an activation failed for, when the revert data do not tell.
    pub failure: Option<String>,
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
