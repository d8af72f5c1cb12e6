//! `eth_subscribe`.

use super::filters::logs;
use super::logs::follows_blocks;
use super::{Rpc, args::Args, convert, error, fields};
use crate::chain::Event;
use alloy::rpc::types::Filter;
use jsonrpsee::core::traits::IdProvider;
use jsonrpsee::core::{RegisterMethodError, SubscriptionError};
use jsonrpsee::types::SubscriptionId;
use jsonrpsee::{PendingSubscriptionSink, RpcModule, SubscriptionMessage, SubscriptionSink};
use serde_json::{Value, json, value::to_raw_value};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Subscription ids as Ethereum nodes give them: hexadecimal text.
#[derive(Debug, Default)]
pub struct HexIds(AtomicU64);

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        format!("{:#x}", self.0.fetch_add(1, Ordering::Relaxed) + 1).into()
    }
}

enum Topic {
    Heads,
    Logs(Box<Filter>),
    /// Transactions that wait: whole, or their hashes.
    Pending {
        whole: bool,
    },
    Nothing,
}

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, rpc, _| async move {
            let topic = match Args::read(&params, 2).and_then(|args| topic(&rpc, &args)) {
                Ok(topic) => topic,
                Err(reason) => {
                    pending.reject(reason).await;
                    return Ok(());
                }
            };
            serve(pending, rpc, topic).await
        },
    )?;
    Ok(())
}

fn topic(rpc: &Rpc, args: &Args) -> Result<Topic, jsonrpsee::types::ErrorObjectOwned> {
    let name: String = args.get(0, "subscription")?;
    match name.as_str() {
        "logs" => {
            args.value(1).map_or(Ok(()), fields::filter)?;
            let filter = args.opt(1, "filter")?.unwrap_or_default();
            follows_blocks(rpc, &filter)?;
            Ok(Topic::Logs(Box::new(filter)))
        }
        "newPendingTransactions" => Ok(Topic::Pending { whole: args.opt(1, "full transactions")?.unwrap_or_default() }),
        "newHeads" | "syncing" if args.value(1).is_some_and(|options| *options != json!({})) => {
            Err(error::params(format!("too many parameters: {name} takes none")))
        }
        "newHeads" => Ok(Topic::Heads),
        "syncing" => Ok(Topic::Nothing),
        other => Err(error::params(format!("unknown subscription {other}"))),
    }
}

async fn serve(pending: PendingSubscriptionSink, rpc: Arc<Rpc>, topic: Topic) -> Result<(), SubscriptionError> {
    // Listen before the client knows, so that nothing falls between.
    let events = rpc.chain.events();
    drop(rpc);
    let Ok(sink) = pending.accept().await else { return Ok(()) };
    forward(&sink, events, &topic).await
}

/// Forwards what happens until the client goes, or an error tells it that it fell too far behind.
async fn forward(sink: &SubscriptionSink, mut events: Receiver<Event>, topic: &Topic) -> Result<(), SubscriptionError> {
    loop {
        let event = tokio::select! {
            () = sink.closed() => return Ok(()),
            event = events.recv() => event,
        };
        let messages = match event {
            Ok(event) => messages(topic, &event),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "subscriber too slow");
                return Err(format!("subscription ended: it fell behind by {missed} events; subscribe again").into());
            }
            Err(RecvError::Closed) => return Ok(()),
        };
        for message in messages {
            let Ok(json) = to_raw_value(&message) else { continue };
            if sink.send(SubscriptionMessage::from(json)).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn messages(topic: &Topic, event: &Event) -> Vec<Value> {
    match (topic, event) {
        (Topic::Heads, Event::Block(block)) => vec![convert::header(block)],
        (Topic::Logs(filter), event) => logs(filter, event).iter().map(|log| json!(log)).collect(),
        (Topic::Pending { whole: true }, Event::Pending(tx)) => vec![convert::pending(tx)],
        (Topic::Pending { whole: false }, Event::Pending(tx)) => vec![json!(tx.inner().tx_hash())],
        _ => Vec::new(),
    }
}
