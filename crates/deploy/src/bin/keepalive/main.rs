//! `cargo xtask keepalive`.
mod cli;
mod show;

use alloy::primitives::{TxKind, U256};
use alloy::providers::{DynProvider, Provider};
use anyhow::{Context, Result, ensure};
use chain::Deployment;
use chain::ether;
use chain::precompiles::ARB_WASM;
use clap::Parser;
use cli::Cli;
use plumbline_deploy::activation::Price;
use plumbline_deploy::conditions::Conditions;
use plumbline_deploy::gas::data_gas;
use plumbline_deploy::keepalive::{EXTENSION_GAS, Program, activate, again, extend, survey, with_reserve};
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
    if let Some(why) = conditions.paused() {
        eprintln!(
            "{why}.\nWhat lapses now cannot be brought back: extend as soon as the chain takes it, without --below."
        );
    }
    let (mut extended, mut activated) = Default::default();
    if !cli.dry_run {
        (extended, activated) = renew(cli, provider.clone(), network.chain_id, &programs).await?;
    }
    let is_work = |program: &Program| program.due(cli.below).is_some() || program.stopped().is_some();
    if !cli.dry_run && programs.iter().any(is_work) {
        programs = survey(&provider, &deployment).await?;
        show::table(&programs);
    }
    if cli.json {
        let result = show::result(&conditions, &programs, &extended, &activated);
        println!("{}", serde_json::to_string_pretty(&result)?);
    }
    verdict(&conditions, &programs)
}

/// Bytes of a call with one word: an extension, or an activation.
const CALL: usize = 36;

/// A repetition does no harm, the chain refuses it: so nothing is kept on disk. Extensions go first: no pause stops them.
async fn renew(cli: &Cli, provider: DynProvider, chain_id: u64, programs: &[Program]) -> Result<(Done, Done)> {
    let (mut extended, mut activated) = (Done::new(), Done::new());
    let due: Vec<_> = programs.iter().filter_map(|program| Some((program, program.due(cli.below)?))).collect();
    let stopped: Vec<_> = programs.iter().filter_map(|program| Some((program, program.stopped()?))).collect();
    if due.is_empty() && stopped.is_empty() {
        return Ok((extended, activated));
    }
    let mut sender = Sender::new(provider, cli.reach.key()?, Record::new(chain_id));
    let data = data_gas(&sender.provider, TxKind::Call(ARB_WASM), &[0xff; CALL]).await.unwrap_or(0);
    let extensions = due.iter().map(|(_, fee)| Price { gas: EXTENSION_GAS, fee: *fee });
    let costs = extensions.chain(stopped.iter().map(|(_, cost)| *cost));
    let costs: Vec<_> =
        costs.map(|cost| Price { gas: cost.gas.saturating_add(data.saturating_mul(2)), ..cost }).collect();
    affordable(&sender, &costs).await?;
    for (program, _) in due {
        // Somebody else may have been faster, before or after ours was sent.
        let Some(fee) = again(&sender.provider, program).await?.due(None) else { continue };
        let sent = extend(&mut sender, program, fee).await;
        if sent.is_err() && again(&sender.provider, program).await?.due(None).is_none() {
            continue;
        }
        let done = sent?;
        show::renewed("extended", program.name, &done);
        extended.insert(program.code_hash, done);
    }
    for (program, _) in stopped {
        let Some(cost) = again(&sender.provider, program).await?.stopped() else { continue };
        let sent = activate(&mut sender, program, cost).await;
        if sent.is_err() && again(&sender.provider, program).await?.stopped().is_none() {
            continue;
        }
        let done = sent?;
        show::renewed("activated", program.name, &done);
        activated.insert(program.code_hash, done);
    }
    Ok((extended, activated))
}

/// Each must be able to pay its whole gas limit at twice the price. One after the other the fees are up to twice what each is alone.
async fn affordable(sender: &Sender, costs: &[Price]) -> Result<()> {
    let held = sender.provider.get_balance(sender.address()).await.context("reading the payer's balance")?;
    let price = U256::from(sender.provider.get_gas_price().await.context("reading the price of gas")?);
    let (mut spent, mut wanted) = (U256::ZERO, U256::ZERO);
    for cost in costs {
        let (gas, fee) = (U256::from(cost.gas) * price, with_reserve(cost.fee) * U256::from(2));
        wanted = wanted.max(spent + fee + gas * U256::from(5) / U256::from(2));
        spent += fee + gas;
    }
    let (payer, held_ether, wanted_ether) = (sender.address(), ether(held), ether(wanted));
    ensure!(
        held >= wanted,
        "{payer} holds {held_ether} ETH; fees and gas are up to {wanted_ether} ETH: send it the rest"
    );
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
