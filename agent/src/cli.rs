//! Command line and environment.
use alloy::primitives::B256;
use anyhow::{Context, Result};
use chain::Deployment;
use clap::{Args, Parser, Subcommand, ValueEnum};
use plumbline_agent::config::{default_markets, markets};
use plumbline_agent::key::{self, Place};
use plumbline_agent::{Config, Contracts, Limits};
use risk::Parameters;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The calculation agent of a house, in a process of its own: at another institution than the relayer's, if one likes.
///
/// A relayer proposes statement sets. The agent computes each anew, from its own node, the oracle's prices and its own books,
/// and signs it or says which figure differs. For an account and sequence it signs nothing else while what it signed may land.
#[derive(Parser)]
#[command(name = "plumbline-agent", version, after_help = EXAMPLE)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// error, warn, info, debug
    #[arg(long, env = "PLUMBLINE_AGENT_LOG", default_value = "info", global = true)]
    pub log: String,
    /// How the log is written to standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text, global = true)]
    pub log_format: LogFormat,
}

#[derive(Subcommand)]
pub enum Command {
    /// Answers a relayer's proposals until interrupted
    Serve(Box<Serve>),
    /// The second agent's word in a dispute: what should have been stated, signed
    Rule(Box<Rule>),
    /// Prints the key's address
    Address(KeyArgs),
    /// Prints the positions' key that derived from this key while the relayer held it
    PositionsKey(KeyArgs),
}

#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Where the key lies: exactly one of them, or the variable PLUMBLINE_AGENT_KEY.
#[derive(Args, Clone)]
pub struct KeyArgs {
    /// Encrypted keystore (Web3 Secret Storage), as `cast wallet import` writes it
    #[arg(long, env = "PLUMBLINE_AGENT_KEYSTORE", value_name = "FILE")]
    keystore: Option<PathBuf>,
    /// Its password's file; otherwise PLUMBLINE_KEYSTORE_PASSWORD
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Key at AWS KMS: id, ARN or alias (a build with --features aws)
    #[arg(long, value_name = "KEY")]
    aws_kms: Option<String>,
    /// Key at Google Cloud KMS: projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V (a build with --features gcp)
    #[arg(long, value_name = "NAME")]
    gcp_kms: Option<String>,
}

/// What the agent computes from.
#[derive(Args, Clone)]
pub struct ChainArgs {
    /// The agent's own node: http(s):// or ws(s)://
    #[arg(long, env = "PLUMBLINE_AGENT_RPC_URL", default_value = "http://127.0.0.1:8547")]
    pub rpc_url: String,
    /// Where the contracts stand: deployments/<chain-id>.json
    #[arg(long, env = "PLUMBLINE_AGENT_DEPLOYMENT")]
    pub deployment: PathBuf,
    /// The relayer's markets file [default: perpetuals of BTC and ETH]
    #[arg(long, env = "PLUMBLINE_AGENT_MARKETS")]
    pub markets: Option<PathBuf>,
    /// SQLite file of what was signed, and of books; one for each key and escrow. Whoever loses it may sign twice: keep it
    #[arg(long, env = "PLUMBLINE_AGENT_STORE", default_value = "agent.sqlite")]
    pub store: PathBuf,
    /// 32 bytes from which accounts' position keys derive; the relayer has the same
    #[arg(long, env = "POSITIONS_KEY", hide_env_values = true, value_name = "KEY")]
    pub positions_key: B256,
}

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Address to listen on
    #[arg(long, env = "PLUMBLINE_AGENT_LISTEN", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// What a relayer must say (Authorization: Bearer …); needed beyond loopback
    #[arg(long, env = "AGENT_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    /// Sign only at slots whose marks the reporters have committed: a dispute of any other is lost
    #[arg(long, env = "PLUMBLINE_AGENT_COMMITTED_MARKS")]
    committed_marks: bool,
    /// Most seconds that a set may be valid for
    #[arg(long, default_value_t = 120)]
    validity: u64,
    /// Print where it listens, and who signs, as JSON
    #[arg(long)]
    pub json: bool,
}

/// Finds what should have been stated of an account in dispute, from the agent's own book and the oracle's prices of that slot, and
/// signs it. Anyone may send the call that is printed.
#[derive(Args)]
pub struct Rule {
    #[command(flatten)]
    pub chain: ChainArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    /// The account in dispute
    #[arg(long)]
    pub account: u64,
    /// JSON file with a book that the store lacks: {"account", "previous", "digest", "book": {"positions": [["BTC-PERP", 1]], "cash": "0"}}
    #[arg(long, value_name = "FILE")]
    pub book: Option<PathBuf>,
    /// Seconds for which the word can be sent
    #[arg(long, default_value_t = 3_600)]
    pub valid: u64,
    /// Send it as well; this key pays
    #[arg(long)]
    pub send: bool,
    #[arg(long, env = "PAYER_KEY", hide_env_values = true, value_name = "KEY")]
    pub payer_key: Option<String>,
    /// Print the word as JSON
    #[arg(long)]
    pub json: bool,
}

impl KeyArgs {
    pub fn place(&self) -> Place {
        Place {
            keystore: self.keystore.clone(),
            password_file: self.password_file.clone(),
            aws: self.aws_kms.clone(),
            gcp: self.gcp_kms.clone(),
        }
    }
}

impl Serve {
    pub async fn config(&self) -> Result<Config> {
        let key = key::read(&self.key.place()).await?;
        let config = self.chain.config(key)?;
        let limits = Limits { validity: self.validity, ..Limits::default() };
        let (token, committed_marks) = (self.token.clone(), self.committed_marks);
        Ok(Config { listen: self.listen, token, committed_marks, limits, ..config })
    }
}

impl ChainArgs {
    pub fn config(&self, key: plumbline_agent::Key) -> Result<Config> {
        let listed = self.markets.as_ref().map(|path| {
            let text = std::fs::read_to_string(path).with_context(|| format!("markets file {}", path.display()))?;
            markets(&text).map_err(|reason| anyhow::anyhow!("markets file {}: {reason}", path.display()))
        });
        Ok(Config {
            rpc_url: self.rpc_url.clone(),
            contracts: Contracts::of(&Deployment::load(&self.deployment)?)?,
            listen: ([127, 0, 0, 1], 0).into(),
            store: self.store.clone(),
            key,
            positions: self.positions_key,
            markets: listed.transpose()?.unwrap_or_else(default_markets),
            parameters: Parameters::default(),
            committed_marks: false,
            token: None,
            limits: Limits { rpc: Duration::from_secs(4), ..Limits::default() },
        })
    }
}

const EXAMPLE: &str = "Exit codes: 0 well; 1 it could not do what was asked, standard error says why; 2 wrong usage; 3 there is nothing to rule.

The key is in PLUMBLINE_AGENT_KEY (hexadecimal), in a keystore, or at AWS or Google Cloud. It is never an argument.

  PLUMBLINE_AGENT_KEY=0x… POSITIONS_KEY=0x… plumbline-agent serve --deployment deployments/412346.json
  curl -s http://127.0.0.1:8090/healthz
  RELAYER_KEY=0x… POSITIONS_KEY=0x… relayer --deployment deployments/412346.json --agent 0x…=http://127.0.0.1:8090

  PLUMBLINE_AGENT_KEY=0x… POSITIONS_KEY=0x… PAYER_KEY=0x… plumbline-agent rule --account 3 --send \\
    --deployment deployments/412346.json

docs/agent.md says what it checks, what it refuses, and what its alarms mean.";
