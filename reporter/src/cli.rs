use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// Signs one source's prices in every slot of ten seconds, exchanges signatures with the other reporters, posts the round.
///
/// One process for one key. The key must belong to the oracle's governed reporter set, and its address pays for what it posts.
/// Any quorum of reporters makes a round; whoever's turn it is posts it, so that one of them pays a slot.
#[derive(Parser)]
#[command(name = "reporter", version, after_help = EXAMPLE)]
pub struct Cli {
    /// Configuration, see below
    #[arg(long, env = "PLUMBLINE_REPORTER_CONFIG")]
    pub config: PathBuf,
    /// Try each source once, say what would be signed, and end
    ///
    /// With 0 if every feed would be signed, the chain answers and the key is in the set; else with 1.
    #[arg(long)]
    pub check: bool,
    /// Seconds to add to this machine's clock, for one that cannot be set. Slots follow the chain's clock in any case
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, allow_negative_numbers = true, value_parser = offset)]
    pub clock_offset: f64,
    /// error, warn, info, debug
    #[arg(long, env = "PLUMBLINE_REPORTER_LOG", default_value = "info")]
    pub log: String,
    /// How the log is written to standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

fn offset(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.abs() <= 3_600.0);
    seconds.ok_or_else(|| "expected seconds, at most an hour".to_owned())
}

const EXAMPLE: &str = r#"The key is in PLUMBLINE_REPORTER_KEY (hexadecimal), or in a keystore that the configuration names. It is never an argument.

Configuration, TOML; paths are relative to it:

  rpc = "http://127.0.0.1:8547"                 # the chain's JSON-RPC
  deployment = "deployments/412346.json"        # addresses of the contracts
  listen = "0.0.0.0:9100"                       # votes of the others, and /healthz [default: 127.0.0.1:9100]
  peers = ["http://10.0.0.2:9100", "http://10.0.0.3:9100"]
  # keystore = "reporter.json"                  # with password-file, or PLUMBLINE_KEYSTORE_PASSWORD
  # markets = "markets.json"                    # the relayer's: also commit the root over each slot's marks
  # settlement = "USDC-USD"                     # feed of the settlement token, for markets

  [sources.spot]                                # a JSON document, asked for again and again
  http = "https://api.example.com/ticker"
  every = 5                                     # seconds
  timeout = 3

  [sources.stream]                              # JSON documents that are pushed
  ws = "wss://stream.example.com"
  subscribe = ['{"type":"subscribe","channel":"ticker"}']
  idle = 30                                     # connect anew after so many seconds without one

  [sources.desk]                                # CSV: time,feed,source,price[,confidence]
  file = "prices.csv"
  # replay = 60                                 # from its first row on, so many of its seconds in one

  [feeds]                                       # of each feed the first place that has a price young enough
  BTC-USD = [
    { source = "stream", price = "/price", time = "/time", where = { "/product" = "BTC-USD" }, max-age = 10 },
    { source = "spot", price = "/data/0/last", time = "/data/0/ts", time-is = "ms", max-age = 15 },
  ]
  USDE-USD = [{ source = "desk", name = "uniswap", max-age = 120 }]
  USDC-USD = [{ constant = "1", confidence = 900000 }]

price, time and the keys of where are JSON pointers (RFC 6901). time-is: rfc3339 [default], s, ms, us. replay is for rehearsals: such prices are of the past. Without time a price is as old
as its arrival. Try it before it runs:

  PLUMBLINE_REPORTER_KEY=0x… reporter --config reporter.toml --check
  PLUMBLINE_REPORTER_KEY=0x… reporter --config reporter.toml
  curl -s http://127.0.0.1:9100/healthz

Exit codes: 0 ended by a signal, or the check is good; 1 it failed, and says why; 2 wrong command line.

docs/reporter.md has the rules: slots and clocks, turns, what is taken of others."#;
