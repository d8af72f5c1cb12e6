//! Accepted to included, from the relayer's API.
use super::Spread;
use anyhow::{Context, Result};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Milliseconds of this machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    /// Of all fills that were included.
    pub accepted_to_included: Spread,
    /// Of fills never seen waiting for margin, and of those that were.
    pub at_once: Spread,
    pub after_waiting: Spread,
}

/// Waits until nothing that could settle is under way, at most `patience`.
pub async fn drained(relayer: &str, patience: Duration) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < patience {
        let fills = status(relayer).await?["fills"].take();
        if fills["queued"] == fills["waiting"] && fills["submitted"] == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn status(relayer: &str) -> Result<Value> {
    let url = format!("{relayer}/v1/status");
    let answer = reqwest::get(&url).await.and_then(reqwest::Response::error_for_status);
    answer.with_context(|| format!("asking {url}"))?.json().await.with_context(|| format!("reading {url}"))
}
