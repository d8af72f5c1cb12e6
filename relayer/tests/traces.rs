//! A batch is traced from its POST to the block that has its fills, in the trace that its venue began.
use crate::support::{Client, Venue, config, fill, network, now_ms};
use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

type Spans = Arc<Mutex<Vec<Span>>>;

/// A collector, and what it has.
async fn collector() -> Result<(String, Spans)> {
    let spans = Spans::default();
    let held = Arc::clone(&spans);
    let take = move |body: Bytes| async move {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        let told = request.resource_spans.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans);
        held.lock().unwrap().extend(told);
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(take))).await });
    Ok((url, spans))
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "0123456789012345";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_traced_from_its_post_to_its_block() -> Result<()> {
    let (net, (url, spans)) = (network().await?, collector().await?);
    let folder = tempfile::tempdir()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.traces = Some(url);
    let relayer = relayer::serve(config).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let batch = venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "0.1"); 3])?;
    let request = reqwest::Client::new().post(format!("{}/v1/fill-batches", relayer.url));
    let request = request.header("idempotency-key", "1").header("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    let answer = request.header("content-type", "application/json").body(serde_json::to_string(&batch)?).send().await?;
    assert_eq!(answer.status().as_u16(), 202);
    let tx = client.until(&venue.id(3), "settled").await?["tx"].as_str().unwrap_or_default().to_owned();
    relayer.shutdown().await;

    let spans = spans.lock().unwrap();
    let named = |name: &str| {
        let names: Vec<_> = spans.iter().map(|span| span.name.clone()).collect();
        spans.iter().find(|span| span.name == name).with_context(|| format!("no {name} among {names:?}"))
    };
    let (post, settled, settle) = (named("POST /v1/fill-batches")?, named("settled")?, named("settle")?);
    let hex = |bytes: &[u8]| alloy::hex::encode(bytes);
    assert_eq!((hex(&post.trace_id), hex(&post.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    let events: Vec<_> = post.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(events, ["checked", "durable"]);
    assert_eq!((&settled.trace_id, &settled.parent_span_id), (&post.trace_id, &post.span_id));
    assert!(post.start_time_unix_nano <= settled.start_time_unix_nano);
    assert!(settled.start_time_unix_nano < settled.end_time_unix_nano);
    assert_eq!(settle.links[0].span_id, post.span_id, "a transaction names the batches that it carries");
    assert_eq!(settled.links[0].span_id, settle.span_id);
    for step in ["try", "ask agents", "write"] {
        let step = spans.iter().find(|span| span.name == step && span.parent_span_id == settle.span_id);
        assert!(step.is_some_and(|step| step.trace_id == settle.trace_id));
    }
    let text = format!("{settled:?}");
    assert!(text.contains(&tx), "{text}");
    Ok(())
}
