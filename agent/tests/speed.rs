//! The round trip of a set of 100 accounts: `cargo test --package plumbline-agent --test service speed:: -- --ignored --nocapture`.
use crate::support::{Deal, Desk, agent, network, signed};
use anyhow::Result;
use localnet::LocalnetConfig;
use std::time::{Duration, Instant};

const ACCOUNTS: usize = 100;
const ROUNDS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_set_of_a_hundred_accounts() -> Result<()> {
    let net = network().await?;
    let (folder, terms) = (tempfile::tempdir()?, LocalnetConfig::default().terms);
    let mut accounts = Vec::new();
    for place in 0..ACCOUNTS {
        let desk = &net.actors.desk[place % 4];
        let document = alloy::primitives::keccak256(place.to_be_bytes());
        let agreement = abi::types::Agreement { documentHash: document, ..net.agreement(desk, &terms).await? };
        accounts.push(net.open_account(desk, agreement).await?);
    }
    net.post_prices(&LocalnetConfig::default().prices).await?;
    let agent = agent(&net, folder.path()).await?;
    let mut desk = Desk::new(&net);
    let deals: Vec<Deal> = accounts.chunks(2).map(|pair| Deal::new(pair[0], pair[1], 1, 113_100)).collect();
    let bundle = desk.settle(&deals).await?;
    let proposal = bundle.proposal();
    signed(&agent, &bundle).await?;
    let http = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let body = serde_json::to_vec(&proposal)?;
    let mut took: Vec<Duration> = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let answer = http.post(format!("{}/v1/sets", agent.url)).body(body.clone()).send().await?;
        assert!(answer.status().is_success(), "{}", answer.text().await?);
        answer.bytes().await?;
        took.push(started.elapsed());
    }
    took.sort_unstable();
    println!(
        "{ACCOUNTS} accounts: p50 {:?}, p99 {:?}, most {:?}",
        took[ROUNDS / 2],
        took[ROUNDS * 99 / 100],
        took[ROUNDS - 1]
    );
    Ok(())
}
