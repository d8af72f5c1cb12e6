//! Chains that go back: what they took back is undone, and settles again, once.
use crate::support::{Client, Process, Venue, applied, config, fill, network, now_ms, once};
use abi::escrow::MarginEscrow::accountCall;
use anyhow::Result;
use localnet::Localnet;
use serde_json::Value;
use std::time::Duration;

async fn parties(net: &Localnet) -> Result<(u64, u64)> {
    Ok((net.deployment.account("desk-0")?, net.deployment.account("desk-1")?))
}

/// Every fill of the venue settled, once, and the relayer knows both accounts as the chain has them.
async fn agree(net: &Localnet, client: &Client, venue: &Venue, quantity: &str) -> Result<()> {
    let (buyer, seller) = parties(net).await?;
    for sequence in 1..venue.next {
        let path = format!("/v1/fills/{}", venue.id(sequence));
        let of_this_chain = |fill: &Value| {
            let block = fill["blockNumber"].as_u64().and_then(|number| net.devnode.chain().block(number));
            fill["state"] == "settled" && block.is_some_and(|block| fill["blockHash"] == block.hash.to_string())
        };
        client.poll(&path, of_this_chain).await?;
    }
    assert_eq!(applied(net, venue.actor.address()).await?, once(venue.next - 1));
    for account in [buyer, seller] {
        let shown = client.poll(&format!("/v1/accounts/{account}"), |shown| shown["positionsKnown"] == true).await?;
        let state = net.view(net.deployment.escrow()?, accountCall { account }).await?;
        assert_eq!(shown["history"], state.history.to_string(), "{shown}");
        assert_eq!(shown["sequence"], state.sequence, "{shown}");
        let held = if account == buyer { quantity.to_owned() } else { format!("-{quantity}") };
        assert_eq!(shown["positions"][0]["quantity"], held, "{shown}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_chain_takes_back_settles_again() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = parties(&net).await?;
    let chain = net.devnode.chain();
    let before = chain.block_number();
    for _ in 0..3 {
        client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
        client.until(&venue.id(venue.next - 1), "settled").await?;
    }

    // The chain is shorter, and nothing else happens on it.
    chain.rollback(1)?;
    client.poll("/v1/status", |status| status["blockNumber"] == chain.block_number()).await?;
    agree(&net, &client, &venue, "3").await?;

    // Other blocks of the same heights, with the same transactions in them.
    chain.reorg(2)?;
    agree(&net, &client, &venue, "3").await?;

    // Everything is gone, and other blocks are further than it was.
    chain.rollback(chain.block_number() - before)?;
    (0..8).for_each(|_| drop(chain.mine()));
    agree(&net, &client, &venue, "3").await?;

    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, seller, buyer, "0.5")])?).await?;
    agree(&net, &client, &venue, "2.5").await?;
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_chain_takes_back_while_nobody_looks_settles_again() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = parties(&net).await?;
    let chain = net.devnode.chain();
    for (round, depth) in [1, 4, 9].into_iter().enumerate() {
        let relayer = Process::start(&net, folder.path(), &[])?;
        let client = Client::new(&relayer.url);
        for _ in 0..4 {
            client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "0.25")])?).await?;
            client.until(&venue.id(venue.next - 1), "settled").await?;
        }
        relayer.kill()?;
        chain.rollback(depth)?;
        // Shorter, as long as before, longer.
        (0..depth * round as u64).for_each(|_| drop(chain.mine()));
        let relayer = Process::start(&net, folder.path(), &[])?;
        let client = Client::new(&relayer.url);
        agree(&net, &client, &venue, &(round + 1).to_string()).await?;
        relayer.kill()?;
    }
    Ok(())
}

/// A venue that nobody tells of a reorganisation sees its fill accepted again and settled in another block.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lapse_that_is_taken_back_lapses_again() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("journal.sqlite");
    let (mut venue, (buyer, seller)) = (Venue::new(&net, 0)?, parties(&net).await?);
    let relayer = Process::start(&net, folder.path(), &["--hold-submission"])?;
    let late = venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?;
    Client::new(&relayer.url).accept(&late).await?;
    relayer.kill()?;
    net.devnode.chain().increase_time(31);
    net.devnode.chain().mine();
    let relayer = relayer::serve(config(&net, &path)?).await?;
    let client = Client::new(&relayer.url);
    let first = client.until(&venue.id(1), "lapsed").await?;
    net.devnode.chain().rollback(1)?;
    (0..3).for_each(|_| drop(net.devnode.chain().mine()));
    let path = format!("/v1/fills/{}", venue.id(1));
    client.poll(&path, |fill| fill["state"] == "lapsed" && fill["blockHash"] != first["blockHash"]).await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(applied(&net, venue.actor.address()).await?.is_empty());
    relayer.shutdown().await;
    Ok(())
}
