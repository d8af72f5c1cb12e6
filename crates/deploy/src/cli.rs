use clap::Parser;
use plumbline_deploy::reach::Reach;

/// Deploys the contracts on an Arbitrum chain: rehearses, prices, deploys, activates, caches, configures, hands over, verifies.
///
/// Runs every step first on a local chain that executes the same programs, so that what would fail fails there, and for nothing. Then
/// does each step that the chain does not show done. Interrupted, it goes on where it stopped: run the same command again. The record is
/// deployments/<chain-id>.json.
#[derive(Debug, Parser)]
#[command(
    name = "plumbline-deploy",
    version,
    after_help = "Examples:
  cargo xtask deploy --network arbitrum-sepolia --dry-run        what is to be done and what it costs; needs no key
  cargo xtask deploy --network arbitrum-sepolia --keystore ~/.plumbline/deployer.json --password-file ~/.plumbline/password
  PLUMBLINE_DEPLOYER_KEY=0x… cargo xtask deploy --network local  on a devnode of your own: `cargo run --bin devnode -- --port 8547`

Exit codes: 0 all done and verified, 1 an error, 2 wrong arguments, 3 done up to a step that waits for time or for another party, 4 the
chain would not take now what is left to do (activations paused, no fragments); then nothing was sent."
)]
pub struct Cli {
    #[command(flatten)]
    pub reach: Reach,
    /// Only say what is to be done and what it costs
    #[arg(long)]
    pub dry_run: bool,
    /// Deploy on a chain where tokens are worth something
    #[arg(long)]
    pub mainnet: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}
