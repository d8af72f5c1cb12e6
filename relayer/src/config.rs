//! What an operator decides.
use crate::agents::AgentsConfig;
use crate::journal::Store;
use crate::lanes::mark::MarkPolicy;
use crate::market::{ListedExpiry, Market, Markets, NotListed};
use alloy::primitives::{Address, B256, keccak256};
use alloy::signers::local::PrivateKeySigner;
use chain::Contracts;
use risk::{Instrument, Parameters, Underlying};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything [`crate::serve`] needs.
#[derive(Clone)]
pub struct Config {
    /// `http(s)://` or `ws(s)://`; several with commas between them, the next one where one does not answer.
    pub rpc_url: String,
    /// The deployment it works for.
    pub contracts: Contracts,
    /// Where promises and intents are kept.
    pub journal: JournalConfig,
    /// Port 0 takes a free one; the handle says which.
    pub listen: SocketAddr,
    /// Where the operator gives orders; nowhere by default. Whoever reaches it may give them.
    pub admin: Option<SocketAddr>,
    /// Its own, and the secret of positions.
    pub keys: Keys,
    /// Who signs the sets.
    pub agents: AgentsConfig,
    /// What it prices by.
    pub risk: RiskConfig,
    /// Sizes, rates and times that it keeps to.
    pub limits: Limits,
    /// Who may read, and who is told.
    pub access: Access,
    /// When accounts are stated.
    pub mark: Marking,
    /// A collector of OpenTelemetry traces: `http://127.0.0.1:4318`; nothing is traced without one.
    pub traces: Option<String>,
    /// Pause between two looks at the chain while nothing happens.
    pub poll: Duration,
    /// Accept and journal fills, submit nothing.
    pub hold_submission: bool,
    /// State only at slots whose marks a quorum of reporters committed to: no other statement stands up in a dispute.
    pub committed_marks: bool,
}

/// Where promises and intents are kept.
#[derive(Clone)]
pub struct JournalConfig {
    /// A file, or a database that several share.
    pub store: Store,
    /// What the relayers that share it are shown while this one leads; without one, this machine's name and port.
    pub name: Option<String>,
    /// What seals its private part; without one, a key derived from the positions' key does.
    pub key: Option<B256>,
    /// How long what has ended is kept.
    pub keep: Duration,
}

/// How long what has ended is kept, if nothing else is said.
pub const KEEP: Duration = Duration::from_secs(30 * 86_400);

impl From<Store> for JournalConfig {
    fn from(store: Store) -> Self {
        Self { store, name: None, key: None, keep: KEEP }
    }
}

/// A file of this relayer alone.
impl From<PathBuf> for JournalConfig {
    fn from(path: PathBuf) -> Self {
        Store::File(path).into()
    }
}

impl Config {
    /// What seals the private part of the journal.
    pub fn secret(&self) -> B256 {
        let derived = || keccak256([b"plumbline journal".as_slice(), self.keys.positions.as_slice()].concat());
        self.journal.key.unwrap_or_else(derived)
    }

    /// This relayer's name among those that share a journal.
    pub fn name(&self) -> String {
        let machine = || std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        self.journal.name.clone().unwrap_or_else(|| format!("{}:{}", machine().trim(), self.listen.port()))
    }
}

/// The relayer's key pays for transactions and moves nothing by itself. It holds no agent's key.
#[derive(Clone)]
pub struct Keys {
    /// Pays for transactions.
    pub relayer: PrivateKeySigner,
    /// The secret that accounts' position keys derive from; shared with whoever must recompute roots.
    pub positions: B256,
}

/// Who may read what is not for everybody, and who is told of it: signed requests tell who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Hosts, with their ports, that signed requests name; without any, the address that is listened on.
    pub hosts: Vec<String>,
    /// Requests from this machine need a signature too. Without it those that came through no proxy do not, where no host is named
    /// and the address that is listened on is a loopback one.
    pub signed: bool,
    /// Where events of fills are posted.
    pub webhooks: Vec<Webhook>,
}

/// Events of a venue's fills are posted there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Whose fills.
    pub venue: Address,
    /// `https://…`; `http://…` where nobody else listens.
    pub url: String,
}

/// What is traded, and how it is margined.
#[derive(Clone, Debug)]
pub struct RiskConfig {
    /// Each underlying once.
    pub markets: Vec<Market>,
    /// The kernel's, whose hash every house of the deployment names.
    pub parameters: Parameters,
}

/// What the relayer takes on, and for how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At most; the escrow takes 256.
    pub fills_in_bundle: usize,
    /// At most, of one signed set.
    pub accounts_in_set: usize,
    /// Bytes of calldata, selector included.
    pub calldata: usize,
    /// Gas of one transaction's execution.
    pub gas: u64,
    /// Transactions in flight at once.
    pub in_flight: usize,
    /// Wei for a unit of gas at most; `None` pays what it costs.
    pub max_fee: Option<u128>,
    /// Without a block that has it for so long, a transaction that gas has become too dear for bids more.
    pub outbid: Duration,
    /// Fills waiting or in flight beyond which intake answers 503.
    pub queued_fills: usize,
    /// Fills of one venue waiting or in flight beyond which intake answers it 429.
    pub queued_of_venue: usize,
    /// Bytes of a request's body.
    pub body: usize,
    /// Seconds a statement set stays valid.
    pub set_validity: u64,
    /// How long one attempt of a call to the node may take; there are three.
    pub rpc: Duration,
    /// HTTP connections at once.
    pub connections: usize,
    /// How long a request's head may take, and a connection stay without a request.
    pub header: Duration,
    /// How long a request may take, its body included.
    pub request: Duration,
    /// Requests a second from one address; twice as many at once.
    pub requests: u32,
    /// Fills a second of one venue, as its signatures say; four times as many at once.
    pub venue_rate: u32,
    /// Fills of one venue an hour that are lapsed on chain at the relayer's expense, where it or their accounts let their time pass.
    pub venue_lapses: u32,
    /// Streams of events at once, and those of one venue.
    pub streams: usize,
    /// Streams of one venue at once.
    pub venue_streams: usize,
    /// Posts a second from one address that no venue of ours signed; five times as many at once.
    pub strangers: u32,
    /// Without a turn of the engine or an answer of the node for so long, the service is not well.
    pub stale: Duration,
    /// Age of the newest block from which the service is not well; `None` on a chain that makes none while nothing happens.
    pub block_age: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fills_in_bundle: 1_500,
            in_flight: 16,
            max_fee: None,
            outbid: Duration::from_secs(12),
            accounts_in_set: 100,
            calldata: 95_000,
            gas: 32_000_000,
            queued_fills: 200_000,
            queued_of_venue: 50_000,
            body: 512 * 1024,
            set_validity: 60,
            rpc: Duration::from_secs(4),
            connections: 512,
            header: Duration::from_secs(5),
            request: Duration::from_secs(30),
            requests: 1_000,
            venue_rate: 5_000,
            venue_lapses: 10_000,
            streams: 128,
            venue_streams: 4,
            strangers: 10,
            stale: Duration::from_secs(6),
            block_age: None,
        }
    }
}

/// When accounts are marked without a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marking {
    /// Least distance of two looks at the accounts of a house, in oracle slots; 0 never states without a fill.
    pub every_slots: u64,
    /// Which of them are stated then.
    pub policy: MarkPolicy,
}

impl Default for Marking {
    fn default() -> Self {
        Self { every_slots: 1, policy: MarkPolicy::default() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    Deployment(#[from] chain::ChainError),
    #[error("markets file {path}: {reason}")]
    Markets { path: PathBuf, reason: String },
    #[error("webhook {url}: {reason}")]
    Webhook { url: String, reason: String },
    #[error("traces to {url}: {reason}")]
    Traces { url: String, reason: String },
    #[error("agent {0} is the relayer's key: they must differ, so that the relayer's key alone moves nothing")]
    OneKey(Address),
    #[error("no agent is named: start plumbline-agent, and the relayer with --agent ADDRESS=URL")]
    NoAgent,
    #[error("agent {0} is named twice")]
    TwoUrls(Address),
    #[error("an HTTP client for the agents: {0}")]
    Client(String),
}

impl Keys {
    /// The key that salts an account's positions; pledgor, agents and secured party hold it.
    pub fn of_account(&self, account: u64) -> B256 {
        chain::proposal::account_key(self.positions, account)
    }
}

impl Config {
    /// # Errors
    /// No agent is named, one twice, or one that is the relayer itself.
    pub fn check(&self) -> Result<(), ConfigError> {
        let own = self.keys.relayer.address();
        let mut named = std::collections::BTreeSet::new();
        for at in &self.agents.list {
            if at.address == own {
                return Err(ConfigError::OneKey(own));
            }
            if !named.insert(at.address) {
                return Err(ConfigError::TwoUrls(at.address));
            }
        }
        if named.is_empty() { Err(ConfigError::NoAgent) } else { Ok(()) }
    }
}

impl Default for RiskConfig {
    /// Perpetuals of BTC and ETH under the reference parameters.
    fn default() -> Self {
        Self { markets: Market::references(), parameters: Parameters::default() }
    }
}

impl RiskConfig {
    /// Reads the markets file, [`Markets`].
    ///
    /// # Errors
    /// Where the file cannot be read, or its text is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let fail = |reason: String| ConfigError::Markets { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        Self::parse(&text).map_err(fail)
    }

    /// The same from the file's text.
    ///
    /// # Errors
    /// For people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parameters = Parameters::default();
        Ok(Self { markets: Markets::under(text, parameters.version_hash())?, parameters })
    }

    /// Feeds without which no set is computed: spot of every market.
    pub fn spot_feeds(&self) -> impl Iterator<Item = B256> + '_ {
        self.markets.iter().map(|market| market.feed)
    }

    /// Feeds of every expiry: a price of theirs holds for [`abi::escrow::FRESH_SLOTS`] slots more.
    pub fn expiry_feeds(&self) -> impl Iterator<Item = B256> + '_ {
        self.markets.iter().flat_map(Market::expiry_feeds)
    }

    /// The expiry that marks an instrument, where it has one.
    ///
    /// # Errors
    /// Where nobody trades it here: underlying, expiry or strike.
    pub fn listed(&self, instrument: &Instrument) -> Result<Option<&ListedExpiry>, NotListed> {
        self.market(instrument.underlying).ok_or(NotListed::Underlying(*instrument))?.listed(instrument)
    }

    /// The market of an underlying, where it is traded.
    pub fn market(&self, underlying: Underlying) -> Option<&Market> {
        self.markets.iter().find(|market| market.underlying == underlying)
    }
}
