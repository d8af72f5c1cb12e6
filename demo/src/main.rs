//! 10 October 2025, 20:45 to 23:15 UTC, through the whole system.
mod cli;
mod evening;
mod market;
mod progress;
mod report;
mod story;
mod system;
mod tracking;

use anyhow::{Context, Result, bail};
use clap::Parser;
use cli::Cli;
use market::Day;
use report::Figures;
use std::path::PathBuf;
use system::System;

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let out = folder(&cli)?;
    let day = Day::load()?;
    eprintln!("Starting chain, contracts, relayer and reporters …");
    let system = System::start(&out).await?;
    eprintln!("Replaying {} minutes, {} market seconds a second …", cli.minutes, cli.speed);
    let inputs = evening::run(&system, &day, &cli).await?;
    eprintln!("Reading every event and recomputing the invariants …");
    let System { net, agent, relayer, .. } = system;
    relayer.shutdown().await;
    drop(agent);
    let figures = report::measure(&net, inputs).await?;
    tell(&figures, &day, &cli, &out)?;
    verdict(&figures)
}

fn folder(cli: &Cli) -> Result<PathBuf> {
    let out = if cli.out.is_absolute() { cli.out.clone() } else { localnet::workspace().join(&cli.out) };
    std::fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    Ok(out)
}

fn tell(figures: &Figures, day: &Day, cli: &Cli, out: &std::path::Path) -> Result<()> {
    let summary = report::write(figures, &out.join("summary.json"))?;
    report::draw(figures, day, cli.minutes, &out.join("plot.svg"))?;
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    } else {
        report::print(figures);
        println!(
            "\nplot     {}\nsummary  {}",
            cli.out.join("plot.svg").display(),
            cli.out.join("summary.json").display()
        );
    }
    Ok(())
}

fn verdict(figures: &Figures) -> Result<()> {
    let breaches = &figures.audit.breaches;
    let Some(first) = breaches.first() else { return Ok(()) };
    for breach in breaches.iter().take(10) {
        eprintln!("{breach}");
    }
    bail!(
        "invariant {} does not hold; {} findings in all, the first ten stand above",
        first.fault.invariant,
        breaches.len()
    )
}
