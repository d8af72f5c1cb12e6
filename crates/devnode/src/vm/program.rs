//! The chain's record of an activated program, kept in one storage slot of ArbOS's state account.
//!
//! It lives in ordinary storage so that reverted transactions, snapshots and reorgs undo it like anything else.

use crate::activation::{ProgramStats, cached_gas, init_gas};
use alloy::primitives::{B256, U256, keccak256};

/// Days after which an activation lapses.
pub const EXPIRY_DAYS: u64 = 365;
/// Days after which an activation may be renewed.
pub const KEEPALIVE_DAYS: u64 = 31;

/// From where the hours of activations count.
const ARBITRUM_START: u64 = 1_421_388_000;
const DAY: u64 = 86_400;

/// An activated program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// Of Stylus.
    pub version: u16,
    /// What a call adds to its price where the program is not cached: gas beyond a fixed part.
    pub init_cost: u16,
    /// The same of every call.
    pub cached_cost: u16,
    /// Pages of memory at the start.
    pub footprint: u16,
    /// Hours since Arbitrum began, never 0.
    pub activated_at: u32,
    /// Estimated native code, in KiB.
    pub asm_kb: u32,
    /// Whether a bid keeps it in the cache.
    pub cached: bool,
}

/// Why a program may not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inactive {
    /// There is no record.
    NotActivated,
    /// Activated for another version of Stylus than the chain's.
    NeedsUpgrade {
        /// That it was activated for.
        version: u16,
        /// The chain's.
        stylus: u16,
    },
    /// Its year is over.
    Expired {
        /// Seconds since its activation or renewal.
        age: u64,
    },
}

impl Program {
    /// A record of now.
    pub fn activated(stats: &ProgramStats, version: u16, time: u64) -> Self {
        Self {
            version,
            // Activation refused what does not fit.
            init_cost: stats.init_cost as u16,
            cached_cost: stats.cached_init_cost as u16,
            footprint: stats.footprint,
            activated_at: hours(time),
            asm_kb: stats.asm_estimate.div_ceil(1024) as u32,
            cached: false,
        }
    }

    /// Slot of the program with this code hash.
    pub fn slot(code_hash: B256) -> U256 {
        code_hash.into()
    }

    /// Slot of the hash of its WASM, which for a program in fragments the code hash does not tell.
    pub fn module_slot(code_hash: B256) -> U256 {
        keccak256([code_hash.as_slice(), b"module"].concat()).into()
    }

    /// As the word of its slot, in Nitro's layout.
    pub fn pack(self) -> U256 {
        let mut word = [0u8; 32];
        word[0..2].copy_from_slice(&self.version.to_be_bytes());
        word[2..4].copy_from_slice(&self.init_cost.to_be_bytes());
        word[4..6].copy_from_slice(&self.cached_cost.to_be_bytes());
        word[6..8].copy_from_slice(&self.footprint.to_be_bytes());
        word[8..11].copy_from_slice(&self.activated_at.to_be_bytes()[1..]);
        word[11..14].copy_from_slice(&self.asm_kb.to_be_bytes()[1..]);
        word[14] = self.cached.into();
        U256::from_be_bytes(word)
    }

    /// The record in `word`, or `None` for a program never activated.
    pub fn unpack(word: U256) -> Option<Self> {
        let w = word.to_be_bytes::<32>();
        let two = |at: usize| u16::from_be_bytes([w[at], w[at + 1]]);
        let three = |at: usize| u32::from_be_bytes([0, w[at], w[at + 1], w[at + 2]]);
        (two(0) != 0).then(|| Self {
            version: two(0),
            init_cost: two(2),
            cached_cost: two(4),
            footprint: two(6),
            activated_at: three(8),
            asm_kb: three(11),
            cached: w[14] != 0,
        })
    }

    /// The record in `word` if the program may run at `time` under version `stylus` of Stylus.
    pub fn active(word: U256, stylus: u16, time: u64) -> Result<Self, Inactive> {
        let program = Self::unpack(word).ok_or(Inactive::NotActivated)?;
        if program.version != stylus {
            return Err(Inactive::NeedsUpgrade { version: program.version, stylus });
        }
        let age = program.age(time);
        if age > EXPIRY_DAYS * DAY { Err(Inactive::Expired { age }) } else { Ok(program) }
    }

    /// Seconds since the hour of activation.
    pub fn age(&self, time: u64) -> u64 {
        time.saturating_sub(ARBITRUM_START + u64::from(self.activated_at) * 3_600)
    }

    /// Seconds until it lapses.
    pub fn time_left(&self, time: u64) -> u64 {
        (EXPIRY_DAYS * DAY).saturating_sub(self.age(time))
    }

    /// Whether it is old enough to be renewed.
    pub fn may_renew(&self, time: u64) -> bool {
        self.age(time) >= KEEPALIVE_DAYS * DAY
    }

    /// Another year from now.
    pub fn renew(&mut self, time: u64) {
        self.activated_at = hours(time);
    }

    /// Of a call where it is not cached, on top of [`Self::cached_gas`].
    pub fn init_gas(&self) -> u64 {
        init_gas(self.init_cost.into())
    }

    /// Of every call, before its first instruction.
    pub fn cached_gas(&self) -> u64 {
        cached_gas(self.cached_cost.into())
    }

    /// Bytes; the data fee is priced by it.
    pub fn asm_size(&self) -> u32 {
        self.asm_kb.saturating_mul(1024)
    }
}

fn hours(time: u64) -> u32 {
    (time.saturating_sub(ARBITRUM_START) / 3_600).clamp(1, 0xFF_FFFF) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_survives_its_slot_and_expires() {
        let program = Program {
            version: 2,
            init_cost: 1,
            cached_cost: 2,
            footprint: 3,
            activated_at: 40_000,
            asm_kb: 70_000,
            cached: true,
        };
        assert_eq!(Program::unpack(program.pack()), Some(program));
        let start = ARBITRUM_START + 40_000 * 3_600;
        assert!(Program::active(program.pack(), 2, start + 365 * DAY).is_ok());
        assert_eq!(
            Program::active(program.pack(), 2, start + 365 * DAY + 1),
            Err(Inactive::Expired { age: 365 * DAY + 1 })
        );
        assert_eq!(Program::active(U256::ZERO, 2, start), Err(Inactive::NotActivated));
        // Its age is not looked at when its version is another.
        let older = Err(Inactive::NeedsUpgrade { version: 2, stylus: 3 });
        assert_eq!(Program::active(program.pack(), 3, start + 999 * DAY), older);
    }
}
