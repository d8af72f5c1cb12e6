//! What became of each fill, as the relayer's API tells it: included at once, or after waiting for margin.
use crate::report::{Latency, Spread};
use crate::story::Offered;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Pause between two rounds of questions.
const PAUSE: Duration = Duration::from_millis(200);

/// Asks for every fill until it has ended.
pub struct Tracker {
    url: String,
    client: reqwest::Client,
    pending: BTreeSet<String>,
    /// Ids once seen in state `waiting`.
    waited: BTreeSet<String>,
    at_once: Vec<u64>,
    after_waiting: Vec<u64>,
}

impl Tracker {
    /// `relayer` is the interface's base URL.
    pub fn new(relayer: &str) -> Self {
        Self {
            url: format!("{relayer}/v1/fills"),
            client: reqwest::Client::new(),
            pending: BTreeSet::new(),
            waited: BTreeSet::new(),
            at_once: Vec::new(),
            after_waiting: Vec::new(),
        }
    }

    /// Follows the batches of the channel until it closes, then asks once more.
    pub async fn run(mut self, mut batches: UnboundedReceiver<Offered>) -> Result<Latency> {
        loop {
            tokio::time::sleep(PAUSE).await;
            while let Ok(batch) = batches.try_recv() {
                let sequences = batch.first_sequence..batch.first_sequence + batch.fills;
                self.pending.extend(sequences.map(|sequence| format!("{}-{sequence}", batch.venue)));
            }
            self.ask().await?;
            if batches.is_closed() && batches.is_empty() {
                return Ok(self.result());
            }
        }
    }

    async fn ask(&mut self) -> Result<()> {
        for id in self.pending.clone() {
            let url = format!("{}/{id}", self.url);
            let answer = self.client.get(&url).send().await.with_context(|| format!("asking {url}"))?;
            let fill: Value = answer.json().await.with_context(|| format!("reading {url}"))?;
            self.note(id, &fill);
        }
        Ok(())
    }

    fn note(&mut self, id: String, fill: &Value) {
        if fill["state"] == "waiting" {
            self.waited.insert(id);
        } else if fill["state"] == "lapsed" {
            self.pending.remove(&id);
        } else if let (Some(accepted), Some(included)) = (fill["acceptedAt"].as_u64(), fill["includedAt"].as_u64()) {
            let took = included.saturating_sub(accepted);
            if self.waited.contains(&id) {
                self.after_waiting.push(took)
            } else {
                self.at_once.push(took)
            }
            self.pending.remove(&id);
        }
    }

    fn result(self) -> Latency {
        let all = [self.at_once.clone(), self.after_waiting.clone()].concat();
        Latency {
            accepted_to_included: Spread::of(all),
            at_once: Spread::of(self.at_once),
            after_waiting: Spread::of(self.after_waiting),
        }
    }
}
