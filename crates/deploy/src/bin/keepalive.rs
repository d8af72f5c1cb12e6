//! `cargo xtask keepalive`.
use alloy::primitives::{B256, U256, utils::format_ether};
use alloy::providers::{DynProvider, Provider};
use anyhow::{Context, Result, ensure};
use chain::Deployment;
use clap::Parser;
use plumbline_deploy::keepalive::{DAY, Extended, Life, Program, extend, survey, with_reserve};
use plumbline_deploy::reach::{Reach, connect};
use plumbline_deploy::{Record, Sender};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Gives the programs of a deployment another year.
///
/// A Stylus program lapses a year after its activation, and nobody can call it then. From the 31st day on anyone may extend its life to a
/// full year again, for an activation's data fee. Prints the days that each program has left, and extends those that the
/// chain lets be extended.
#[derive(Debug, Parser)]
#[command(
    name = "plumbline-keepalive",
    version,
    after_help = "Examples:
  cargo xtask keepalive --network arbitrum-sepolia --dry-run     days left and fees; needs no key
  cargo xtask keepalive --network arbitrum-sepolia --below 200 --keystore ~/.plumbline/keeper.json --password-file ~/.plumbline/password

Exit codes: 0 every program runs, 1 one has lapsed or something failed, 2 wrong arguments."
)]
struct Cli {
    #[command(flatten)]
    reach: Reach,
    /// Only programs with no more than so many days left
    #[arg(long, value_name = "DAYS")]
    below: Option<u64>,
    /// Only say how many days are left and what an extension costs
    #[arg(long)]
    dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match keep_alive(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn keep_alive(cli: &Cli) -> Result<()> {
    let network = cli.reach.network()?;
    let provider = connect(&network).await?;
    let deployment = Deployment::load(cli.reach.record(&network))?;
    ensure!(deployment.chain_id == network.chain_id, "the record is of chain {}", deployment.chain_id);
    let mut programs = survey(&provider, &deployment).await?;
    table(&programs);
    let mut extended = BTreeMap::new();
    if !cli.dry_run && programs.iter().any(|program| program.due(cli.below).is_some()) {
        extended = extend_all(cli, provider.clone(), network.chain_id, &programs).await?;
        programs = survey(&provider, &deployment).await?;
        table(&programs);
    }
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&result(&programs, &extended))?);
    }
    let lapsed: Vec<_> = programs.iter().filter(|program| program.seconds_left().is_none()).collect();
    let names = lapsed.iter().map(|program| program.name).collect::<Vec<_>>().join(", ");
    ensure!(lapsed.is_empty(), "lapsed: {names}. `cargo xtask deploy` activates again what it finds inactive");
    Ok(())
}

/// A repetition does no harm, the chain refuses it: so nothing is kept on disk.
async fn extend_all(
    cli: &Cli,
    provider: DynProvider,
    chain_id: u64,
    programs: &[Program],
) -> Result<BTreeMap<B256, Extended>> {
    let mut sender = Sender::new(provider, cli.reach.key()?, Record::new(chain_id));
    let due: Vec<_> = programs.iter().filter_map(|program| Some((program, program.due(cli.below)?))).collect();
    let wanted: U256 = due.iter().map(|(_, fee)| with_reserve(*fee)).sum();
    let held = sender.provider.get_balance(sender.address()).await.context("reading the payer's balance")?;
    let (payer, held_ether, wanted_ether) = (sender.address(), format_ether(held), format_ether(wanted));
    ensure!(held > wanted, "{payer} holds {held_ether} ETH; the fees are up to {wanted_ether} ETH, and gas");
    let mut extended = BTreeMap::new();
    for (program, fee) in due {
        let done = extend(&mut sender, program, fee).await?;
        eprintln!("extended {}: {} ETH and {} gas", program.name, format_ether(done.fee), done.gas);
        extended.insert(program.code_hash, done);
    }
    Ok(extended)
}

fn table(programs: &[Program]) {
    eprintln!("{:<22}{:>10}  extension", "program", "days left");
    for program in programs {
        let days = program.seconds_left().map_or("none".to_owned(), |seconds| (seconds / DAY).to_string());
        let extension = match &program.life {
            Life::Extendable { fee, .. } => format!("now, {} ETH", format_ether(*fee)),
            Life::Young { wait, .. } => format!("in {} days", wait.div_ceil(DAY)),
            Life::Lapsed(why) => why.clone(),
        };
        eprintln!("{:<22}{days:>10}  {extension}", program.name);
    }
}

fn result(programs: &[Program], extended: &BTreeMap<B256, Extended>) -> Value {
    let program = |program: &Program| {
        let (state, fee, wait) = match &program.life {
            Life::Extendable { fee, .. } => ("extendable", Some(fee.to_string()), None),
            Life::Young { wait, .. } => ("young", None, Some(wait)),
            Life::Lapsed(_) => ("lapsed", None, None),
        };
        let extended = extended
            .get(&program.code_hash)
            .map(|done| json!({ "transaction": done.tx, "gas": done.gas.to_string(), "feeWei": done.fee.to_string() }));
        json!({
            "name": program.name,
            "address": program.address,
            "codeHash": program.code_hash,
            "secondsLeft": program.seconds_left(),
            "state": state,
            "feeWei": fee,
            "extendableInSeconds": wait,
            "extended": extended,
        })
    };
    json!({ "programs": programs.iter().map(program).collect::<Vec<_>>() })
}
