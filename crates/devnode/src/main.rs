//! `devnode`: a local Stylus chain.

use alloy::primitives::{U256, hex};
use clap::Parser;
use plumbline_devnode::{Devnode, DevnodeConfig, Mining};
use serde_json::json;
use std::time::Duration;

/// A local chain that executes Stylus WASM, behind Ethereum JSON-RPC over HTTP and WebSocket.
#[derive(Debug, Parser)]
#[command(name = "devnode", version)]
struct Options {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8547)]
    port: u16,
    #[arg(long, default_value_t = 412_346)]
    chain_id: u64,
    /// Seconds between blocks; without it each transaction makes its own block at once.
    #[arg(long, value_name = "SECONDS")]
    block_time: Option<f64>,
    /// Make blocks only when asked to.
    #[arg(long, conflicts_with = "block_time")]
    no_mining: bool,
    /// Most gas of one block.
    #[arg(long, default_value_t = 32_000_000)]
    block_gas_limit: u64,
    /// Most gas of one transaction.
    #[arg(long, default_value_t = 32_000_000)]
    tx_gas_limit: u64,
    /// Wei for one gas.
    #[arg(long, default_value_t = 100_000_000)]
    base_fee: u64,
    /// Timestamp of the first block; now if absent.
    #[arg(long)]
    timestamp: Option<u64>,
    /// ETH of each development account.
    #[arg(long, default_value_t = 10_000)]
    balance: u64,
    /// Print URLs and accounts as one line of JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    fn config(&self) -> anyhow::Result<DevnodeConfig> {
        let mining = match self.block_time {
            Some(seconds) => Mining::Interval(Duration::try_from_secs_f64(seconds)?),
            None if self.no_mining => Mining::Manual,
            None => Mining::Automine,
        };
        Ok(DevnodeConfig {
            port: self.port,
            chain_id: self.chain_id,
            mining,
            block_gas_limit: self.block_gas_limit,
            tx_gas_limit: self.tx_gas_limit,
            base_fee: self.base_fee,
            timestamp: self.timestamp,
            balance: U256::from(self.balance) * U256::from(10).pow(U256::from(18)),
            ..DevnodeConfig::default()
        })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let options = Options::parse();
    let node = Devnode::start(options.config()?).await?;
    announce(&node, &options);
    tokio::select! {
        () = node.stopped() => {}
        signal = tokio::signal::ctrl_c() => signal?,
    }
    Ok(())
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
