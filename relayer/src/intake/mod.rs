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

use crate::clock::now_ms;
use crate::config::Config;
use crate::http::Buckets;
use crate::http::problem::Problem;
use crate::journal::{Acceptance, Accepting, Journal, Refusal};
use crate::rpc::read::Reader;
use crate::state::backlog::Place;
use crate::state::fill::Batch;
use crate::state::{Backlog, Control, Full, Order, View};
use crate::traces::Post;
use alloy::primitives::{B256, keccak256};
use chain::sign::Domain;
use quota::Quota;
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::ToSchema;

pub struct Intake {
    config: Config,
    domain: Domain,
    world: View,
    journal: Journal,
    reader: Reader,
    engine: mpsc::UnboundedSender<Arc<Batch>>,
    /// Posts that no venue signed.
    strangers: Buckets,
    quota: Quota,
    control: Control,
    backlog: Backlog,
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
        world: View,
        journal: Journal,
        reader: Reader,
        engine: mpsc::UnboundedSender<Arc<Batch>>,
        control: Control,
        backlog: Backlog,
    ) -> Self {
        let domain = Domain::escrow(config.contracts.chain_id, config.contracts.escrow);
        let strangers = Buckets::new(config.limits.strangers, 5);
        let quota = Quota::new(config.limits.venue_rate);
        Self { config, domain, world, journal, reader, engine, strangers, quota, control, backlog }
    }

    /// Takes the raw body of a request. Who sends too much that no venue of ours signed is told so.
    pub async fn submit(
        &self,
        peer: IpAddr,
        idempotency_key: &str,
        body: &[u8],
        post: &Post,
    ) -> Result<Answer, Problem> {
        self.stranger(peer, self.take(idempotency_key, body, post).await)
    }

    async fn take(&self, idempotency_key: &str, body: &[u8], post: &Post) -> Result<Answer, Problem> {
        let body_hash = keccak256(body);
        let request: FillBatchRequest = crate::http::json::parse(body)?;
        if let Some(stored) = self.journal.stored_answer(request.venue, idempotency_key).await? {
            let same = stored.body_hash == body_hash;
            return if same { Ok(Answer { json: stored.answer, replayed: true }) } else { Err(key_reused()) };
        }
        let accepted_at = now_ms();
        self.open()?;
        let batch = Arc::new(self.batch(request, accepted_at).await?);
        post.checked();
        let place = self.place(&batch)?;
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
                post.durable(&batch);
                // A stopped engine does not matter: the journal has the batch, and the next process queues it.
                if self.engine.send(batch).is_ok() {
                    place.keep();
                }
                Ok(Answer { json, replayed: false })
            }
            Acceptance::Replayed(json) => Ok(Answer { json, replayed: true }),
            Acceptance::Refused(refusal) => Err(refused(&refusal, &batch)),
        }
    }

    async fn batch(&self, request: FillBatchRequest, accepted_at: u64) -> Result<Batch, Problem> {
        let batch = request.into_batch(&self.config.risk, accepted_at)?;
        self.check(&batch).await?;
        Ok(batch)
    }

    /// Whether the operator lets new fills in.
    fn open(&self) -> Result<(), Problem> {
        if self.control.order() == Order::Drain { Err(Problem::draining()) } else { Ok(()) }
    }

    /// A place in the venue's share of the queue, charged to what it may send.
    fn place(&self, batch: &Batch) -> Result<Place, Problem> {
        let (venue, limits) = (batch.venue, &self.config.limits);
        let (most, of_all) = (limits.queued_of_venue, limits.queued_fills);
        let place = self.backlog.reserve(&self.world, venue, batch.fills.len(), most, of_all);
        let place = place.map_err(|full| match full {
            Full::Venue(queued) => Problem::venue_queue_full(venue, queued, most),
            Full::All(queued) => Problem::queue_full(queued),
        })?;
        self.quota.take(venue, batch.fills.len())?;
        Ok(place)
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
