//! What an operator decides.
use crate::key::Key;
use alloy::primitives::B256;
use chain::Contracts;
use marks::Market;
use risk::Parameters;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything [`crate::serve`] needs.
#[derive(Clone)]
pub struct Config {
    /// The agent's own node: `http(s)://` or `ws(s)://`.
    pub rpc_url: String,
    /// The deployment that it signs for.
    pub contracts: Contracts,
    /// Port 0 takes a free one; the handle says which.
    pub listen: SocketAddr,
    /// SQLite file of what was signed, and of books.
    pub store: PathBuf,
    /// Signs sets and rulings.
    pub key: Key,
    /// The secret that accounts' position keys derive from; the relayer has the same.
    pub positions: B256,
    /// Which feeds mark which instruments: the relayer's list.
    pub markets: Vec<Market>,
    /// Of the kernel. A house of other parameters is not served.
    pub parameters: Parameters,
    /// Sign only at slots whose marks a quorum of reporters committed to: no other statement stands up in a dispute.
    pub committed_marks: bool,
    /// What a relayer must say to be answered: `Authorization: Bearer <token>`.
    pub token: Option<String>,
    /// Times and sizes.
    pub limits: Limits,
}

/// What bounds a proposal, and when the agent is not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds from the chain's time now to a set's `validUntil`.
    pub validity: u64,
    /// How long one call to the node may take.
    pub rpc: Duration,
    /// How long a proposal waits for the agent's node to reach its block.
    pub behind: Duration,
    /// Pause between two looks at the chain while nobody asks.
    pub poll: Duration,
    /// Without an answer of the node for so long, the service is not well.
    pub stale: Duration,
    /// Bytes of a request's body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            validity: 120,
            rpc: Duration::from_secs(4),
            behind: Duration::from_secs(1),
            poll: Duration::from_millis(100),
            stale: Duration::from_secs(6),
            body: 2 * 1024 * 1024,
        }
    }
}
