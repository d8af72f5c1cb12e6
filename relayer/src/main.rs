//! `relayer`: configuration, recovery, service, until interrupted.
mod cli;

use anyhow::{Result, bail};
use clap::Parser;
use cli::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<()> {
    let cli = cli::Cli::parse();
    log(cli.log_format);
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
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

async fn interrupted() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
