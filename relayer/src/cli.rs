//! Command line, environment and file, in this order of precedence.
use alloy::primitives::B256;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail};
use chain::Deployment;
use clap::Parser;
use relayer::{Access, Config, Contracts, Keys, Limits, Marking, RiskConfig, Webhook};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Takes venues' signed fills over HTTP and settles them on chain in bundles, each fill exactly once.
///
/// A fill that is acknowledged (202) is on disk. It settles when both accounts can post the margin it calls for, in the
/// same transaction; until then it waits, and past its settleBy it is lapsed on chain. The process may be killed at any time:
/// started again with the same journal it goes on where the chain says it was.
///
/// Example:
///   RELAYER_KEY=0x… AGENT_KEY=0x… relayer --rpc-url http://127.0.0.1:8547 --deployment deployments/412346.json
///   curl -s http://127.0.0.1:8080/v1/status
///
/// The API is described at /openapi.json and in docs/api.md.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
pub struct Cli {
    /// JSON file with the same settings (rpcUrl, deployment, journal, listen, markets, …); flags and variables win
    #[arg(long, env = "RELAYER_CONFIG")]
    config: Option<PathBuf>,
    /// Node to talk to: http(s):// or ws(s)://; several with commas: the next where one fails [default: http://127.0.0.1:8547]
    #[arg(long, env = "RELAYER_RPC_URL")]
    rpc_url: Option<String>,
    /// Where the contracts stand: deployments/<chain-id>.json
    #[arg(long, env = "RELAYER_DEPLOYMENT")]
    deployment: Option<PathBuf>,
    /// SQLite file of promises and intents; one for each chain and deployment [default: relayer.sqlite]
    #[arg(long, env = "RELAYER_JOURNAL")]
    journal: Option<PathBuf>,
    /// Address to listen on; on a loopback one this machine reads without signatures [default: 127.0.0.1:8080]
    #[arg(long, env = "RELAYER_LISTEN")]
    listen: Option<SocketAddr>,
    /// JSON file of markets, expiries and strikes; see docs/api.md [default: perpetuals of BTC and ETH]
    #[arg(long, env = "RELAYER_MARKETS")]
    markets: Option<PathBuf>,
    /// Pays for transactions; moves nothing by itself
    #[arg(long, env = "RELAYER_KEY", hide_env_values = true, value_name = "KEY")]
    relayer_key: Option<String>,
    /// Signs statement sets as calculation agent; another key than the relayer's
    #[arg(long, env = "AGENT_KEY", hide_env_values = true, value_name = "KEY")]
    agent_key: Option<String>,
    /// Signs too where an agreement names a second agent
    #[arg(long, env = "SECOND_AGENT_KEY", hide_env_values = true, value_name = "KEY")]
    second_agent_key: Option<String>,
    /// 32 bytes from which accounts' position keys derive [default: derived from the agent's key]
    #[arg(long, env = "POSITIONS_KEY", hide_env_values = true, value_name = "KEY")]
    positions_key: Option<B256>,
    /// Accept and journal fills, submit nothing: for maintenance of the chain side
    #[arg(long, env = "RELAYER_HOLD_SUBMISSION")]
    hold_submission: bool,
    /// State only at slots whose marks the reporters have committed (reporters with `markets`): a dispute of any other is lost
    #[arg(long, env = "RELAYER_COMMITTED_MARKS")]
    committed_marks: bool,
    /// Most fills in a bundle [default: 256]
    #[arg(long)]
    max_fills: Option<usize>,
    /// Mark accounts every so many oracle slots of 10 s; 0 never [default: 1]
    #[arg(long)]
    mark_every_slots: Option<u64>,
    /// Pause between two looks at an idle chain [default: 25]
    #[arg(long, value_name = "MILLISECONDS")]
    poll: Option<u64>,
    /// How long one attempt of a call to the node may take, of three [default: 4]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    rpc_timeout: Option<u64>,
    /// HTTP connections at once; well below the limit of open files [default: 512]
    #[arg(long)]
    connections: Option<usize>,
    /// Requests a second from one address [default: 1000]
    #[arg(long)]
    requests: Option<u32>,
    /// Fills a second of one venue [default: 5000]
    #[arg(long)]
    venue_fills: Option<u32>,
    /// Host, with its port, that venues reach this relayer under; several with commas. Needed behind a proxy: signed reads name it
    #[arg(long, env = "RELAYER_HOST", value_delimiter = ',')]
    host: Vec<String>,
    /// Reads from this machine need signatures too
    #[arg(long, env = "RELAYER_SIGNED_READS")]
    signed_reads: bool,
    /// Not well where the newest block is older; for chains that always make blocks
    #[arg(long, value_name = "SECONDS")]
    block_age: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct File {
    rpc_url: Option<String>,
    deployment: Option<PathBuf>,
    journal: Option<PathBuf>,
    listen: Option<SocketAddr>,
    markets: Option<PathBuf>,
    hold_submission: bool,
    committed_marks: bool,
    max_fills: Option<usize>,
    mark_every_slots: Option<u64>,
    poll: Option<u64>,
    rpc_timeout: Option<u64>,
    connections: Option<usize>,
    requests: Option<u32>,
    venue_fills: Option<u32>,
    host: Vec<String>,
    signed_reads: bool,
    webhooks: Vec<Webhook>,
    block_age: Option<u64>,
}

impl Cli {
    pub fn config(self) -> Result<Config> {
        let file = self.config.as_deref().map(File::load).transpose()?.unwrap_or_default();
        let deployment = self.deployment.clone().or(file.deployment);
        let Some(deployment) = deployment else {
            bail!("name the deployment: --deployment deployments/<chain-id>.json")
        };
        let markets = self.markets.clone().or(file.markets);
        let limits = Limits::default();
        Ok(Config {
            contracts: Contracts::of(&Deployment::load(deployment)?)?,
            keys: self.keys()?,
            risk: markets.map_or_else(|| Ok(RiskConfig::default()), |path| RiskConfig::load(&path))?,
            rpc_url: self.rpc_url.or(file.rpc_url).unwrap_or_else(|| "http://127.0.0.1:8547".to_owned()),
            journal: self.journal.or(file.journal).unwrap_or_else(|| "relayer.sqlite".into()),
            listen: self.listen.or(file.listen).unwrap_or_else(|| ([127, 0, 0, 1], 8080).into()),
            limits: Limits {
                rpc: self.rpc_timeout.or(file.rpc_timeout).map_or(limits.rpc, Duration::from_secs),
                connections: self.connections.or(file.connections).unwrap_or(limits.connections).max(1),
                requests: self.requests.or(file.requests).unwrap_or(limits.requests),
                venue_fills: self.venue_fills.or(file.venue_fills).unwrap_or(limits.venue_fills),
                block_age: self.block_age.or(file.block_age).map(Duration::from_secs),
                fills_in_bundle: self.max_fills.or(file.max_fills).unwrap_or(limits.fills_in_bundle),
                ..limits
            },
            access: Access {
                hosts: if self.host.is_empty() { file.host } else { self.host },
                signed: self.signed_reads || file.signed_reads,
                webhooks: file.webhooks,
            },
            mark: Marking { every_slots: self.mark_every_slots.or(file.mark_every_slots).unwrap_or(1) },
            poll: Duration::from_millis(self.poll.or(file.poll).unwrap_or(25)),
            hold_submission: self.hold_submission || file.hold_submission,
            committed_marks: self.committed_marks || file.committed_marks,
        })
    }

    fn keys(&self) -> Result<Keys> {
        let relayer =
            key(self.relayer_key.as_deref(), "RELAYER_KEY")?.context("set RELAYER_KEY: it pays for transactions")?;
        let agent = key(self.agent_key.as_deref(), "AGENT_KEY")?.context("set AGENT_KEY: it signs statement sets")?;
        let keys = Keys::new(relayer, agent)?;
        let second_agent = key(self.second_agent_key.as_deref(), "SECOND_AGENT_KEY")?;
        Ok(Keys { second_agent, positions: self.positions_key.unwrap_or(keys.positions), ..keys })
    }
}

fn key(text: Option<&str>, variable: &'static str) -> Result<Option<PrivateKeySigner>> {
    text.map(|text| {
        text.parse().map_err(|_| anyhow::anyhow!("{variable} is not a private key of 32 bytes in hexadecimal"))
    })
    .transpose()
}

impl File {
    fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("configuration {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("configuration {}", path.display()))
    }
}
