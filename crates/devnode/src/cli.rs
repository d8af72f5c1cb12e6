//! The command line.

use alloy::primitives::{
    Address, B256, U256,
    utils::{parse_ether, parse_units},
};
use clap::{Parser, Subcommand};
use plumbline_devnode::{ArbosVersion, DevnodeConfig, Mining, PAUSED};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A local chain that executes Stylus WASM, behind Ethereum JSON-RPC over HTTP and WebSocket.
#[derive(Debug, Parser)]
#[command(name = "devnode", version, args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8547)]
    port: u16,
    /// Let pages of this origin use the node, as <https://app.example>, and no others; * for all; may be given several
    /// times. Without it pages that this machine serves may: any port of localhost, 127.0.0.1 and ::1.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    #[arg(long, default_value_t = 412_346)]
    chain_id: u64,
    /// Version of ArbOS: 51, 60 or 61. A loaded chain keeps its own.
    #[arg(long, value_name = "VERSION", default_value_t = ArbosVersion::default())]
    arbos: ArbosVersion,
    /// Let no program be activated, as a chain does that sets the gas of activations beyond any limit; ArbOS 60 and
    /// later. A loaded chain keeps its own setting.
    #[arg(long)]
    pause_activations: bool,
    /// Seconds between blocks, as 0.25; without it each transaction makes its own block at once.
    #[arg(long, value_name = "SECONDS")]
    block_time: Option<f64>,
    /// Make blocks only when asked to.
    #[arg(long, conflicts_with = "block_time")]
    no_mining: bool,
    /// Most gas of one block.
    #[arg(long, default_value_t = 32_000_000)]
    block_gas_limit: u64,
    /// Most gas that one transaction's execution uses; a gas limit may be higher, and pays for data.
    #[arg(long, default_value_t = 32_000_000)]
    tx_gas_limit: u64,
    /// Most gas of a call or an estimate; 0 for no limit. Data are part of it where a request names its gas, else on top.
    #[arg(long, default_value_t = 50_000_000)]
    call_gas_limit: u64,
    /// Wei for one gas.
    #[arg(long, default_value_t = 100_000_000)]
    base_fee: u64,
    /// Wei for one unit of data on the parent chain, or as 50gwei. A transaction has 16 units for each byte that Brotli
    /// leaves of it, and pays for them as gas: price × units ÷ base fee. Change it with devnode_setDataPrice.
    #[arg(long, value_name = "PRICE", default_value = "0", value_parser = wei)]
    data_price: u64,
    /// Make no block when nothing was sent, and leave calls and estimates at the latest block's time, however long ago.
    #[arg(long)]
    quiet: bool,
    /// Start every block with ArbOS's own transaction, of type 0x6a, as Nitro does: users' first has index 1.
    #[arg(long)]
    internal_transactions: bool,
    /// Timestamp of the first block; now if absent.
    #[arg(long)]
    timestamp: Option<u64>,
    /// ETH of each development account.
    #[arg(long, default_value_t = 10_000)]
    pub balance: u64,
    /// A further account with funds, in ETH; may be given several times.
    #[arg(long, value_name = "ADDRESS=ETH", value_parser = funded)]
    fund: Vec<(Address, U256)>,
    /// Load the chain from this file if it is there, and save it there at the end.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["load_state", "dump_state"])]
    state: Option<PathBuf>,
    /// Load the chain from this file.
    #[arg(long, value_name = "FILE")]
    load_state: Option<PathBuf>,
    /// Save the chain to this file at the end.
    #[arg(long, value_name = "FILE")]
    dump_state: Option<PathBuf>,
    /// Print URLs and accounts as one line of JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print where a transaction's gas went, as a table, and the gas of each call in it
    Gas {
        /// Hash of the transaction.
        #[arg(value_parser = hash)]
        transaction: B256,
        /// The running devnode.
        #[arg(long, default_value = "http://127.0.0.1:8547")]
        rpc_url: String,
    },
}

impl Options {
    pub fn config(&self) -> anyhow::Result<DevnodeConfig> {
        let mining = match self.block_time {
            Some(seconds) => Mining::Interval(Duration::try_from_secs_f64(seconds)?),
            None if self.no_mining => Mining::Manual,
            None => Mining::Automine,
        };
        Ok(DevnodeConfig {
            port: self.port,
            allow_origins: self.allow_origin.clone(),
            chain_id: self.chain_id,
            arbos: self.arbos,
            activation_gas: if self.pause_activations { PAUSED } else { 0 },
            mining,
            block_gas_limit: self.block_gas_limit,
            tx_gas_limit: self.tx_gas_limit,
            call_gas_limit: self.call_gas_limit,
            base_fee: self.base_fee,
            data_price: self.data_price,
            quiet: self.quiet,
            internal_transactions: self.internal_transactions,
            timestamp: self.timestamp,
            balance: U256::from(self.balance) * U256::from(10).pow(U256::from(18)),
            funded: self.fund.clone(),
            ..DevnodeConfig::default()
        })
    }

    /// The file to load, if any.
    pub fn load_from(&self) -> Option<&Path> {
        self.load_state.as_deref().or(self.state.as_deref().filter(|file| file.exists()))
    }

    /// The file to save to at the end, if any.
    pub fn save_to(&self) -> Option<&Path> {
        self.dump_state.as_deref().or(self.state.as_deref())
    }
}

fn hash(text: &str) -> Result<B256, String> {
    text.parse().map_err(|_| "a transaction's hash is 32 bytes: 0x and 64 hexadecimal digits".to_owned())
}

fn funded(text: &str) -> anyhow::Result<(Address, U256)> {
    let (address, ether) = text.split_once('=').ok_or_else(|| anyhow::anyhow!("expected ADDRESS=ETH"))?;
    Ok((address.parse()?, parse_ether(ether)?))
}

/// A price: wei, or a number with `gwei` after it.
fn wei(text: &str) -> anyhow::Result<u64> {
    let amount = match text.strip_suffix("gwei") {
        Some(gwei) => parse_units(gwei.trim(), "gwei")?,
        None => parse_units(text.strip_suffix("wei").unwrap_or(text).trim(), "wei")?,
    };
    anyhow::ensure!(!amount.is_negative(), "a price is not negative");
    amount.get_absolute().try_into().map_err(|_| anyhow::anyhow!("at most {} wei", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_in_wei_or_in_gwei() {
        assert_eq!(wei("1000").unwrap(), 1_000);
        assert_eq!(wei("7wei").unwrap(), 7);
        assert_eq!(wei("50gwei").unwrap(), 50_000_000_000);
        assert_eq!(wei("0.5 gwei").unwrap(), 500_000_000);
        assert!(wei("50 eth").is_err() && wei("-1gwei").is_err() && wei("99999999999gwei").is_err());
    }
}
