//! Where one reporter's prices come from: documents of sources, files, constants; each with a bound on its age.
//!
//! * [`config`]: what an operator writes.
//! * [`document`]: a price, and its time, in a JSON document.
//! * [`board`]: what each source last said of each feed, and what may be signed of it.
//! * `strict`: JSON in which no key stands twice.
//! * [`http`], [`ws`], [`mod@file`]: the sources.
pub mod board;
pub mod config;
pub mod document;
pub mod file;
pub mod http;
mod strict;
pub mod ws;

pub use board::{Board, Reading};
pub use config::Inputs;

use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Most bytes of a document.
pub const LARGEST: usize = 1024 * 1024;
/// Longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Twice as long after each failure, up to half a minute.
pub(crate) fn pause(first: Duration, failures: u32) -> Duration {
    first.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE.max(first))
}

/// Reads every source until dropped.
pub fn watch(inputs: &Inputs, board: &Arc<Board>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for (name, source) in &inputs.sources {
        match source.clone() {
            config::Source::Http(source) => drop(tasks.spawn(http::watch(name.clone(), source, board.clone()))),
            config::Source::Ws(source) => drop(tasks.spawn(ws::watch(name.clone(), source, board.clone()))),
            config::Source::File(_) => {}
        }
    }
    tasks
}
