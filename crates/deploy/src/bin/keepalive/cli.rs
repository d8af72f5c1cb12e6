use clap::Parser;
use plumbline_deploy::reach::Reach;

/// Gives the programs of a deployment another year, and activates again those that an upgrade of the chain has stopped.
///
/// A Stylus program lapses a year after its activation, and nobody can call it then. From the 31st day on anyone may extend its life to a
/// full year again, for an activation's data fee. An upgrade that raises Stylus' version stops every program until anyone activates it
/// again. Prints the days that each program has left; extends what the chain lets be extended, and activates what lapsed or was left
/// behind. While activations are paused it still extends.
#[derive(Debug, Parser)]
#[command(
    name = "plumbline-keepalive",
    version,
    after_help = "Examples:
  cargo xtask keepalive --network arbitrum-sepolia --dry-run     days left and fees; needs no key
  cargo xtask keepalive --network arbitrum-sepolia --below 200 --keystore ~/.plumbline/keeper.json --password-file ~/.plumbline/password

Exit codes: 0 every program runs, 1 one does not or something failed, 2 wrong arguments, 4 one does not and the chain lets nothing be
activated now."
)]
pub struct Cli {
    #[command(flatten)]
    pub reach: Reach,
    /// Extend only programs with no more than so many days left
    #[arg(long, value_name = "DAYS")]
    pub below: Option<u64>,
    /// Only say how many days are left, and what an extension or an activation costs
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}
