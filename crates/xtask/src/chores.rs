//! The subcommands, each as the list of its steps.

use crate::{
    checks::{self, cargo},
    cli::{Build, Forward, Lint, Run, Setup, Snapshot, Test},
    command::{Background, exec, passthrough},
    setup::{self, Toolchain},
    steps::Steps,
    tokens, wasm,
};
use anyhow::{Context, Result};
use std::process::Command;

const CLIENTS: &str = "clients against a relayer";

pub fn setup(options: &Setup) -> Result<()> {
    let mut steps = Steps::new(5);
    let toolchain = steps.require("compiler of the contracts", || setup::toolchain::provide(options.toolchain))?;
    println!("      {} in {}", toolchain.version, toolchain.sysroot.display());
    steps.require("wasm-opt and the Solidity compiler", setup::node::provide)?;
    steps.require("cast", setup::node::provide_cast)?;
    steps.attempt("PostgreSQL", setup::postgres::provide);
    steps.attempt("spelling checker", || setup::tools::typos().map(drop));
    steps.finish()
}

pub fn build(options: &Build) -> Result<()> {
    wasm::build(&setup::provide(options.setup.toolchain)?, &options.contracts)?;
    tokens::build()
}

pub fn lint(options: &Lint) -> Result<()> {
    let mut steps = Steps::new(5);
    lints(&mut steps, options.full);
    steps.finish()
}

fn lints(steps: &mut Steps, full: bool) {
    steps.attempt("format", checks::format);
    steps.attempt("clippy", checks::clippy);
    steps.attempt("documentation", checks::documentation);
    steps.attempt("spelling", checks::spelling);
    steps.attempt("dependencies", || checks::dependencies(full));
}

pub fn snapshot(options: &Snapshot) -> Result<()> {
    let mut steps = Steps::new(4);
    prepare(&mut steps, &options.setup)?;
    steps.attempt("contract sizes", || checks::sizes(options.update));
    steps.attempt("gas", || checks::gas(options.update));
    steps.finish()
}

pub fn test(options: &Test) -> Result<()> {
    let whole = options.filter.is_none();
    let mut steps = Steps::new(if whole { 11 } else { 4 } + if options.slow { 2 } else { 1 });
    prepare(&mut steps, &options.setup)?;
    steps.require("cast", setup::node::provide_cast)?;
    steps.attempt("PostgreSQL", setup::postgres::provide);
    if whole {
        lints(&mut steps, options.full);
        steps.attempt("size snapshot", || checks::sizes(false));
    }
    steps.attempt("tests", || checks::tests(options.slow, options.filter.as_deref()));
    if whole {
        steps.attempt(CLIENTS, checks::clients);
    }
    if options.slow {
        steps.attempt("ethers-rs against the devnode", checks::ethers);
    }
    steps.finish()
}

pub fn clients(options: &Setup) -> Result<()> {
    let mut steps = Steps::new(3);
    prepare(&mut steps, options)?;
    steps.attempt(CLIENTS, checks::clients);
    steps.finish()
}

/// Builds, then runs one of the workspace's programs in this terminal. It is compiled beside the contracts, whose link-time
/// optimisation leaves a core free.
fn run(options: &Run, program: &str) -> Result<()> {
    let mut steps = Steps::new(4);
    let toolchain = set_up(&mut steps, &options.setup)?;
    let compiling = Background::start(&mut build_of(program))?;
    contracts(&mut steps, &toolchain)?;
    steps.require("compile", || compiling.finish())?;
    println!("[4/4] {program}");
    start(program, &options.arguments)
}

/// Selected from the whole workspace, so that it shares its dependencies with the tests.
fn build_of(program: &str) -> Command {
    let mut build = cargo(&["build", "--workspace", "--bin", program]);
    build.args(["--bin", "plumbline-agent"]);
    build
}

fn start(program: &str, arguments: &[String]) -> Result<()> {
    exec(cargo(&["run", "--quiet", "--bin", program, "--"]).args(arguments))
}

pub fn demo(options: &Run) -> Result<()> {
    run(options, "plumbline-demo")
}

pub fn up(options: &Run) -> Result<()> {
    run(options, "up")
}

pub fn deploy(options: &Run) -> Result<()> {
    run(options, "plumbline-deploy")
}

/// What is deployed stands on chain: nothing has to be built for it.
pub fn keepalive(options: &Forward) -> Result<()> {
    passthrough(&mut build_of("plumbline-keepalive"))?;
    start("plumbline-keepalive", &options.arguments)
}

fn prepare(steps: &mut Steps, options: &Setup) -> Result<()> {
    let toolchain = set_up(steps, options)?;
    contracts(steps, &toolchain)
}

fn set_up(steps: &mut Steps, options: &Setup) -> Result<Toolchain> {
    steps.require("set-up", || setup::provide(options.toolchain))
}

fn contracts(steps: &mut Steps, toolchain: &Toolchain) -> Result<()> {
    steps.require("contracts and test tokens", || {
        wasm::build(toolchain, &[])?;
        tokens::build().context("test tokens")
    })
}
