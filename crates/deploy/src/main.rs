//! `cargo xtask deploy`.
mod cli;
mod show;

use alloy::providers::Provider;
use anyhow::{Context, Result, ensure};
use chain::ether;
use clap::Parser;
use cli::Cli;
use plumbline_deploy::conditions::Conditions;
use plumbline_deploy::cost::Bill;
use plumbline_deploy::verify::Verdict;
use plumbline_deploy::{Artifacts, Network, Record, Run, Sender, reach, rehearsal};
use serde_json::json;
use std::process::ExitCode;

/// Exit code of a run that waits for time or for another party.
const WAITS: u8 = 3;
/// Exit code where the chain would not take now what is left to do.
const REFUSED: u8 = 4;

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
    let conditions = Conditions::of(&run.sender.provider).await?;
    let obstacles = run.obstacles(&conditions).await?;
    show::conditions(&conditions, &obstacles);
    if !obstacles.is_empty() && !cli.dry_run {
        show::refused(cli.json, &conditions, &obstacles)?;
        return Ok(ExitCode::from(REFUSED));
    }
    go_on(cli, &mut run.sender).await?;
    eprintln!("Rehearsing on a local chain …");
    let rehearsed = rehearsal::rehearse(&network, &artifacts, &conditions).await?;
    let bill = run.bill(&rehearsed).await?;
    show::bill(&network, &bill);
    if cli.dry_run {
        return price(cli, &run, &bill, &conditions, &obstacles).await;
    }
    affordable(&run.sender, &bill).await?;
    let list = run.steps()?;
    let waits = run.all(show::progress(&network, list)).await?;
    finish(cli, &run, waits).await
}

async fn price(
    cli: &Cli,
    run: &Run<'_>,
    bill: &Bill,
    conditions: &Conditions,
    obstacles: &[String],
) -> Result<ExitCode> {
    let places = run.places().await?;
    show::places(&places, bill.gas_price);
    if cli.json {
        let bill = show::bill_json(run.network, bill);
        show::print(
            &json!({ "chain": conditions, "obstacles": obstacles, "bill": bill, "cache": show::cached(&places) }),
        )?;
    }
    Ok(if obstacles.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
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
    let network = cli.reach.network()?;
    if let Some(name) = network.mainnet() {
        ensure!(
            cli.mainnet || cli.dry_run,
            "{name} is a mainnet: what is deployed there holds real tokens. Add --mainnet if that is meant"
        );
    }
    Ok(network)
}

/// A dry run needs no key.
async fn sender(cli: &Cli, network: &Network) -> Result<Sender> {
    let key = match cli.reach.key() {
        Err(_) if cli.dry_run && cli.reach.keystore.is_none() => None,
        key => Some(key?),
    };
    let provider = reach::connect(network).await?;
    let record = Record::open(&cli.reach.record(network), network.chain_id)?;
    Ok(match key {
        Some(key) => Sender::new(provider, key, record),
        None => Sender::onlooker(provider, record),
    })
}

async fn affordable(sender: &Sender, bill: &Bill) -> Result<()> {
    let held = sender.provider.get_balance(sender.address()).await.context("reading the deployer's balance")?;
    let wanted = bill.needed();
    ensure!(
        held >= wanted,
        "the deployer {} holds {} ETH; about {} ETH are needed: send it the rest and run the same command again",
        sender.address(),
        ether(held),
        ether(wanted)
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
    let places = run.places().await?;
    show::places(&places, run.gas_price().await?);
    if cli.json {
        show::print(&show::result(run, &findings, &places, waits.as_deref()))?;
    } else {
        show::addresses(run);
    }
    ensure!(wrong == 0, "{wrong} of {} checks do not hold", findings.len());
    let Some(why) = waits else { return Ok(ExitCode::SUCCESS) };
    eprintln!("\nNot finished: {why}");
    Ok(ExitCode::from(WAITS))
}
