use clap::Parser;
use std::path::PathBuf;

/// Replays 10 October 2025, 20:45 to 23:15 UTC, through the whole system: two venues, one secured party, four desks.
///
/// Starts a local chain, deploys the contracts, runs relayer and reporters, and at the end recomputes the design's
/// invariants 1, 2, 3, 5 and 9 from events alone. Exits with an error if one is broken.
#[derive(Clone, Debug, Parser)]
#[command(name = "plumbline-demo", version)]
pub struct Cli {
    /// Market minutes to replay, from 20:45 on
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u64).range(1..=150))]
    pub minutes: u64,
    /// Market seconds in one second of this machine
    #[arg(long, default_value_t = 120.0, value_parser = speed)]
    pub speed: f64,
    /// Seed of the fills
    #[arg(long, default_value_t = 20_251_010)]
    pub seed: u64,
    /// Print the summary as JSON instead of the table
    #[arg(long)]
    pub json: bool,
    /// Folder of plot.svg and summary.json
    #[arg(long, default_value = "target/demo")]
    pub out: PathBuf,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (0.01..=1e6).contains(speed));
    speed.ok_or_else(|| "expected market seconds in one, from 0.01 to a million".to_owned())
}
