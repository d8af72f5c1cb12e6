//! `devnode`: a local Stylus chain.

mod cli;
mod gas;

use alloy::primitives::hex;
use anyhow::{Context, Result};
use clap::Parser;
use cli::{Command, Options};
use plumbline_devnode::Devnode;
use serde_json::json;
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let options = Options::parse();
    match &options.command {
        Some(Command::Gas { transaction, rpc_url }) => gas::print(*transaction, rpc_url).await,
        None => serve(&options).await,
    }
}

/// Runs the chain until a signal.
async fn serve(options: &Options) -> Result<()> {
    let node = Devnode::start(options.config()?).await?;
    if let Some(file) = options.load_from() {
        load(&node, file)?;
    }
    announce(&node, options);
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        () = node.stopped() => {}
        signal = tokio::signal::ctrl_c() => signal?,
        _ = terminated.recv() => {}
    }
    match options.save_to() {
        Some(file) => save(&node, file),
        None => Ok(()),
    }
}

fn load(node: &Devnode, file: &Path) -> Result<()> {
    let saved = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    node.chain().load(&saved).with_context(|| format!("cannot load {}", file.display()))
}

/// Writes beside the file first, so that an interrupted save leaves the old one whole.
fn save(node: &Devnode, file: &Path) -> Result<()> {
    let beside = file.with_extension("partial");
    std::fs::write(&beside, node.chain().save()?).with_context(|| format!("cannot write {}", beside.display()))?;
    std::fs::rename(&beside, file).with_context(|| format!("cannot write {}", file.display()))
}

fn announce(node: &Devnode, options: &Options) {
    let accounts = node.accounts();
    let key = |account: &alloy::signers::local::PrivateKeySigner| hex::encode_prefixed(account.to_bytes());
    if options.json {
        let accounts: Vec<_> =
            accounts.iter().map(|a| json!({ "address": a.address(), "privateKey": key(a) })).collect();
        println!(
            "{}",
            json!({ "http": node.http_url(), "ws": node.ws_url(), "chainId": node.chain_id(), "accounts": accounts })
        );
        return;
    }
    println!(
        "chain {}\nhttp  {}\nws    {}\n\naccounts, {} ETH each (keys are public: never use them elsewhere)",
        node.chain_id(),
        node.http_url(),
        node.ws_url(),
        options.balance
    );
    for account in accounts {
        println!("{}  {}", account.address(), key(&account));
    }
}
