//! `cargo xtask`: every chore of the repository, as a subcommand.

mod bench;
mod checks;
mod chores;
mod cli;
mod command;
mod margin;
mod repo;
mod setup;
mod steps;
mod tokens;
mod wasm;

use anyhow::Result;
use clap::Parser;
use cli::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&cli::Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {}", explain(&error));
            error.downcast_ref::<margin::Refused>().map_or(ExitCode::FAILURE, margin::Refused::code)
        }
    }
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Demo(options) => chores::demo(options),
        Command::Test(options) => chores::test(options),
        Command::Up(options) => chores::up(options),
        Command::Deploy(options) => chores::deploy(options),
        Command::Keepalive(options) => chores::keepalive(options),
        Command::Build(options) => chores::build(options),
        Command::Setup(options) => chores::setup(options),
        Command::Lint(options) => chores::lint(options),
        Command::Clients(options) => chores::clients(options),
        Command::Snapshot(options) => chores::snapshot(options),
        Command::Mutants(options) => checks::mutants(&options.arguments),
        Command::Bench(options) => bench::run(options.what),
        Command::Margin(options) => margin::run(options.file.as_deref(), options.rule()),
    }
}

/// What was attempted, or what to do; then why it failed.
fn explain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join("\ncaused by: ")
}
