//! A relayer that states only what can be proved: at slots whose marks the reporters committed.
mod support;

use abi::escrow::MarginEscrow::accountCall;
use anyhow::Result;
use localnet::constant_quotes;
use relayer::Config;
use reporter::commit::Committer;
use reporter::feed::feed;
use support::{Client, MARKETS, PRICES, Process, Venue, config, fill, network, now_ms};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_stated_at_a_slot_without_committed_marks() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let careful = Config { committed_marks: true, ..config(&net, &folder.path().join("journal.sqlite"))? };
    let relayer = relayer::serve(careful).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    let waiting = client.until(&venue.id(1), "waiting").await?;
    assert_eq!(waiting["reason"], "prices-stale", "{waiting}");
    assert!(waiting["detail"].as_str().is_some_and(|detail| detail.contains("marks")), "{waiting}");

    let committer = Committer::parse(MARKETS, feed("USDC-USD")?).map_err(anyhow::Error::msg)?;
    let poster = net.poster().await?.with_marks(committer);
    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
    let slot = abi::slot_at(poster.chain_time().await?);
    poster.post(slot, &constant_quotes(&PRICES)?).await?;
    client.until(&venue.id(1), "settled").await?;
    let stated = net.view(net.deployment.escrow()?, accountCall { account: buyer }).await?;
    assert_eq!(stated.slot, slot);
    relayer.shutdown().await;

    // After a restart the chain says that the slot's marks are committed.
    let relayer = Process::start(&net, folder.path(), &["--committed-marks"])?;
    let client = Client::new(&relayer.url);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    client.until(&venue.id(2), "settled").await?;
    relayer.kill()
}

/// Variation since a statement can be proved for as long as the oracle keeps its marks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_with_positions_is_stated_anew_within_half_a_day() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let pass = async |seconds: u64| {
        net.devnode.chain().increase_time(seconds);
        net.devnode.chain().mine();
        net.post_prices(&PRICES).await
    };
    pass(10).await?;
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    client.until(&venue.id(1), "settled").await?;
    let account = format!("/v1/accounts/{buyer}");
    let stated = client.get(&account).await?["slot"].as_u64().unwrap_or_default();
    // Nothing moves, so nothing is stated, until the statement is old.
    pass(10).await?;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(client.get(&account).await?["slot"], stated);
    pass(43_200).await?;
    client.poll(&account, |account| account["slot"].as_u64().is_some_and(|slot| slot >= stated + 4_320)).await?;
    relayer.shutdown().await;
    Ok(())
}
