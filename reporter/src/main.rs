//! `reporter`: one key, its sources, every slot, until interrupted.
mod cli;

use anyhow::Result;
use clap::Parser;
use cli::Cli;
use daemon::interrupted;
use plumbline_reporter::service::check;
use plumbline_reporter::{Config, Settings, key, serve};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    log(&cli)?;
    let settings = Settings::load(&cli.config)?;
    let key = key::read(settings.keystore.as_deref(), settings.password_file.as_deref())?;
    let config = Config { clock_offset: (cli.clock_offset * 1_000.0) as i64, ..settings.with_key(key)? };
    if cli.check {
        let good = check::check(config).await?;
        return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mut reporter = serve(config).await?;
    println!("{}", reporter.url);
    tokio::select! {
        () = reporter.ended() => anyhow::bail!("a part of the reporter ended; the log says why"),
        () = interrupted() => Ok(ExitCode::SUCCESS),
    }
}

fn log(cli: &Cli) -> Result<()> {
    let filter = EnvFilter::try_new(&cli.log)?;
    daemon::log(daemon::lines(filter).with_target(false), cli.log_format);
    Ok(())
}
