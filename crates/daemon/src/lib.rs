//! What relayer, agent and reporter share as processes: how they log, and when they end.
#![warn(missing_docs, clippy::missing_errors_doc)]

use std::io::Stderr;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;
use tracing_subscriber::fmt::format::{DefaultFields, Format};

/// A log that is written to standard error.
pub type Lines = SubscriberBuilder<DefaultFields, Format, EnvFilter, fn() -> Stderr>;

/// How the log's lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What passes the filter, to standard error.
pub fn lines(filter: EnvFilter) -> Lines {
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr as fn() -> Stderr)
}

/// Makes it the process's log.
pub fn log(lines: Lines, format: LogFormat) {
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

/// Until Ctrl-C or SIGTERM.
pub async fn interrupted() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
