//! Traces for OpenTelemetry. Of a batch: its POST, and each transaction that settled fills of it. Of a transaction: its steps, with
//! a link to every batch that it carries. Nothing private is in them.
mod export;

pub use export::exporter;

use crate::state::Flight;
use crate::state::fill::{Batch, FillId};
use crate::submit::{Call, Outcome};
use alloy::primitives::{Address, B256};
use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Link, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanExporter};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

/// Batches whose settlement is followed at most.
const MOST: usize = 65_536;

/// Where spans go; nowhere by default.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Inner>>);

struct Inner {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    /// By venue and first sequence.
    batches: Mutex<BTreeMap<(Address, u64), Followed>>,
    /// By nonce.
    flights: Mutex<BTreeMap<u64, Context>>,
}

/// A batch with fills that have not settled.
struct Followed {
    post: Context,
    durable: SystemTime,
    fills: u64,
    left: u64,
}

impl Traces {
    /// Spans are gathered and exported by a thread of its own.
    pub fn to(exporter: impl SpanExporter + 'static) -> Self {
        let resource = Resource::builder().with_service_name("plumbline-relayer").build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        let tracer = provider.tracer("relayer");
        let (batches, flights) = Default::default();
        Self(Some(Arc::new(Inner { provider, tracer, batches, flights })))
    }

    /// A POST begins; where its header `traceparent` names a trace, it is a part of that.
    pub fn post(&self, headers: &HeaderMap) -> Post {
        let started = self.0.as_ref().map(|inner| {
            let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
            let span = SpanBuilder::from_name("POST /v1/fill-batches").with_kind(SpanKind::Server);
            (Arc::clone(inner), inner.start(span, &parent))
        });
        Post(started)
    }

    /// A call is on its way to the chain.
    pub fn transaction(&self, call: &Call) -> Sending {
        let started = self.0.as_ref().map(|inner| {
            let batches = inner.of_fills(&call.fills);
            let linked = batches.keys().filter_map(|key| Some(Link::with_context(inner.post(*key)?)));
            let span = SpanBuilder::from_name(call.kind.name())
                .with_kind(SpanKind::Producer)
                .with_links(linked.collect())
                .with_attributes([
                    KeyValue::new("plumbline.house", i64::from(call.house)),
                    KeyValue::new("plumbline.fills", call.count as i64),
                    KeyValue::new("plumbline.accounts", call.accounts.len() as i64),
                    KeyValue::new("plumbline.bytes", call.calldata.len() as i64),
                ]);
            (Arc::clone(inner), inner.start(span, &Context::new()))
        });
        Sending(started)
    }

    /// A transaction is over: its trace ends, and where a block has it, those of its batches go on.
    pub fn concluded(&self, flight: &Flight, outcome: &Outcome) {
        let Some(inner) = &self.0 else { return };
        let Some(sent) = inner.flights.lock().remove(&flight.nonce) else { return };
        let span = sent.span();
        match outcome {
            Outcome::Included => inner.settled(flight, span.span_context().clone()),
            Outcome::Reverted => span.set_status(Status::error("reverted")),
            Outcome::Gone(reason) => span.set_status(Status::error(reason.clone())),
        }
        span.end();
    }

    /// What is not exported yet is.
    pub async fn end(&self) {
        let Some(inner) = self.0.clone() else { return };
        let ended = tokio::task::spawn_blocking(move || inner.provider.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces are not exported");
        }
    }
}

impl Inner {
    fn start(&self, span: SpanBuilder, parent: &Context) -> Context {
        parent.with_span(self.tracer.build_with_context(span, parent))
    }

    fn post(&self, key: (Address, u64)) -> Option<opentelemetry::trace::SpanContext> {
        self.batches.lock().get(&key).map(|followed| followed.post.span().span_context().clone())
    }

    /// How many of the fills are of which batch.
    fn of_fills(&self, fills: &[FillId]) -> BTreeMap<(Address, u64), u64> {
        let (held, mut count) = (self.batches.lock(), BTreeMap::new());
        for FillId { venue, sequence } in fills {
            let last = held.range((*venue, 0)..=(*venue, *sequence)).next_back();
            let of = last.filter(|((_, first), followed)| sequence - first < followed.fills);
            if let Some((key, _)) = of {
                *count.entry(*key).or_default() += 1;
            }
        }
        count
    }

    fn follow(&self, post: &Context, batch: &Batch) {
        let fills = batch.fills.len() as u64;
        let mut held = self.batches.lock();
        if held.len() >= MOST {
            held.pop_first();
        }
        let followed = Followed { post: post.clone(), durable: SystemTime::now(), fills, left: fills };
        held.insert((batch.venue, batch.first_sequence), followed);
    }

    fn settled(&self, flight: &Flight, sent: opentelemetry::trace::SpanContext) {
        for (key, count) in self.of_fills(&flight.fills) {
            let mut held = self.batches.lock();
            let Some(followed) = held.get_mut(&key) else { continue };
            followed.left = followed.left.saturating_sub(count);
            let span = SpanBuilder::from_name("settled")
                .with_start_time(followed.durable)
                .with_links(vec![Link::with_context(sent.clone())])
                .with_attributes([
                    KeyValue::new("plumbline.fills", count as i64),
                    KeyValue::new("plumbline.tx", flight.landed.unwrap_or_default().to_string()),
                ]);
            self.start(span, &followed.post).span().end();
            if followed.left == 0 {
                held.remove(&key);
            }
        }
    }
}

/// A POST until it is answered.
pub struct Post(Option<(Arc<Inner>, Context)>);

impl Post {
    /// Signature, accounts and time are as they must be.
    pub fn checked(&self) {
        self.note("checked");
    }

    /// It is on disk; what becomes of its fills is part of its trace.
    pub fn durable(&self, batch: &Batch) {
        let Some((inner, at)) = &self.0 else { return };
        self.note("durable");
        at.span().set_attributes([
            KeyValue::new("plumbline.venue", batch.venue.to_string()),
            KeyValue::new("plumbline.first_sequence", batch.first_sequence as i64),
            KeyValue::new("plumbline.fills", batch.fills.len() as i64),
        ]);
        inner.follow(at, batch);
    }

    pub fn answered(self, status: u16) {
        let Some((_, at)) = &self.0 else { return };
        at.span().set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            at.span().set_status(Status::error("not taken"));
        }
        at.span().end();
    }

    fn note(&self, what: &'static str) {
        if let Some((_, at)) = &self.0 {
            at.span().add_event(what, Vec::new());
        }
    }
}

/// A call until it is sent; what is dropped before that was not.
pub struct Sending(Option<(Arc<Inner>, Context)>);

impl Sending {
    /// One step of it.
    pub async fn during<T>(&self, step: &'static str, work: impl Future<Output = T>) -> T {
        let Some((inner, at)) = &self.0 else { return work.await };
        let step = inner.start(SpanBuilder::from_name(step), at);
        let done = work.await;
        step.span().end();
        done
    }

    /// Its trace ends with the transaction.
    pub fn sent(mut self, nonce: u64, tx: B256) {
        let Some((inner, at)) = self.0.take() else { return };
        at.span().set_attribute(KeyValue::new("plumbline.tx", tx.to_string()));
        at.span().add_event("sent", Vec::new());
        inner.flights.lock().insert(nonce, at);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some((_, at)) = &self.0 {
            at.span().set_status(Status::error("not sent"));
            at.span().end();
        }
    }
}
