//! `plumbline-agent`: signs what it computes itself.
mod cli;

use anyhow::{Context, Result};
use chain::proposal::Opening;
use clap::Parser;
use cli::{Cli, Command, LogFormat, Rule, Serve};
use plumbline_agent::rule::{RuleError, Ruled, rule};
use plumbline_agent::{key, serve};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    log(&cli)?;
    match cli.command {
        Command::Serve(options) => listen(&options).await?,
        Command::Rule(options) => return say(&options).await,
        Command::Address(of) => println!("{}", key::read(&of.place()).await?.address()),
        Command::PositionsKey(of) => println!("{}", key::former_positions(&key::local(&of.place())?)),
    }
    Ok(ExitCode::SUCCESS)
}

/// There is nothing to rule.
const NOTHING: u8 = 3;

async fn say(options: &Rule) -> Result<ExitCode> {
    let config = options.chain.config(key::read(&options.key.place()).await?)?;
    let shown = options.book.as_ref().map(|path| {
        let text = std::fs::read_to_string(path).with_context(|| format!("book {}", path.display()))?;
        serde_json::from_str::<Opening>(&text).with_context(|| format!("book {}", path.display()))
    });
    let ruled = match rule(&config, options.account, shown.transpose()?.as_ref(), options.valid).await {
        Err(RuleError::Nothing(reason)) => {
            eprintln!("{reason}");
            return Ok(ExitCode::from(NOTHING));
        }
        ruled => ruled?,
    };
    let sent = if options.send { Some(send(options, &ruled).await?) } else { None };
    if options.json {
        let mut shown = serde_json::to_value(&ruled)?;
        shown["tx"] = sent.map(|tx| tx.to_string()).into();
        println!("{shown:#}");
    } else {
        println!(
            "account {}, dispute {} of its {} at slot {}",
            ruled.account, ruled.dispute, ruled.subject, ruled.slot
        );
        println!("stated  {}\nfound   {}", ruled.stated, ruled.found);
        println!("to      {}\ndata    {}", ruled.escrow, ruled.calldata);
        sent.iter().for_each(|tx| println!("sent    {tx}"));
    }
    Ok(ExitCode::SUCCESS)
}

async fn send(options: &Rule, ruled: &Ruled) -> Result<alloy::primitives::B256> {
    let payer = options.payer_key.as_deref().context("--send needs PAYER_KEY: it pays for the transaction")?;
    let payer: alloy::signers::local::PrivateKeySigner =
        payer.trim().parse().ok().context("PAYER_KEY is not a private key: 32 bytes in hexadecimal")?;
    let from = payer.address();
    let provider = chain::connect(&options.chain.rpc_url, &[payer]).await?;
    let receipt = chain::send(&provider, "ruleDispute", from, ruled.escrow, ruled.calldata.to_vec()).await?;
    Ok(receipt.transaction_hash)
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
