//! `relayer`: configuration, recovery, service, until interrupted.
mod cli;

use anyhow::{Result, bail};
use clap::Parser;
use daemon::{LogFormat, interrupted};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<()> {
    let mut cli = cli::Cli::parse();
    log(cli.log_format);
    if let Some(task) = cli.task.take() {
        println!("{}", task.run().await?);
        return Ok(());
    }
    let mut relayer = relayer::serve(cli.config()?).await?;
    println!("{}", relayer.url);
    let failure = tokio::select! {
        () = interrupted() => None,
        reason = relayer.ended() => Some(reason),
    };
    match failure {
        None => relayer.shutdown().await,
        Some(reason) => bail!("{reason}; start it again: nothing that was acknowledged is lost"),
    }
    Ok(())
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("relayer=info,warn"));
    let colours = std::io::stderr().is_terminal();
    daemon::log(daemon::lines(filter).with_ansi(colours), format)
}
