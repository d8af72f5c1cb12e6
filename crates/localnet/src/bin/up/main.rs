//! `cargo xtask up`: the whole system on this machine, until interrupted.
mod cli;
mod show;

use anyhow::{Context, Result};
use clap::Parser;
use cli::Cli;
use plumbline_localnet::{Localnet, LocalnetConfig, workspace};
use relayer::{Config, Contracts, Keys, Limits, Marking, RiskConfig};
use reporter::{Poster, PriceFile, serve};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt().with_env_filter(cli.log.as_str()).with_target(false).with_writer(std::io::stderr).init();
    eprintln!("Starting chain and contracts …");
    let net = Localnet::start(network(&cli)).await?;
    net.uncached().await?.iter().for_each(|line| eprintln!("{line}"));
    net.deployment.save(workspace().join("deployments").join(format!("{}.json", net.deployment.chain_id)))?;
    let poster = net.poster().await?;
    let relayer = relayer::serve(relayer_config(&net, &cli)?).await.context("starting the relayer")?;
    show::system(&net, &relayer.url, cli.json)?;
    tokio::select! {
        result = report(&poster, &cli) => result?,
        result = tokio::signal::ctrl_c() => result.context("waiting for Ctrl-C")?,
    }
    eprintln!("\nStopping …");
    relayer.shutdown().await;
    Ok(())
}

fn network(cli: &Cli) -> LocalnetConfig {
    let block_time = cli.block_time.map(Duration::from_secs_f64);
    LocalnetConfig { port: cli.port, block_time, ..LocalnetConfig::default() }
}

fn relayer_config(net: &Localnet, cli: &Cli) -> Result<Config> {
    let folder = workspace().join("target/localnet");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    // A new chain has nothing to do with the journal of the last one.
    for leftover in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("journal.sqlite{leftover}")));
    }
    Ok(Config {
        rpc_url: net.rpc_url(),
        contracts: Contracts::of(&net.deployment)?,
        journal: folder.join("journal.sqlite"),
        listen: ([127, 0, 0, 1], cli.relayer_port).into(),
        keys: Keys::new(net.actors.relayer.key.clone(), net.actors.agent.key.clone())?,
        risk: RiskConfig::default(),
        limits: Limits::default(),
        mark: Marking::default(),
        poll: Duration::from_millis(50),
        hold_submission: false,
        committed_marks: false,
    })
}

/// Posts every slot: the price file where one is given, constant prices otherwise.
async fn report(poster: &Poster, cli: &Cli) -> Result<()> {
    let defaults = LocalnetConfig::default().prices;
    let constant = plumbline_localnet::constant_quotes(&defaults)?;
    if let Some(path) = &cli.prices {
        serve::replay(poster, &PriceFile::load(path)?, cli.speed).await?;
    }
    serve::every_slot(poster, |_| constant.clone()).await
}
