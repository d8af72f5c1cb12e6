//! What an operator decides.
use crate::key::Key;
use alloy::primitives::{Address, B256};
use chain::{ChainError, Deployment};
use marks::{Market, Markets};
use risk::{Parameters, Underlying};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything [`crate::serve`] needs.
#[derive(Clone)]
pub struct Config {
    /// The agent's own node: `http(s)://` or `ws(s)://`.
    pub rpc_url: String,
    pub contracts: Contracts,
    /// Port 0 takes a free one; the handle says which.
    pub listen: SocketAddr,
    /// SQLite file of what was signed, and of books.
    pub store: PathBuf,
    pub key: Key,
    /// The secret that accounts' position keys derive from; the relayer has the same.
    pub positions: B256,
    pub markets: Vec<Market>,
    pub parameters: Parameters,
    /// Sign only at slots whose marks a quorum of reporters committed to: no other statement stands up in a dispute.
    pub committed_marks: bool,
    /// What a relayer must say to be answered: `Authorization: Bearer <token>`.
    pub token: Option<String>,
    pub limits: Limits,
}

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

/// Where the contracts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contracts {
    pub chain_id: u64,
    pub escrow: Address,
    pub registry: Address,
    pub oracle: Address,
    /// No event of ours lies before this block.
    pub first_block: u64,
}

impl Contracts {
    /// # Errors
    /// A contract is missing in the deployment.
    pub fn of(deployment: &Deployment) -> Result<Self, ChainError> {
        Ok(Self {
            chain_id: deployment.chain_id,
            escrow: deployment.escrow()?,
            registry: deployment.registry()?,
            oracle: deployment.oracle()?,
            first_block: deployment.first_block(),
        })
    }
}

/// Perpetuals of BTC and ETH: what is traded where no markets file is named.
pub fn default_markets() -> Vec<Market> {
    vec![Market::spot_only(Underlying::BTC, "BTC-USD"), Market::spot_only(Underlying::ETH, "ETH-USD")]
}

/// The markets file's text; this build must compute with the parameters that it names.
///
/// # Errors
/// For people.
pub fn markets(text: &str) -> Result<Vec<Market>, String> {
    let Markets { markets, parameters_hash } = Markets::parse(text)?;
    let own = Parameters::default().version_hash();
    match parameters_hash {
        Some(hash) if hash != own => Err(format!("parametersHash is {hash}, this build computes with {own}")),
        _ => Ok(markets),
    }
}
