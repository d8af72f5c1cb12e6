//! `cargo xtask up`: the whole system on this machine, until interrupted.
mod cli;
mod show;

use alloy::primitives::B256;
use anyhow::{Context, Result};
use chain::Contracts;
use clap::Parser;
use cli::Cli;
use plumbline_localnet::{AgentProcess, Localnet, LocalnetConfig, positions_key, workspace};
use relayer::{Access, AgentsConfig, Config, Keys, Limits, Marking, RiskConfig};
use reporter::input::Inputs;
use reporter::input::config::{Choice, File, Source};
use reporter::{PriceFile, Quote, feed};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Name of the price file among the sources.
const FILE: &str = "file";

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt().with_env_filter(cli.log.as_str()).with_target(false).with_writer(std::io::stderr).init();
    inputs("", &cli)?;
    eprintln!("Starting chain and contracts …");
    let net = Localnet::start(network(&cli)).await?;
    net.uncached().await?.iter().for_each(|line| eprintln!("{line}"));
    net.deployment.save(workspace().join("deployments").join(format!("{}.json", net.deployment.chain_id)))?;
    let agent = start_agent(&net).context("starting the calculation agent")?;
    let relayer = relayer::serve(relayer_config(&net, &agent, &cli)?).await.context("starting the relayer")?;
    let _reporters = net.start_reporters(&net.rpc_url(), |name| inputs(name, &cli)).await?;
    show::system(&net, &relayer.url, &agent.url, cli.json)?;
    tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")?;
    eprintln!("\nStopping …");
    relayer.shutdown().await;
    Ok(())
}

fn network(cli: &Cli) -> LocalnetConfig {
    LocalnetConfig { port: cli.port, block_time: cli.block_time, ..LocalnetConfig::default() }
}

/// A process of its own, with a store of its own: a new chain has nothing to do with what was signed on the last one.
fn start_agent(net: &Localnet) -> Result<AgentProcess> {
    let folder = workspace().join("target/localnet/agent");
    let _ = std::fs::remove_dir_all(&folder);
    AgentProcess::start(net, &net.actors.agent.key, &folder, &[])
}

fn relayer_config(net: &Localnet, agent: &AgentProcess, cli: &Cli) -> Result<Config> {
    let folder = workspace().join("target/localnet");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    // A new chain has nothing to do with the journal of the last one.
    for leftover in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("journal.sqlite{leftover}")));
    }
    Ok(Config {
        rpc_url: net.rpc_url(),
        contracts: Contracts::of(&net.deployment)?,
        journal: folder.join("journal.sqlite").into(),
        listen: ([127, 0, 0, 1], cli.relayer_port).into(),
        admin: None,
        keys: Keys { relayer: net.actors.relayer.key.clone(), positions: positions_key() },
        agents: AgentsConfig { list: vec![agent.named().parse()?], ..AgentsConfig::default() },
        risk: RiskConfig::default(),
        limits: Limits::default(),
        access: Access { signed: cli.signed_reads, ..Access::default() },
        mark: Marking::default(),
        traces: None,
        poll: std::time::Duration::from_millis(50),
        hold_submission: false,
        committed_marks: false,
    })
}

/// What each reporter says: the price file where one is given, as long as it lasts, and constant prices.
fn inputs(name: &str, cli: &Cli) -> Result<Inputs> {
    let file = |path: &PathBuf| (FILE.to_owned(), Source::File(File { path: path.clone(), replay: Some(cli.speed) }));
    let of_file =
        cli.prices.as_ref().map(|_| Choice::File { source: FILE.to_owned(), name: name.to_owned(), max_age: None });
    let mut feeds = BTreeMap::new();
    for feed in file_feeds(cli)? {
        feeds.insert(feed, of_file.iter().cloned().collect());
    }
    for (feed, price) in LocalnetConfig::default().prices {
        let choices: &mut Vec<_> = feeds.entry(feed::feed(feed)?).or_default();
        choices.push(Choice::Constant(Quote::of(feed::price(price)?)));
    }
    Ok(Inputs { sources: cli.prices.iter().map(file).collect(), feeds })
}

/// A file that is none is told before the network starts.
fn file_feeds(cli: &Cli) -> Result<Vec<B256>> {
    let Some(path) = &cli.prices else { return Ok(Vec::new()) };
    let file = PriceFile::load(path)?;
    Ok(file.at(file.span().1.saturating_add(1)).into_keys().collect())
}
