//! `--check`: each source once, and what would be signed of it.
use super::config::Config;
use super::member;
use super::peers::Peers;
use crate::feed;
use crate::input::config::Choice;
use crate::input::{Board, watch};
use crate::oracle::Oracle;
use alloy::primitives::B256;
use anyhow::Result;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A source has as long to say something.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tries chain, peers and sources; prints a line for each. True where every feed would be signed and the key is a reporter's.
///
/// # Errors
/// Where the list of peers is wrong.
pub async fn check(config: Config) -> Result<bool> {
    let mut good = chain(&config).await;
    peers(&config).await?;
    for (feed, read) in feeds(&config).await {
        good &= read.is_ok();
        println!("{:<24}{}", feed::name(&feed), read.unwrap_or_else(|reason| format!("not signed: {reason}")));
    }
    Ok(good)
}

async fn chain(config: &Config) -> bool {
    let key = config.key.address();
    let asked = async {
        let provider = chain::connect(&config.rpc, &[]).await?;
        let oracle = Oracle::new(provider, &config.deployment, key).await?;
        let set = oracle.governed_set().await?;
        member(&set, key)?;
        let (block, seconds) = oracle.latest_block().await?;
        let clock = super::clock::Clock::new(config.clock_offset).machine() / 1_000;
        let (count, quorum) = (set.reporters.len(), set.quorum);
        Ok::<_, anyhow::Error>(format!(
            "{key} is one of {count} reporters, {quorum} make a round; block {block} is of {} s before this machine's clock",
            i128::from(clock) - i128::from(seconds)
        ))
    };
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    let told = match &asked {
        Ok(Ok(told)) => told.clone(),
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => "the node does not answer".to_owned(),
    };
    println!("{:<24}{told}", "chain");
    matches!(asked, Ok(Ok(_)))
}

async fn peers(config: &Config) -> Result<()> {
    let peers = Peers::new(&config.peers)?;
    peers.ask(0).await;
    for peer in peers.views() {
        println!("{:<24}{}", peer.url, peer.error.unwrap_or("answers".to_owned()));
    }
    Ok(())
}

async fn feeds(config: &Config) -> BTreeMap<B256, Result<String, String>> {
    let board = Arc::new(Board::new(config.inputs.clone(), config.clock_offset));
    let _sources = watch(&config.inputs, &board);
    let started = Instant::now();
    loop {
        let readings: BTreeMap<_, _> = config.inputs.feeds.keys().map(|feed| (*feed, board.read(*feed))).collect();
        let may_come =
            |feed: &B256| config.inputs.feeds[feed].iter().any(|choice| matches!(choice, Choice::Document { .. }));
        let waits = readings.iter().any(|(feed, read)| read.is_err() && may_come(feed));
        if !waits || started.elapsed() >= PATIENCE {
            return readings.into_iter().map(|(feed, read)| (feed, read.map(|reading| told(&reading)))).collect();
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn told(reading: &crate::input::Reading) -> String {
    let (price, age) = (feed::decimal(reading.quote.price), reading.age.as_secs_f64());
    let confidence = reading.quote.confidence;
    format!("would be signed: {price} with confidence {confidence}, from {}, {age:.1} s old", reading.source)
}
