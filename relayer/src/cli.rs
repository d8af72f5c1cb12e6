//! Command line, environment and file, in this order of precedence.
use alloy::primitives::B256;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail};
use chain::{Contracts, Deployment};
use clap::{Args, Parser, Subcommand, ValueEnum};
use daemon::LogFormat;
use relayer::{
    Access, AgentAt, AgentsConfig, Config, JournalConfig, Keys, Limits, MOST_SLOTS, MarkPolicy, Marking, RiskConfig,
    Store, Webhook,
};
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
///   PLUMBLINE_AGENT_KEY=0x… POSITIONS_KEY=0x… plumbline-agent serve --deployment deployments/412346.json &
///   RELAYER_KEY=0x… POSITIONS_KEY=0x… relayer --rpc-url http://127.0.0.1:8547 --deployment deployments/412346.json \
///     --agent 0x…=http://127.0.0.1:8090
///   curl -s http://127.0.0.1:8080/v1/status
///
/// The API is described at /openapi.json and in docs/api.md.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
pub struct Cli {
    #[command(subcommand)]
    pub task: Option<Task>,
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
    /// postgres://…: a journal that several relayers share, of which one leads; in place of the file
    #[arg(long, env = "RELAYER_DATABASE", hide_env_values = true, value_name = "URL", conflicts_with = "journal")]
    database: Option<String>,
    /// This relayer's name among those that share a journal [default: this machine's name, and the port]
    #[arg(long, env = "RELAYER_NAME")]
    name: Option<String>,
    /// 32 bytes that seal the private part of the journal [default: derived from the positions' key]
    #[arg(long, env = "JOURNAL_KEY", hide_env_values = true, value_name = "KEY")]
    journal_key: Option<B256>,
    /// File with that key in hexadecimal
    #[arg(long, env = "JOURNAL_KEY_FILE", value_name = "FILE", conflicts_with = "journal_key")]
    journal_key_file: Option<PathBuf>,
    /// Days for which fills that have ended are kept, with their batches and transactions [default: 30]
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u64>,
    /// Address to listen on; on a loopback one this machine reads without signatures [default: 127.0.0.1:8080]
    #[arg(long, env = "RELAYER_LISTEN")]
    listen: Option<SocketAddr>,
    /// JSON file of markets, expiries and strikes; see docs/api.md [default: perpetuals of BTC and ETH]
    #[arg(long, env = "RELAYER_MARKETS")]
    markets: Option<PathBuf>,
    /// Pays for transactions; moves nothing by itself
    #[arg(long, env = "RELAYER_KEY", hide_env_values = true, value_name = "KEY")]
    relayer_key: Option<String>,
    /// A calculation agent: its address, and where plumbline-agent listens; one for each agent of the houses that are served
    #[arg(long = "agent", env = "RELAYER_AGENTS", value_name = "ADDRESS=URL", value_delimiter = ',')]
    agents: Vec<AgentAt>,
    /// What the agents want to hear, where they want a token
    #[arg(long, env = "AGENT_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    agent_token: Option<String>,
    /// How long an agent may take to answer [default: 2000]
    #[arg(long, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    agent_timeout: Option<u64>,
    /// 32 bytes from which accounts' position keys derive; the agents have the same
    #[arg(long, env = "POSITIONS_KEY", hide_env_values = true, value_name = "KEY")]
    positions_key: Option<B256>,
    /// The agents' keys were the relayer's once
    #[arg(long, env = "AGENT_KEY", hide = true, hide_env_values = true)]
    agent_key: Option<String>,
    #[arg(long, env = "SECOND_AGENT_KEY", hide = true, hide_env_values = true)]
    second_agent_key: Option<String>,
    /// Accept and journal fills, submit nothing: for maintenance of the chain side
    #[arg(long, env = "RELAYER_HOLD_SUBMISSION")]
    hold_submission: bool,
    /// State only at slots whose marks the reporters have committed (reporters with `markets`): a dispute of any other is lost
    #[arg(long, env = "RELAYER_COMMITTED_MARKS")]
    committed_marks: bool,
    /// Where the operator gives orders (POST /pause, /run, /drain); whoever reaches it may [default: nowhere]
    #[arg(long, env = "RELAYER_ADMIN")]
    admin: Option<SocketAddr>,
    /// Wei for a unit of gas at most, in gwei: what costs more waits [default: no limit]
    #[arg(long, env = "RELAYER_MAX_FEE_GWEI", value_name = "GWEI")]
    max_fee_gwei: Option<f64>,
    /// Transactions in flight at once [default: 16]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=256))]
    in_flight: Option<u64>,
    /// Fills of one venue that have not ended beyond which it gets 429 [default: 50000]
    #[arg(long)]
    venue_fills: Option<usize>,
    /// Collector of OpenTelemetry traces (OTLP over HTTP), as http://127.0.0.1:4318 [default: none]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    traces: Option<String>,
    /// One line of text or one of JSON for each event, on standard error
    #[arg(long, env = "RELAYER_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Most fills in a bundle [default: 1500]
    #[arg(long)]
    max_fills: Option<usize>,
    /// Look at accounts every so many oracle slots of 10 s, and state those that need it; 0 states none without fills [default: 1]
    #[arg(long)]
    mark_every_slots: Option<u64>,
    /// Which accounts are stated then; docs/marks.md says what each costs and leaves unsecured [default: when-it-matters]
    #[arg(long, value_enum)]
    mark_policy: Option<Policy>,
    /// With when-it-matters: variation that is paid at once [default: each agreement's minimum transfer amount]
    #[arg(long, value_name = "USD")]
    mark_trigger: Option<u32>,
    /// With when-it-matters: longest time between two statements of an account with positions, up to 43200 [default: 3600]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(10..=10 * MOST_SLOTS))]
    mark_within: Option<u64>,
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
    venue_rate: Option<u32>,
    /// Fills of one venue an hour that lapse at the relayer's expense, where it or their accounts let their time pass [default: 10000]
    #[arg(long)]
    venue_lapses: Option<u32>,
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

/// What is done with a journal beside the service.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Copies the journal to a new file, as of one moment, while relayers write it
    Backup {
        #[command(flatten)]
        journal: Named,
        /// The copy; of a database what `pg_restore` reads
        to: PathBuf,
    },
    /// Forgets what ended long ago, and makes a file smaller, whose relayer must not run
    Prune {
        #[command(flatten)]
        journal: Named,
        /// Days for which fills that have ended are kept [default: 30]
        #[arg(long, value_name = "DAYS")]
        keep_days: Option<u64>,
    },
}

#[derive(Debug, Args)]
pub struct Named {
    /// SQLite file [default: relayer.sqlite]
    #[arg(long, env = "RELAYER_JOURNAL")]
    journal: Option<PathBuf>,
    /// postgres://…, in place of the file
    #[arg(long, env = "RELAYER_DATABASE", hide_env_values = true, value_name = "URL", conflicts_with = "journal")]
    database: Option<String>,
}

impl Task {
    /// Does it; what is to be told.
    pub async fn run(self) -> Result<String> {
        Ok(match self {
            Self::Backup { journal, to } => {
                store(journal.database, journal.journal)?.backup(&to).await?;
                format!("copied to {}", to.display())
            }
            Self::Prune { journal, keep_days } => {
                let pruned = store(journal.database, journal.journal)?.prune(keep(keep_days)).await?;
                let (before, after) = pruned.bytes;
                format!("{} batches forgotten; {before} bytes before, {after} after", pruned.batches)
            }
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct File {
    rpc_url: Option<String>,
    deployment: Option<PathBuf>,
    journal: Option<PathBuf>,
    database: Option<String>,
    name: Option<String>,
    journal_key_file: Option<PathBuf>,
    keep_days: Option<u64>,
    listen: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    traces: Option<String>,
    max_fee_gwei: Option<f64>,
    in_flight: Option<u64>,
    venue_fills: Option<usize>,
    markets: Option<PathBuf>,
    /// `0x…=http://127.0.0.1:8090`.
    agents: Vec<String>,
    agent_timeout: Option<u64>,
    hold_submission: bool,
    committed_marks: bool,
    max_fills: Option<usize>,
    mark_every_slots: Option<u64>,
    mark_policy: Option<Policy>,
    mark_trigger: Option<u32>,
    mark_within: Option<u64>,
    poll: Option<u64>,
    rpc_timeout: Option<u64>,
    connections: Option<usize>,
    requests: Option<u32>,
    venue_rate: Option<u32>,
    venue_lapses: Option<u32>,
    host: Vec<String>,
    signed_reads: bool,
    webhooks: Vec<Webhook>,
    block_age: Option<u64>,
}

/// Which accounts are stated without fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    /// All, in every slot that changes anything
    EverySlot,
    /// Where a claim opens, grows or ends, variation passes a trigger, a party asks, or the last statement is old
    WhenItMatters,
}

/// Knobs belong to the policy that has them, or are refused.
fn policy(of: Option<Policy>, trigger: Option<u32>, within: Option<u64>) -> Result<MarkPolicy> {
    let within = within.unwrap_or(3_600);
    if !(10..=10 * MOST_SLOTS).contains(&within) {
        bail!(
            "mark within {within} s: 10 to {} s are allowed, for a statement is disputed by marks that are kept a day",
            10 * MOST_SLOTS
        );
    }
    match of.unwrap_or(Policy::WhenItMatters) {
        Policy::EverySlot if trigger.is_some() => bail!("--mark-trigger has no effect with --mark-policy every-slot"),
        Policy::EverySlot => Ok(MarkPolicy::EverySlot),
        Policy::WhenItMatters => Ok(MarkPolicy::WhenItMatters {
            trigger: trigger.map(|usd| u64::from(usd) * 1_000_000),
            most_slots: within / 10,
        }),
    }
}

impl Cli {
    pub fn config(self) -> Result<Config> {
        self.hold_no_agent()?;
        let file = self.config.as_deref().map(File::load).transpose()?.unwrap_or_default();
        let agents = self.agents(&file)?;
        let deployment = self.deployment.clone().or(file.deployment);
        let Some(deployment) = deployment else {
            bail!("name the deployment: --deployment deployments/<chain-id>.json")
        };
        let markets = self.markets.clone().or(file.markets);
        let limits = Limits::default();
        Ok(Config {
            contracts: Contracts::of(&Deployment::load(deployment)?)?,
            keys: self.keys()?,
            agents,
            risk: markets.map_or_else(|| Ok(RiskConfig::default()), |path| RiskConfig::load(&path))?,
            rpc_url: self.rpc_url.or(file.rpc_url).unwrap_or_else(|| "http://127.0.0.1:8547".to_owned()),
            journal: JournalConfig {
                store: store(self.database.or(file.database), self.journal.or(file.journal))?,
                name: self.name.or(file.name),
                key: journal_key(self.journal_key, self.journal_key_file.or(file.journal_key_file).as_deref())?,
                keep: keep(self.keep_days.or(file.keep_days)),
            },
            admin: self.admin.or(file.admin),
            traces: self.traces.or(file.traces),
            listen: self.listen.or(file.listen).unwrap_or_else(|| ([127, 0, 0, 1], 8080).into()),
            limits: Limits {
                rpc: self.rpc_timeout.or(file.rpc_timeout).map_or(limits.rpc, Duration::from_secs),
                connections: self.connections.or(file.connections).unwrap_or(limits.connections).max(1),
                requests: self.requests.or(file.requests).unwrap_or(limits.requests),
                venue_rate: self.venue_rate.or(file.venue_rate).unwrap_or(limits.venue_rate),
                venue_lapses: self.venue_lapses.or(file.venue_lapses).unwrap_or(limits.venue_lapses),
                block_age: self.block_age.or(file.block_age).map(Duration::from_secs),
                in_flight: self.in_flight.or(file.in_flight).map_or(limits.in_flight, |most| most as usize),
                max_fee: fee(self.max_fee_gwei.or(file.max_fee_gwei))?,
                queued_of_venue: self.venue_fills.or(file.venue_fills).unwrap_or(limits.queued_of_venue),
                fills_in_bundle: self.max_fills.or(file.max_fills).unwrap_or(limits.fills_in_bundle),
                ..limits
            },
            access: Access {
                hosts: if self.host.is_empty() { file.host } else { self.host },
                signed: self.signed_reads || file.signed_reads,
                webhooks: file.webhooks,
            },
            mark: Marking {
                every_slots: self.mark_every_slots.or(file.mark_every_slots).unwrap_or(1),
                policy: policy(
                    self.mark_policy.or(file.mark_policy),
                    self.mark_trigger.or(file.mark_trigger),
                    self.mark_within.or(file.mark_within),
                )?,
            },
            poll: Duration::from_millis(self.poll.or(file.poll).unwrap_or(25)),
            hold_submission: self.hold_submission || file.hold_submission,
            committed_marks: self.committed_marks || file.committed_marks,
        })
    }

    fn keys(&self) -> Result<Keys> {
        let relayer =
            key(self.relayer_key.as_deref(), "RELAYER_KEY")?.context("set RELAYER_KEY: it pays for transactions")?;
        let positions = self.positions_key.context(
            "set POSITIONS_KEY: 32 bytes in hexadecimal, the same as the agents have. Accounts' position keys derive from it",
        )?;
        Ok(Keys { relayer, positions })
    }

    /// A key that is still given to the relayer is in the wrong process.
    fn hold_no_agent(&self) -> Result<()> {
        for (held, variable) in [(&self.agent_key, "AGENT_KEY"), (&self.second_agent_key, "SECOND_AGENT_KEY")] {
            if held.is_some() {
                bail!("{variable} is set, and the relayer holds no agent's key any more: {MIGRATION}");
            }
        }
        Ok(())
    }

    fn agents(&self, file: &File) -> Result<AgentsConfig> {
        let given = file.agents.iter().map(|text| Ok(text.parse::<AgentAt>()?)).collect::<Result<Vec<_>>>()?;
        let list = if self.agents.is_empty() { given } else { self.agents.clone() };
        let timeout = self.agent_timeout.or(file.agent_timeout);
        let default = AgentsConfig::default();
        Ok(AgentsConfig {
            list,
            token: self.agent_token.clone(),
            timeout: timeout.map_or(default.timeout, Duration::from_millis),
        })
    }
}

/// What to do with a key that was the relayer's.
const MIGRATION: &str = "\n  1. give it to the agent:       PLUMBLINE_AGENT_KEY=… plumbline-agent serve --deployment …\n  \
     2. keep the positions' key:    PLUMBLINE_AGENT_KEY=… plumbline-agent positions-key prints what was derived from the first agent's; \
     set POSITIONS_KEY to it, for the agents and the relayer\n  \
     3. name the agent:             relayer --agent ADDRESS=URL; plumbline-agent address prints the address\n  \
     4. unset the variable here";

/// A database where one is named, else a file.
fn store(database: Option<String>, file: Option<PathBuf>) -> Result<Store> {
    let Some(url) = database else { return Ok(Store::File(file.unwrap_or_else(|| "relayer.sqlite".into()))) };
    if ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(Store::Shared(url));
    }
    bail!("--database begins with postgres://; a file is named with --journal")
}

fn journal_key(given: Option<B256>, file: Option<&Path>) -> Result<Option<B256>> {
    let Some(file) = file.filter(|_| given.is_none()) else { return Ok(given) };
    let text = std::fs::read_to_string(file).with_context(|| format!("journal key {}", file.display()))?;
    let key = text.trim().parse().ok().with_context(|| format!("{} is not 32 bytes in hexadecimal", file.display()))?;
    Ok(Some(key))
}

fn keep(days: Option<u64>) -> Duration {
    days.map_or(relayer::KEEP, |days| Duration::from_secs(days.saturating_mul(86_400)))
}

/// Gwei as wei.
fn fee(gwei: Option<f64>) -> Result<Option<u128>> {
    match gwei {
        Some(gwei) if !(gwei > 0.0 && gwei < 1e9) => bail!("--max-fee-gwei is {gwei}: give more than 0"),
        gwei => Ok(gwei.map(|gwei| (gwei * 1e9) as u128)),
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
