use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// Starts a local chain with everything deployed, the relayer and the reporters, and runs until Ctrl-C.
///
/// Test network: keys of the development mnemonic, worthless tokens, nothing survives the end.
#[derive(Debug, Parser)]
#[command(
    name = "up",
    version,
    after_help = "Examples:
  cargo xtask up
  cargo xtask up -- --block-time 0.25          a block every 250 ms instead of one for each transaction
  cargo xtask up -- --prices prices.csv        columns time,feed,source,price; sources reporter-0 … reporter-4 or *
  cargo xtask up -- --json > system.json &     addresses, URLs and keys for scripts"
)]
pub struct Cli {
    /// Port of the chain's JSON-RPC, HTTP and WebSocket; 0 takes a free one
    #[arg(long, default_value_t = 8547)]
    pub port: u16,
    /// Port of the relayer; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub relayer_port: u16,
    /// Seconds between blocks; a block for each transaction otherwise
    #[arg(long, value_parser = seconds)]
    pub block_time: Option<Duration>,
    /// Price file to replay before the constant prices
    #[arg(long)]
    pub prices: Option<PathBuf>,
    /// Seconds of the price file in one second
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Print addresses, URLs and keys as JSON
    #[arg(long)]
    pub json: bool,
    /// Fills and accounts are read with signatures only, as from another machine
    #[arg(long)]
    pub signed_reads: bool,
    /// error, warn, info, debug
    #[arg(long, default_value = "warn")]
    pub log: String,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.01..=3_600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "expected seconds, from 0.01 to 3600".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| *speed > 0.0 && *speed <= 1e6);
    speed.ok_or_else(|| "expected seconds of the file in one, above 0 and at most a million".to_owned())
}
