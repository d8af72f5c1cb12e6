//! The system under the demo: local chain, contracts, calculation agent, relayer, reporters.
use crate::market::SOURCES;
use crate::story;
use anyhow::{Context, Result};
use chain::Contracts;
use localnet::{AgentProcess, Localnet};
use relayer::{Access, AgentsConfig, Config, Handle, Keys, Limits, Marking, RiskConfig};
use reporter::{Committer, Poster, feed};
use std::path::Path;
use std::time::Duration;

/// What is traded and marked.
const MARKETS: &str = include_str!("../data/markets.json");

/// All of it, running.
pub struct System {
    pub net: Localnet,
    /// A process of its own.
    pub agent: AgentProcess,
    pub relayer: Handle,
    pub poster: Poster,
    /// The account that nobody minds.
    pub unminded: u64,
}

impl System {
    /// Starts everything; the relayer's journal is made anew in `out`.
    pub async fn start(out: &Path) -> Result<Self> {
        let net = Localnet::start(story::network()).await.context("starting the local network")?;
        net.uncached().await?.iter().for_each(|line| eprintln!("{line}"));
        let unminded = story::open_unminded(&net).await.context("opening the account that nobody minds")?;
        story::orders::stand(&net).await.context("registering standing orders")?;
        let deployments = localnet::workspace().join("deployments");
        net.deployment.save(deployments.join(format!("{}.json", net.deployment.chain_id)))?;
        let agent = start_agent(&net, out).context("starting the calculation agent")?;
        let relayer = relayer::serve(config(&net, &agent, out)?).await.context("starting the relayer")?;
        let committer = Committer::parse(MARKETS, feed::feed("USDC-USD")?).map_err(anyhow::Error::msg)?;
        let poster = net.poster_of(&SOURCES).await?.with_marks(committer);
        Ok(Self { net, agent, relayer, poster, unminded })
    }
}

/// Seconds that a set is valid for: market time runs two orders of magnitude faster than this machine's.
const VALIDITY: u64 = 600;

fn start_agent(net: &Localnet, out: &Path) -> Result<AgentProcess> {
    let (folder, markets) = (out.join("agent"), out.join("markets.json"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::write(&markets, MARKETS).with_context(|| format!("writing {}", markets.display()))?;
    let (markets, validity) = (markets.to_string_lossy(), (2 * VALIDITY).to_string());
    let options = ["--committed-marks", "--markets", &markets, "--validity", &validity];
    AgentProcess::start(net, &net.actors.agent.key, &folder, &options)
}

fn config(net: &Localnet, agent: &AgentProcess, out: &Path) -> Result<Config> {
    let journal = out.join("journal.sqlite");
    for leftover in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(out.join(format!("journal.sqlite{leftover}")));
    }
    Ok(Config {
        rpc_url: net.rpc_url(),
        contracts: Contracts::of(&net.deployment)?,
        journal: journal.into(),
        listen: ([127, 0, 0, 1], 0).into(),
        admin: None,
        keys: Keys { relayer: net.actors.relayer.key.clone(), positions: localnet::positions_key() },
        agents: AgentsConfig { list: vec![agent.named().parse()?], ..AgentsConfig::default() },
        risk: RiskConfig::parse(MARKETS).map_err(anyhow::Error::msg)?,
        limits: Limits { set_validity: VALIDITY, ..Limits::default() },
        access: Access::default(),
        mark: Marking::default(),
        traces: None,
        poll: Duration::from_millis(5),
        hold_submission: false,
        committed_marks: true,
    })
}
