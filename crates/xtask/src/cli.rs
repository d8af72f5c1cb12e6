//! The command line, and what its help teaches.

use crate::{margin::Rule, setup::Source};
use clap::{Args, Parser, Subcommand};

const FIRST: &str = "\
Start here:
  cargo xtask demo     the whole system on the prices of 10 October 2025
  cargo xtask test     everything that must hold, as CI runs it
  cargo xtask up       the system on a local chain, until Ctrl-C

Both install what is missing, say so, and do nothing twice. A first run compiles for several minutes; later ones start
within seconds. Needed beforehand: Rust 1.95 (rustup), Node 18 and Python 3.10 or newer, a network.
";

/// Set-up, builds, checks and demo of Plumbline
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = FIRST)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the demo: set-up, contracts, then a crash day end to end
    ///
    /// Two venues, four desks and a secured party trade through 10 October 2025 on a local chain. Ends with a table, a
    /// plot and target/demo/summary.json. Half an hour of market time runs in a quarter of a minute; from nothing, compiling
    /// comes first.
    #[command(
        after_help = "Examples:\n  cargo xtask demo\n  cargo xtask demo --minutes 30\n  cargo xtask demo -- --help     what the demo itself understands\n"
    )]
    Demo(Run),
    /// Check everything: contracts, format, lints, spelling, dependencies, sizes, tests
    ///
    /// With a filter, only builds the contracts and runs the tests whose name contains it.
    #[command(
        after_help = "Examples:\n  cargo xtask test\n  cargo xtask test settle\n  cargo xtask test --slow invariant\n"
    )]
    Test(Test),
    /// Start the system on a local chain and leave it running until Ctrl-C
    ///
    /// Prints the addresses of the contracts and the URLs of chain and relayer.
    #[command(
        after_help = "Examples:\n  cargo xtask up\n  cargo xtask up -- --help     what it understands beyond this\n"
    )]
    Up(Run),
    /// Deploy the contracts on an Arbitrum chain: rehearsed, priced, resumable, verified
    #[command(
        after_help = "Examples:\n  cargo xtask deploy --network arbitrum-sepolia --dry-run\n  cargo xtask deploy -- --help     everything it understands\n"
    )]
    Deploy(Run),
    /// Give the deployed programs another year: they lapse without it
    ///
    /// Stylus programs lapse a year after their activation. Prints the days each has left, and extends those that the chain lets be
    /// extended, from the 31st day on. Anyone may pay for it.
    #[command(
        after_help = "Examples:\n  cargo xtask keepalive --network arbitrum-sepolia --dry-run\n  cargo xtask keepalive -- --help     everything it understands\n"
    )]
    Keepalive(Forward),
    /// Build the contracts and the test tokens into target/contracts
    ///
    /// Writes NAME.wasm, NAME.code (what is deployed), manifest.json and tokens.json, and prints each contract's
    /// size. Fails if activation on chain would refuse one: floats, features, imports, limits. About a minute from
    /// nothing, about a second when nothing changed.
    #[command(
        after_help = "Examples:\n  cargo xtask build\n  cargo xtask build margin-escrow\n  cargo xtask build --toolchain debian\n"
    )]
    Build(Build),
    /// Install what is missing: compiler of the contracts, wasm-opt, Solidity compiler, spelling checker
    ///
    /// Compiler: the wasm32 target and rust-src from rustup; where rustup's host cannot be reached within a minute,
    /// Debian's rustc-web, cargo-web and rust-web-src (as root or with sudo). wasm-opt, solc, OpenZeppelin's
    /// contracts and T-REX: `npm ci` in contracts/test-tokens; cast: in crates/devnode/tests/tools. typos: pip, into target/tools.
    /// Under a minute; a second run changes nothing.
    Setup(Setup),
    /// Check format, lints, spelling and dependencies
    #[command(
        after_help = "Examples:\n  cargo xtask lint\n  cargo xtask lint --full    compiles cargo-deny first, once\n"
    )]
    Lint(Lint),
    /// Run the venues' clients against the signing vectors and a relayer
    ///
    /// Python and TypeScript, each with what it needs from PyPI and npm; the system runs on a local chain meanwhile. Part of `test`.
    Clients(Setup),
    /// Compare contract sizes and gas with tests/snapshots
    ///
    /// Under the compiler that took the snapshot a difference is a failure; under another one it is reported.
    #[command(
        after_help = "Examples:\n  cargo xtask snapshot\n  cargo xtask snapshot --update    then commit the files\n"
    )]
    Snapshot(Snapshot),
    /// Change the pure arithmetic and expect a test to fail each time
    ///
    /// Compiles cargo-mutants first, once. About ten minutes on two cores; the outcome of each change is in target/mutants.out.
    #[command(after_help = "Examples:\n  cargo xtask mutants\n  cargo xtask mutants --re reserve.rs\n")]
    Mutants(Forward),
    /// Measure speed beside its budget
    #[command(
        after_help = "Examples:\n  cargo xtask bench kernel     compiles with full optimisation first\n  cargo xtask bench devnode\n"
    )]
    Bench(Bench),
    /// Compute the margin of a book: JSON in, JSON out
    ///
    /// Reads positions, marks and, where they differ from the reference set, parameters; prints initial and maintenance
    /// margin (im, mm), mark value, every scenario's profit and every contingency. The kernel is the one that the
    /// relayer signs with.
    #[command(after_help = MARGIN)]
    Margin(Margin),
}

const MARGIN: &str = "\
Example:
  cargo xtask margin <<'END'
  {
    \"asOf\": 1766649600,
    \"settlementPrice\": \"1\",
    \"underlyings\": {
      \"BTC\": {
        \"spot\": \"110000\",
        \"expiries\": { \"20260124\": { \"forward\": \"110500\", \"rate\": \"0.05\" } }
      }
    },
    \"positions\": [
      { \"instrument\": \"BTC-PERP\", \"quantity\": \"1.5\", \"mark\": \"110040\" },
      { \"instrument\": \"BTC-20260124\", \"quantity\": \"-1\" },
      { \"instrument\": \"BTC-20260124-120000-C\", \"quantity\": \"-2\", \"volatility\": \"0.52\" }
    ],
    \"parameters\": { \"volatility\": { \"up\": \"0.6\" } }
  }
  END

asOf is in whole seconds since 1970; options and futures expire at 08:00 UTC of the day in their name.
Needed: asOf, underlyings with spot, an expiry's forward, positions with the mark of a perpetual and the volatility of an option.
settlementPrice (USD for one settlement coin) is 1 where it is left out, an expiry's rate 0.

Beside these, optional:
  confidence      of a spot, expiry, perpetual, option or collateral, 0 to 1, default 1: write a spot as
                  { \"price\", \"confidence\" }; a dated future's is its expiry's
  unrealised      of a perpetual or future, USD: counts in the account form only
  collateral      [{ \"underlying\", \"quantity\", \"price\", \"initialHaircut\", \"maintenanceHaircut\", \"offsets\": true }];
                  quantity 0 or more; haircuts 0 to 1, default 0: then it counts whole; the maintenance one at most the
                  initial one; offsets default false
  cash            USD, default 0
  parameters      scenarios [{ \"spot\": \"-0.18\", \"volatility\": \"up\", \"damping\": \"1\" }] (up, unchanged, down, linearSkew,
                  absoluteSkew), volatility, skew, discount, basis, peg, initialFactor, maintenanceFactor, perpetual,
                  option, confidence, offset; a field left out keeps the reference set's value, a list of scenarios
                  replaces all 33; docs/risk.md says what each does

A number is a decimal number in quotes, -?[0-9]+(\\.[0-9]+)?, of any length: no +, no exponent, no space, a digit on both
sides of the point. A JSON number is refused, for it may have been through a float; only asOf and volatility.floor, whole
seconds, are JSON integers. docs/risk.md says what each field of the answer is. Bounds hold for what is written; then digits beyond a unit are rounded against the account
(docs/risk.md has the direction of each). What stands twice, what is null, what has no effect and what is unknown is refused.

Exit codes: 0 computed, 1 not read, 2 wrong command line, 3 input refused, with the field's path and the reason.
";

#[derive(Debug, Clone, Copy, Args)]
pub struct Bench {
    #[arg(value_enum)]
    pub what: crate::bench::What,
}

#[derive(Debug, Args)]
pub struct Forward {
    /// Passed on to the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Margin {
    /// Where the JSON stands; standard input when none is given
    pub file: Option<std::path::PathBuf>,
    /// Lift the governed ranges of parameters as far as the arithmetic carries
    ///
    /// The answer says which parameters are beyond: under whatIf in the JSON, and in words on standard error. No agreement
    /// and no contract takes such a set.
    #[arg(long)]
    pub what_if: bool,
}

impl Margin {
    pub fn rule(&self) -> Rule {
        if self.what_if { Rule::WhatIf } else { Rule::Governed }
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Setup {
    /// Where the compiler of the contracts comes from
    #[arg(long, value_enum, env = "PLUMBLINE_TOOLCHAIN", default_value = "auto")]
    pub toolchain: Source,
}

#[derive(Debug, Args)]
pub struct Build {
    #[command(flatten)]
    pub setup: Setup,
    /// Names of contracts, all when none is given
    pub contracts: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub setup: Setup,
    /// Passed on to the program, from the first one that is not an option above
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    pub setup: Setup,
    /// Run the long tests too
    #[arg(long)]
    pub slow: bool,
    /// Compile cargo-deny if it is not installed, so that dependencies are checked too
    #[arg(long)]
    pub full: bool,
    /// Only tests whose name contains this
    pub filter: Option<String>,
}

#[derive(Debug, Args)]
pub struct Lint {
    /// Compile cargo-deny if it is not installed, so that dependencies are checked too
    #[arg(long)]
    pub full: bool,
}

#[derive(Debug, Args)]
pub struct Snapshot {
    #[command(flatten)]
    pub setup: Setup,
    /// Write the files instead of comparing
    #[arg(long)]
    pub update: bool,
}
