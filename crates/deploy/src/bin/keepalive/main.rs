//! `cargo xtask keepalive`.
mod cli;
mod show;

use alloy::primitives::U256;
use alloy::providers::{DynProvider, Provider};
use anyhow::{Context, Result, ensure};
use chain::Deployment;
use chain::ether;
use clap::Parser;
use cli::Cli;
use plumbline_deploy::conditions::Conditions;
use plumbline_deploy::keepalive::{Program, activate, again, extend, survey, with_reserve};
use plumbline_deploy::reach::connect;
use plumbline_deploy::{Record, Sender};
use show::Done;
use std::process::ExitCode;

/// Exit code where the chain lets nothing be activated now.
const PAUSED: u8 = 4;

#[tokio::main]
async fn main() -> ExitCode {
    match keep_alive(&Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn keep_alive(cli: &Cli) -> Result<ExitCode> {
    let network = cli.reach.network()?;
    let provider = connect(&network).await?;
    let deployment = Deployment::load(cli.reach.record(&network))?;
    ensure!(deployment.chain_id == network.chain_id, "the record is of chain {}", deployment.chain_id);
    let conditions = Conditions::of(&provider).await?;
    let mut programs = survey(&provider, &deployment).await?;
    show::table(&programs);
    let (mut extended, mut activated) = Default::default();
    if !cli.dry_run {
        (extended, activated) = renew(cli, provider.clone(), network.chain_id, &programs).await?;
    }
    if !(extended.is_empty() && activated.is_empty()) {
        programs = survey(&provider, &deployment).await?;
        show::table(&programs);
    }
    if cli.json {
        let result = show::result(&conditions, &programs, &extended, &activated);
        println!("{}", serde_json::to_string_pretty(&result)?);
    }
    verdict(&conditions, &programs)
}

/// A repetition does no harm, the chain refuses it: so nothing is kept on disk. Extensions go first: no pause stops them.
async fn renew(cli: &Cli, provider: DynProvider, chain_id: u64, programs: &[Program]) -> Result<(Done, Done)> {
    let (mut extended, mut activated) = (Done::new(), Done::new());
    let due: Vec<_> = programs.iter().filter_map(|program| Some((program, program.due(cli.below)?))).collect();
    let stopped: Vec<_> = programs.iter().filter_map(|program| Some((program, program.stopped()?))).collect();
    if due.is_empty() && stopped.is_empty() {
        return Ok((extended, activated));
    }
    let mut sender = Sender::new(provider, cli.reach.key()?, Record::new(chain_id));
    let fees = due.iter().map(|(_, fee)| *fee).chain(stopped.iter().map(|(_, cost)| cost.fee));
    // One after the other they are dearer than each alone.
    affordable(&sender, fees.map(with_reserve).sum::<U256>() * U256::from(2)).await?;
    for (program, _) in due {
        // Somebody else may have been faster.
        let Some(fee) = again(&sender.provider, program).await?.due(None) else { continue };
        let done = extend(&mut sender, program, fee).await?;
        show::renewed("extended", program.name, &done);
        extended.insert(program.code_hash, done);
    }
    for (program, _) in stopped {
        let Some(cost) = again(&sender.provider, program).await?.stopped() else { continue };
        let done = activate(&mut sender, program, cost).await?;
        show::renewed("activated", program.name, &done);
        activated.insert(program.code_hash, done);
    }
    Ok((extended, activated))
}

async fn affordable(sender: &Sender, wanted: U256) -> Result<()> {
    let held = sender.provider.get_balance(sender.address()).await.context("reading the payer's balance")?;
    let (payer, held_ether, wanted_ether) = (sender.address(), ether(held), ether(wanted));
    ensure!(held > wanted, "{payer} holds {held_ether} ETH; the fees are up to {wanted_ether} ETH, and gas");
    Ok(())
}

fn verdict(conditions: &Conditions, programs: &[Program]) -> Result<ExitCode> {
    let stopped: Vec<_> = programs.iter().filter(|program| program.seconds_left().is_none()).collect();
    let names = stopped.iter().map(|program| program.name).collect::<Vec<_>>().join(", ");
    if stopped.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(paused) = conditions.paused() {
        eprintln!("\nDo not run, and cannot be brought back now: {names}. {paused}.");
        return Ok(ExitCode::from(PAUSED));
    }
    eprintln!(
        "\nDo not run: {names}. Without --dry-run this command activates what ran before; `cargo xtask deploy` the rest."
    );
    Ok(ExitCode::FAILURE)
}
