//! `plumbline-agent`: signs what it computes itself.
mod cli;

use anyhow::Result;
use clap::Parser;
use cli::{Cli, Command, LogFormat, Serve};
use plumbline_agent::{key, serve};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    log(&cli)?;
    match cli.command {
        Command::Serve(options) => listen(&options).await,
        Command::Address(of) => {
            println!("{}", key::read(&of.place()).await?.address());
            Ok(())
        }
        Command::PositionsKey(of) => {
            println!("{}", key::former_positions(&key::local(&of.place())?));
            Ok(())
        }
    }
}

async fn listen(options: &Serve) -> Result<()> {
    let config = options.config().await?;
    let address = config.key.address();
    let agent = serve(config).await?;
    if options.json {
        println!("{}", serde_json::json!({ "url": agent.url, "agent": address }));
    } else {
        println!("{}", agent.url);
    }
    interrupted().await;
    agent.shutdown().await;
    Ok(())
}

fn log(cli: &Cli) -> Result<()> {
    let filter = EnvFilter::try_new(&cli.log)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    match cli.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
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
