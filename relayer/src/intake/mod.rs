//! Intake: a venue's signed batch, checked and made durable before it is acknowledged.
//!
//! 1. [`request`]: shapes, decimal strings, ranges; every wrong field is named;
//! 2. [`checks`]: accounts and venue known, the signature the venue's;
//! 3. [`crate::journal`]: idempotency key, sequence, chain of batches; then it is on disk;
//! 4. the engine queues it.
mod checks;
mod dry_run;
mod quota;
mod request;

pub use checks::serves;
pub use dry_run::DryRun;
pub use quota::BURST;
pub use request::{FillBatchRequest, FillRequest};

use quota::Quota;

use crate::api::Buckets;
use crate::api::problem::Problem;
use crate::clock::now_ms;
use crate::config::Config;
use crate::fill::Batch;
use crate::journal::{Acceptance, Accepting, Journal, Refusal};
use crate::ledger::read::Reader;
use crate::world::Shared;
use alloy::primitives::{B256, keccak256};
use chain::sign::Domain;
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::ToSchema;

pub struct Intake {
    config: Config,
    domain: Domain,
    world: Shared,
    journal: Journal,
    reader: Reader,
    engine: mpsc::UnboundedSender<Arc<Batch>>,
    /// Posts that no venue signed.
    strangers: Buckets,
    quota: Quota,
}

/// What a venue is told: the batch is on disk.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FillBatchAccepted {
    /// `<venue>-<firstSequence>`.
    pub batch_id: String,
    /// EIP-712 struct hash of the batch: the next one's `previousBatchHash`.
    #[schema(value_type = String)]
    pub batch_hash: B256,
    /// Milliseconds since 1970.
    pub accepted_at: u64,
    /// Ids of its fills, in order.
    pub fills: Vec<String>,
}

/// JSON of a [`FillBatchAccepted`], and whether an earlier request was told the same.
pub struct Answer {
    pub json: String,
    pub replayed: bool,
}

impl Intake {
    pub fn new(
        config: Config,
        world: Shared,
        journal: Journal,
        reader: Reader,
        engine: mpsc::UnboundedSender<Arc<Batch>>,
    ) -> Self {
        let domain = Domain::escrow(config.contracts.chain_id, config.contracts.escrow);
        let strangers = Buckets::new(config.limits.strangers, 5);
        let quota = Quota::new(config.limits.venue_fills);
        Self { config, domain, world, journal, reader, engine, strangers, quota }
    }

    /// Takes the raw body of a request. Who sends too much that no venue of ours signed is told so.
    pub async fn submit(&self, peer: IpAddr, idempotency_key: &str, body: &[u8]) -> Result<Answer, Problem> {
        self.stranger(peer, self.take(idempotency_key, body).await)
    }

    async fn take(&self, idempotency_key: &str, body: &[u8]) -> Result<Answer, Problem> {
        let body_hash = keccak256(body);
        let request: FillBatchRequest = crate::api::json::parse(body)?;
        if let Some(stored) = self.journal.stored_answer(request.venue, idempotency_key).await? {
            let same = stored.body_hash == body_hash;
            return if same { Ok(Answer { json: stored.answer, replayed: true }) } else { Err(key_reused()) };
        }
        let accepted_at = now_ms();
        let batch = Arc::new(self.batch(request, accepted_at).await?);
        let json = answer(&batch, accepted_at)?;
        let accepting = Accepting {
            batch: Arc::clone(&batch),
            idempotency_key: idempotency_key.to_owned(),
            body_hash,
            answer: json.clone(),
            accepted_at,
        };
        match self.journal.accept(accepting).await? {
            Acceptance::Accepted => {
                // A stopped engine does not matter: the journal has the batch, and the next process queues it.
                let _ = self.engine.send(batch);
                Ok(Answer { json, replayed: false })
            }
            Acceptance::Replayed(json) => Ok(Answer { json, replayed: true }),
            Acceptance::Refused(refusal) => Err(refused(&refusal, &batch)),
        }
    }

    async fn batch(&self, request: FillBatchRequest, accepted_at: u64) -> Result<Batch, Problem> {
        let live = self.world.read().live.len();
        if live.saturating_add(request.fills.len()) > self.config.limits.queued_fills {
            return Err(Problem::queue_full(live));
        }
        let batch = request.into_batch(&self.config.risk, accepted_at)?;
        self.check(&batch).await?;
        self.quota.take(batch.venue, batch.fills.len())?;
        Ok(batch)
    }
}

fn answer(batch: &Batch, accepted_at: u64) -> Result<String, Problem> {
    let accepted = FillBatchAccepted {
        batch_id: format!("{}-{}", batch.venue, batch.first_sequence),
        batch_hash: batch.hash,
        accepted_at,
        fills: batch.fills.iter().map(|fill| fill.id.to_string()).collect(),
    };
    serde_json::to_string(&accepted).map_err(|error| Problem::internal(error.to_string()))
}

fn key_reused() -> Problem {
    Problem::unprocessable("idempotency-key-reused", "Idempotency-Key used with another body")
        .detail("this key acknowledged a different body before; send the same bytes again, or choose a new key")
        .field("Idempotency-Key")
}

fn refused(refusal: &Refusal, batch: &Batch) -> Problem {
    let first = batch.first_sequence;
    match refusal {
        Refusal::KeyReused => key_reused(),
        Refusal::SequenceSeen { next } => Problem::conflict("sequence-replayed", "Sequence already accepted")
            .detail(format!("firstSequence is {first}, but everything before {next} was accepted; go on with {next}"))
            .field("/firstSequence"),
        Refusal::SequenceGap { next } => Problem::conflict("sequence-gap", "Sequences missing")
            .detail(format!("firstSequence is {first}, the next one expected is {next}; send what lies between first"))
            .field("/firstSequence"),
        Refusal::ChainBroken { expected } => {
            Problem::conflict("batch-chain-broken", "Not the successor of the last batch")
                .detail(format!(
                    "previousBatchHash is {}, the last accepted batch's hash is {expected}",
                    batch.previous_batch_hash
                ))
                .field("/previousBatchHash")
        }
    }
}
