//! Every check of a batch, and nothing stored.
use super::{Intake, refused};
use crate::clock::now_ms;
use crate::http::problem::Problem;
use crate::journal::Refusal;
use crate::state::fill::Batch;
use alloy::primitives::{Address, B256};
use serde::Serialize;
use std::net::IpAddr;
use utoipa::ToSchema;

/// What would be accepted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// `<venue>-<firstSequence>`.
    pub batch_id: String,
    /// The next batch's `previousBatchHash`.
    #[schema(value_type = String)]
    pub batch_hash: B256,
    #[schema(value_type = String)]
    pub fills_root: B256,
    /// Leaf of each fill, in order.
    #[schema(value_type = Vec<String>)]
    pub leaves: Vec<B256>,
    /// Ids of its fills, in order.
    pub fills: Vec<String>,
}

impl Intake {
    pub async fn dry_run(&self, peer: IpAddr, body: &[u8]) -> Result<DryRun, Problem> {
        let request = self.stranger(peer, crate::http::json::parse(body))?;
        self.open()?;
        let batch = self.batch(request, now_ms()).await;
        let batch = self.stranger(peer, batch)?;
        self.check_order(&batch).await?;
        // Given back at once.
        drop(self.place(&batch)?);
        Ok(DryRun {
            batch_id: format!("{}-{}", batch.venue, batch.first_sequence),
            batch_hash: batch.hash,
            fills_root: batch.typed_data().fillsRoot,
            fills: batch.fills.iter().map(|fill| fill.id.to_string()).collect(),
            leaves: batch.leaves,
        })
    }

    /// Who sends too much that no venue of ours signed is told so.
    pub fn stranger<T>(&self, peer: IpAddr, outcome: Result<T, Problem>) -> Result<T, Problem> {
        if outcome.as_ref().is_err_and(|problem| matches!(problem.status, 400 | 403)) {
            self.strangers.take(peer).map_err(Problem::too_many)?;
        }
        outcome
    }

    /// Cancellations count against the venue's fills.
    pub fn charge(&self, venue: Address, fills: usize) -> Result<(), Problem> {
        self.quota.take(venue, fills)
    }

    /// As the journal would judge it now.
    async fn check_order(&self, batch: &Batch) -> Result<(), Problem> {
        let Some(last) = self.journal.last_batch(batch.venue).await? else { return Ok(()) };
        let next = last.first_sequence.saturating_add(last.count);
        match Refusal::of(batch, next, last.hash) {
            Some(refusal) => Err(refused(&refusal, batch)),
            None => Ok(()),
        }
    }
}
