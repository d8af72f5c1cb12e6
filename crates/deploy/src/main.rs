//! `cargo xtask deploy`.
mod cli;
mod show;

use alloy::primitives::{U256, utils::format_ether};
use alloy::providers::{DynProvider, Provider};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use cli::Cli;
use plumbline_deploy::cost::Bill;
use plumbline_deploy::verify::Verdict;
use plumbline_deploy::{Artifacts, Network, Record, Run, Sender, key, rehearsal, workspace};
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code of a run that waits for time or for another party.
const WAITS: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    match deploy(&Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn deploy(cli: &Cli) -> Result<ExitCode> {
    let network = network(cli)?;
    let artifacts = Artifacts::default();
    let sender = sender(cli, &network).await?;
    let mut run = Run { network: &network, artifacts: &artifacts, sender };
    go_on(cli, &mut run.sender).await?;
    eprintln!("Rehearsing on a local chain …");
    let rehearsed = rehearsal::rehearse(&network, &artifacts).await?;
    let bill = run.bill(&rehearsed).await?;
    show::bill(&network, &bill);
    if cli.dry_run {
        if cli.json {
            println!("{}", serde_json::to_string_pretty(&show::bill_json(&network, &bill))?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    affordable(&run.sender, &bill).await?;
    let waits = run.all(show::progress(&network)).await?;
    finish(cli, &run, waits).await
}

/// A dry run sends nothing, not even again.
async fn go_on(cli: &Cli, sender: &mut Sender) -> Result<()> {
    if let (true, Some(pending)) = (cli.dry_run, &sender.record.pending) {
        eprintln!("An earlier run was interrupted at: {}. A run without --dry-run goes on from there.", pending.what);
    } else if let Some(step) = sender.resume().await? {
        eprintln!("An earlier run was interrupted at: {step}. Going on from there.");
    }
    Ok(())
}

fn network(cli: &Cli) -> Result<Network> {
    let path = match (&cli.network, &cli.network_file) {
        (_, Some(path)) => path.clone(),
        (Some(name), None) => folder().join(format!("{name}.toml")),
        (None, None) => bail!("give --network or --network-file"),
    };
    let mut network = Network::load(&path).with_context(|| format!("known networks: {}", known()))?;
    if let Some(url) = &cli.rpc_url {
        network.rpc_url.clone_from(url);
    }
    if let Some(name) = network.mainnet() {
        ensure!(
            cli.mainnet || cli.dry_run,
            "{name} is a mainnet: what is deployed there holds real tokens. Add --mainnet if that is meant"
        );
    }
    Ok(network)
}

fn folder() -> PathBuf {
    workspace().join("deployments/networks")
}

fn known() -> String {
    let files = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        files.filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names.join(", ")
}

/// A dry run needs no key: a new one stands in.
async fn sender(cli: &Cli, network: &Network) -> Result<Sender> {
    let key = match key::deployer(cli.keystore.as_deref(), cli.password_file.as_deref()) {
        Err(_) if cli.dry_run && cli.keystore.is_none() => PrivateKeySigner::random(),
        key => key?,
    };
    let provider = connect(network).await?;
    let path = workspace().join("deployments").join(format!("{}.json", network.chain_id));
    let record = Record::open(cli.record.as_ref().unwrap_or(&path), network.chain_id)?;
    Ok(Sender::new(provider, key, record))
}

async fn connect(network: &Network) -> Result<DynProvider> {
    let provider = chain::connect(&network.rpc_url, &[]).await?;
    let actual = provider.get_chain_id().await.with_context(|| format!("no node answers at {}", network.rpc_url))?;
    let expected = network.chain_id;
    ensure!(actual == expected, "{} is chain {actual}, the network file says {expected}", network.rpc_url);
    Ok(provider)
}

/// A fifth more than the bill: prices move.
async fn affordable(sender: &Sender, bill: &Bill) -> Result<()> {
    let held = sender.provider.get_balance(sender.address()).await.context("reading the deployer's balance")?;
    let wanted = bill.total() + bill.total() / U256::from(5);
    ensure!(
        held >= wanted,
        "the deployer {} holds {} ETH; about {} ETH are needed: send it the rest and run the same command again",
        sender.address(),
        format_ether(held),
        format_ether(wanted)
    );
    Ok(())
}

async fn finish(cli: &Cli, run: &Run<'_>, waits: Option<String>) -> Result<ExitCode> {
    let findings = run.verify().await?;
    let number = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (wrong, offered) = (number(Verdict::Wrong), number(Verdict::Offered));
    let accept = "the governor has to call acceptOwnership on the contracts it is offered".to_owned();
    let waits = waits.or((offered > 0).then_some(accept));
    show::findings(&findings);
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&show::result(run, &findings, waits.as_deref()))?);
    } else {
        show::addresses(run);
    }
    ensure!(wrong == 0, "{wrong} of {} checks do not hold", findings.len());
    let Some(why) = waits else { return Ok(ExitCode::SUCCESS) };
    eprintln!("\nNot finished: {why}");
    Ok(ExitCode::from(WAITS))
}
