//! Programs lapse a year after their activation, unless somebody pays for another year; anybody may, from the 31st day on. After an
//! upgrade of the chain that raises Stylus' version they must be activated again, which anybody may too.
mod renew;
mod survey;

pub use renew::{EXTENSION_GAS, Renewed, activate, extend, with_reserve};
pub use survey::{again, survey};

use crate::activation::Price;
use alloy::primitives::{Address, B256, U256};
use std::fmt;

/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// A program of the record, as the chain sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// One of [`PROGRAMS`](crate::step::PROGRAMS).
    pub name: &'static str,
    /// The account that is called.
    pub address: Address,
    /// Of that account's code: `ArbWasm` extends programs by it.
    pub code_hash: B256,
    /// Whether it runs, and for how long.
    pub life: Life,
}

/// What `ArbWasm` says of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// The chain extends it for a fee.
    Extendable {
        /// Until it lapses.
        seconds_left: u64,
        /// Wei.
        fee: U256,
    },
    /// The chain does not extend it yet.
    Young {
        /// Until it lapses.
        seconds_left: u64,
        /// Seconds until it can be extended.
        wait: u64,
    },
    /// It does not run, and only an activation helps.
    Stopped {
        /// By the chain's own word.
        why: Why,
        /// Nothing where the chain would not activate it.
        activation: Option<Price>,
    },
}

/// Why a program does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// So many days after its activation.
    Lapsed(u64),
    /// Activated for a version of Stylus that the chain has left behind.
    Outdated {
        /// For which it was activated.
        version: u16,
        /// The chain's now.
        stylus: u16,
    },
    /// Nobody has activated it.
    Never,
    /// The chain's reason, which is none of these.
    Other(String),
}

impl Program {
    /// Time until it lapses; nothing where it does not run.
    pub const fn seconds_left(&self) -> Option<u64> {
        match self.life {
            Life::Extendable { seconds_left, .. } | Life::Young { seconds_left, .. } => Some(seconds_left),
            Life::Stopped { .. } => None,
        }
    }

    /// The fee, where it can be extended now and has no more than so many days left.
    pub fn due(&self, below: Option<u64>) -> Option<U256> {
        match self.life {
            Life::Extendable { seconds_left, fee }
                if below.is_none_or(|days| seconds_left <= days.saturating_mul(DAY)) =>
            {
                Some(fee)
            }
            _ => None,
        }
    }

    /// What bringing it back costs. A program that never ran is the deployment's to activate.
    pub const fn stopped(&self) -> Option<Price> {
        match &self.life {
            Life::Stopped { why: Why::Lapsed(_) | Why::Outdated { .. }, activation } => *activation,
            _ => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lapsed(days) => write!(to, "lapsed: last activated or extended {days} days ago"),
            Self::Outdated { version, stylus } => write!(to, "activated for Stylus {version}, the chain has {stylus}"),
            Self::Never => write!(to, "was never activated"),
            Self::Other(reason) => write!(to, "{reason}"),
        }
    }
}
