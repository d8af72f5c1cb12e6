//! Several transactions in flight: each builds on the one before, and whatever becomes of one, every fill settles once.
use crate::support::{Client, Venue, applied, config, fill, network, now_ms, once};
use abi::escrow::MarginEscrow::withdrawCall;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use anyhow::Result;
use devnode::Mining;
use localnet::{Localnet, USDC};
use std::time::{Duration, Instant};

/// Waits until so many transactions of the relayer are in the pool.
async fn in_flight(net: &Localnet, wanted: u64) -> Result<()> {
    let sender = net.actors.relayer.address();
    let started = Instant::now();
    loop {
        let pending = net.provider.get_transaction_count(sender).pending().await?;
        let mined = net.provider.get_transaction_count(sender).await?;
        if pending - mined == wanted {
            return Ok(());
        }
        anyhow::ensure!(started.elapsed() < crate::support::PATIENCE, "{} in flight, not {wanted}", pending - mined);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn set_base_fee(net: &Localnet, wei: u128) -> Result<()> {
    let method = "anvil_setNextBlockBaseFeePerGas";
    net.provider.raw_request::<_, serde_json::Value>(method.into(), (format!("{wei:#x}"),)).await?;
    Ok(())
}

fn desks(net: &Localnet) -> Result<[u64; 4]> {
    let desk = |place: usize| net.deployment.account(&format!("desk-{place}"));
    Ok([desk(0)?, desk(1)?, desk(2)?, desk(3)?])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bundles_build_on_those_in_flight_and_one_block_takes_them_all() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let client = Client::new(&relayer.url);
    let (mut one, mut other) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    let [a, b, c, _] = desks(&net)?;
    net.devnode.chain().set_mining(Mining::Manual);
    for round in 1..=3 {
        let now = now_ms(&net).await?;
        client.accept(&one.batch(vec![fill(now, a, b, "1"), fill(now, b, c, "0.5")])?).await?;
        in_flight(&net, 2 * round - 1).await?;
        client.accept(&other.batch(vec![fill(now, b, a, "0.25")])?).await?;
        in_flight(&net, 2 * round).await?;
    }
    let before = net.devnode.chain().block_number();
    net.devnode.chain().mine();
    for venue in [&one, &other] {
        for sequence in 1..venue.next {
            let settled = client.until(&venue.id(sequence), "settled").await?;
            assert_eq!(settled["blockNumber"], before + 1, "{settled}");
        }
        assert_eq!(applied(&net, venue.actor.address()).await?, once(venue.next - 1));
    }
    let status = client.get("/v1/status").await?;
    assert_eq!(
        (&status["bundles"]["included"], &status["bundles"]["mispredicted"]),
        (&6.into(), &0.into()),
        "{status}"
    );
    assert_eq!(status["bundles"]["reverted"], 0, "{status}");
    net.devnode.chain().set_mining(Mining::Automine);
    client.accept(&one.batch(vec![fill(now_ms(&net).await?, c, a, "1")])?).await?;
    client.until(&one.id(one.next - 1), "settled").await?;
    relayer.shutdown().await;
    Ok(())
}

/// A pledgor takes its inventory away between the bundle that was tried and those that build on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_reverts_takes_those_behind_it_along_and_all_others_settle() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.limits.set_validity = 10;
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let mut venue = Venue::new(&net, 0)?;
    let [a, b, c, d] = desks(&net)?;
    net.devnode.chain().set_mining(Mining::Manual);
    let now = now_ms(&net).await?;
    client.accept(&venue.batch(vec![fill(now, a, b, "1")])?).await?;
    in_flight(&net, 1).await?;
    // What tops up the second bundle is gone before a block takes it.
    let withdraw = withdrawCall { token: net.deployment.token(USDC)?.address, amount: net.units(USDC, 2_000_000)? };
    let withdrawing = TransactionRequest::default().from(net.actors.desk[3].address()).to(net.deployment.escrow()?);
    let _ = net.provider.send_transaction(withdrawing.input(withdraw.abi_encode().into())).await?;
    client.accept(&venue.batch(vec![fill(now, c, d, "100"), fill(now, a, c, "0.5")])?).await?;
    in_flight(&net, 2).await?;
    client.accept(&venue.batch(vec![fill(now, b, c, "1")])?).await?;
    in_flight(&net, 3).await?;
    net.devnode.chain().mine();
    net.devnode.chain().set_mining(Mining::Automine);
    // The agent signs nothing else for these accounts before what it signed can land no more.
    net.devnode.chain().increase_time(12);
    net.devnode.chain().mine();
    for sequence in [1, 3, 4] {
        client.until(&venue.id(sequence), "settled").await?;
    }
    let waiting = client.until(&venue.id(2), "waiting").await?;
    assert_eq!((&waiting["reason"], &waiting["account"]), (&"margin-short".into(), &d.into()), "{waiting}");
    let settled = applied(&net, venue.actor.address()).await?;
    assert_eq!(settled, [(1, 1), (3, 1), (4, 1)].into());
    for account in [a, b, c] {
        client.poll(&format!("/v1/accounts/{account}"), |shown| shown["positionsKnown"] == true).await?;
    }
    relayer.shutdown().await;
    Ok(())
}

/// Gas becomes ten times as dear while bundles wait for a block.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gas_became_too_dear_for_bids_more_with_the_same_nonce() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("journal.sqlite");
    let mut config = config(&net, &path)?;
    config.limits.outbid = Duration::from_millis(200);
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let mut venue = Venue::new(&net, 0)?;
    let [a, b, ..] = desks(&net)?;
    net.devnode.chain().set_mining(Mining::Manual);
    let now = now_ms(&net).await?;
    client.accept(&venue.batch(vec![fill(now, a, b, "1")])?).await?;
    in_flight(&net, 1).await?;
    let first = client.until(&venue.id(1), "submitted").await?["tx"].clone();
    let base = net.provider.get_gas_price().await?;
    set_base_fee(&net, base * 10).await?;
    let bid = client.poll(&format!("/v1/fills/{}", venue.id(1)), |shown| shown["tx"] != first).await?;
    // The node drops what cannot pay, and takes what bids enough.
    net.devnode.chain().set_mining(Mining::Interval(Duration::from_millis(100)));
    let settled = client.until(&venue.id(1), "settled").await?;
    assert_eq!(settled["tx"], bid["tx"], "{settled}");
    assert_eq!(applied(&net, venue.actor.address()).await?, once(1));
    set_base_fee(&net, base).await?;
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, b, a, "1")])?).await?;
    client.until(&venue.id(2), "settled").await?;
    relayer.shutdown().await;
    use sqlx::{ConnectOptions, Row};
    let mut journal = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await?;
    let rows = sqlx::query("SELECT state FROM bundles WHERE nonce = (SELECT MIN(nonce) FROM bundles) ORDER BY id");
    let states: Vec<String> = rows.fetch_all(&mut journal).await?.iter().map(|row| row.get("state")).collect();
    assert_eq!(states.last().map(String::as_str), Some("included"), "{states:?}");
    assert!(states[..states.len() - 1].iter().all(|state| state == "refused"), "{states:?}");
    Ok(())
}

/// A venue with a thousand fills before it does not keep a small one waiting: each round serves both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_venue_has_its_turn_before_a_large_ones_queue_is_empty() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("journal.sqlite");
    let mut config = config(&net, &path)?;
    (config.limits.fills_in_bundle, config.limits.in_flight) = (100, 2);
    let [a, b, ..] = desks(&net)?;
    let (mut large, mut small) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    let mut held = config.clone();
    held.hold_submission = true;
    let relayer = relayer::serve(held).await?;
    let client = Client::new(&relayer.url);
    let now = now_ms(&net).await?;
    for _ in 0..10 {
        client.accept(&large.batch(vec![fill(now, a, b, "0.01"); 100])?).await?;
    }
    client.accept(&small.batch(vec![fill(now, b, a, "0.01")])?).await?;
    relayer.shutdown().await;

    net.devnode.chain().set_mining(Mining::Interval(Duration::from_millis(200)));
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let served = client.until(&small.id(1), "settled").await?["blockNumber"].as_u64();
    let last = client.until(&large.id(1_000), "settled").await?["blockNumber"].as_u64();
    assert!(served.zip(last).is_some_and(|(served, last)| served + 2 < last), "{served:?}, {last:?}");
    assert_eq!(applied(&net, large.actor.address()).await?, once(1_000));
    relayer.shutdown().await;
    Ok(())
}

/// Where data costs forty times what execution does, fills gather; all of them settle in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_data_is_dear_fills_gather_and_all_settle_in_time() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let client = Client::new(&relayer.url);
    let mut venue = Venue::new(&net, 0)?;
    let [a, b, ..] = desks(&net)?;
    net.devnode.chain().set_data_price(50_000_000_000);
    for _ in 0..40 {
        client.accept(&venue.batch(vec![fill(now_ms(&net).await?, a, b, "0.01"); 2])?).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for sequence in 1..venue.next {
        client.until(&venue.id(sequence), "settled").await?;
    }
    let status = client.get("/v1/status").await?;
    assert_eq!(applied(&net, venue.actor.address()).await?, once(80));
    assert!(status["bundles"]["included"].as_u64().is_some_and(|bundles| bundles <= 20), "{status}");
    let costs = client.poll("/v1/costs", |costs| costs["transactions"][0].is_object()).await?;
    let paid = &costs["transactions"][0];
    assert!(paid["dataGas"].as_u64() > paid["executionGas"].as_u64(), "{costs}");
    relayer.shutdown().await;
    Ok(())
}
