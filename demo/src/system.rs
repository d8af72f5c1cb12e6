//! The system under the demo: local chain, contracts, relayer, reporters.
use crate::market::SOURCES;
use crate::story;
use anyhow::{Context, Result};
use localnet::Localnet;
use relayer::{Access, Config, Contracts, Handle, Keys, Limits, Marking, RiskConfig};
use reporter::{Committer, Poster, feed};
use std::path::Path;
use std::time::Duration;

/// What is traded and marked.
const MARKETS: &str = include_str!("../data/markets.json");

pub struct System {
    pub net: Localnet,
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
        let deployments = localnet::workspace().join("deployments");
        net.deployment.save(deployments.join(format!("{}.json", net.deployment.chain_id)))?;
        let relayer = relayer::serve(config(&net, out)?).await.context("starting the relayer")?;
        let committer = Committer::parse(MARKETS, feed::feed("USDC-USD")?).map_err(anyhow::Error::msg)?;
        let poster = net.poster_of(&SOURCES).await?.with_marks(committer);
        Ok(Self { net, relayer, poster, unminded })
    }
}

fn config(net: &Localnet, out: &Path) -> Result<Config> {
    let journal = out.join("journal.sqlite");
    for leftover in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(out.join(format!("journal.sqlite{leftover}")));
    }
    Ok(Config {
        rpc_url: net.rpc_url(),
        contracts: Contracts::of(&net.deployment)?,
        journal,
        listen: ([127, 0, 0, 1], 0).into(),
        keys: Keys::new(net.actors.relayer.key.clone(), net.actors.agent.key.clone())?,
        risk: RiskConfig::parse(MARKETS).map_err(anyhow::Error::msg)?,
        // Market time runs two orders of magnitude faster than this machine's.
        limits: Limits { set_validity: 600, ..Limits::default() },
        access: Access::default(),
        mark: Marking::default(),
        poll: Duration::from_millis(5),
        hold_submission: false,
        committed_marks: true,
    })
}
