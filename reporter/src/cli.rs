use crate::parse_source;
use clap::{Args, Parser, Subcommand};
use plumbline_reporter::Source;
use std::path::PathBuf;

/// Signs prices and posts them to the price-oracle, then has the eligibility-registry follow.
///
/// A round needs reports of several sources: give one --source for each key at hand. The keys must belong to the
/// oracle's governed reporter set; which one that is, the reporter reads from the chain.
#[derive(Parser)]
#[command(name = "reporter", version, after_help = EXAMPLES)]
pub struct Cli {
    /// JSON-RPC of the chain
    #[arg(long, env = "PLUMBLINE_RPC", default_value = "http://127.0.0.1:8547", global = true)]
    pub rpc: String,
    /// Addresses of the contracts
    #[arg(long, env = "PLUMBLINE_DEPLOYMENT", default_value = "deployments/412346.json", global = true)]
    pub deployment: PathBuf,
    /// Key that pays for the transactions
    #[arg(long, env = "PLUMBLINE_REPORTER_KEY", hide_env_values = true)]
    pub key: String,
    /// A source and its signing key; repeat, or separate by commas
    #[arg(long = "source", value_name = "NAME=KEY", value_parser = parse_source, value_delimiter = ',', required = true)]
    #[arg(env = "PLUMBLINE_SOURCES", hide_env_values = true)]
    pub sources: Vec<Source>,
    /// The relayer's markets file: also commit the root over each slot's marks, so that disputes can prove them
    #[arg(long, env = "PLUMBLINE_MARKETS", global = true)]
    pub markets: Option<PathBuf>,
    /// Feed of the settlement token, for --markets
    #[arg(long, default_value = "USDC-USD", global = true)]
    pub settlement: String,
    /// error, warn, info, debug
    #[arg(long, default_value = "info", global = true)]
    pub log: String,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Post one price in the present slot
    Once(Once),
    /// Post every slot until interrupted
    Serve {
        /// Prices over time; see `run`
        #[arg(long)]
        file: Option<PathBuf>,
        /// Constant prices beside the file
        #[arg(long = "price", value_name = "FEED=PRICE", value_delimiter = ',')]
        prices: Vec<String>,
    },
    /// Replay a price file from its first row to its last
    Run {
        /// CSV with the columns time,feed,source,price[,confidence]
        #[arg(long)]
        file: PathBuf,
        /// How many seconds of the file pass in one
        #[arg(long, default_value_t = 1.0)]
        speed: f64,
    },
}

#[derive(Args)]
pub struct Once {
    /// For example USDE-USD
    #[arg(long)]
    pub feed: String,
    /// Decimal USD, at most 8 places
    #[arg(long)]
    pub price: String,
    /// Confidence in ppm
    #[arg(long, default_value_t = 1_000_000)]
    pub confidence: u32,
    /// Only this source says so; all of them otherwise
    #[arg(long = "only")]
    pub source: Option<String>,
    /// The slot of the chain's latest block otherwise
    #[arg(long)]
    pub slot: Option<u64>,
}

const EXAMPLES: &str = "Examples, with keys of the local network as `cargo xtask up` prints them:
  reporter --key $KEY --source a=$A --source b=$B --source c=$C once --feed USDE-USD --price 0.99
  reporter --key $KEY --source a=$A,b=$B,c=$C serve --price BTC-USD=113000,ETH-USD=3830,USDC-USD=1
  reporter --key $KEY --source a=$A,b=$B,c=$C run --file prices.csv --speed 60";
