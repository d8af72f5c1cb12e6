//! Fills that nobody settled in their time are lapsed on chain, each once, whenever the process dies.
use crate::support::{Client, Process, Venue, config, fill, network, network_of, now_ms, risk_config};
use abi::escrow::MarginEscrow::MarginEscrowEvents;
use alloy::primitives::Address;
use alloy::providers::Provider;
use anyhow::Result;
use chain::{Event, EventReader};
use localnet::{DeskFunds, Holdings, Localnet, LocalnetConfig, USDC};
use relayer::encode_lapse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How often each sequence was settled and lapsed, by the chain's events.
async fn spent(net: &Localnet, venue: Address) -> Result<BTreeMap<u64, (usize, usize)>> {
    let events = EventReader::of(net.provider.clone(), vec![net.deployment.escrow()?]).read_all().await?;
    let mut spent: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for recorded in events {
        let (first, taken, of, lapsed) = match recorded.event {
            Event::Escrow(MarginEscrowEvents::FillsSettled(e)) => (e.firstSequence, e.taken, e.venue, false),
            Event::Escrow(MarginEscrowEvents::FillsLapsed(e)) => (e.firstSequence, e.taken, e.venue, true),
            _ => continue,
        };
        for bit in (0..256).filter(|bit| of == venue && taken.bit(*bit)) {
            let times = spent.entry(first + bit as u64).or_default();
            *if lapsed { &mut times.1 } else { &mut times.0 } += 1;
        }
    }
    Ok(spent)
}

fn pass(net: &Localnet, seconds: u64) {
    net.devnode.chain().increase_time(seconds);
    net.devnode.chain().mine();
}

fn desks(net: &Localnet) -> Result<(u64, u64)> {
    Ok((net.deployment.account("desk-0")?, net.deployment.account("desk-1")?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_found_no_margin_lapses_on_chain_and_the_rest_settles() -> Result<()> {
    let mut set_up = LocalnetConfig::default();
    set_up.desks[2] =
        DeskFunds { wallet: Holdings::default(), inventory: Holdings::default(), pledged: Holdings::new(1_000, 0, 0) };
    let net = network_of(set_up).await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let ((rich, other), poor) = (desks(&net)?, net.deployment.account("desk-2")?);

    let now = now_ms(&net).await?;
    let fills = vec![fill(now, rich, poor, "1"), fill(now, rich, other, "1"), fill(now, poor, rich, "2")];
    client.accept(&venue.batch(fills)?).await?;
    client.until(&venue.id(2), "settled").await?;
    client.until(&venue.id(1), "waiting").await?;
    client.until(&venue.id(3), "waiting").await?;
    pass(&net, 31);
    let lapsed = client.until(&venue.id(1), "lapsed").await?;
    assert_eq!(client.until(&venue.id(3), "lapsed").await?["tx"], lapsed["tx"], "one transaction for both");
    assert!(lapsed["detail"].as_str().is_some_and(|detail| detail.contains("required")), "{lapsed}");

    let tx = lapsed["tx"].as_str().unwrap_or_default().parse()?;
    let receipt = net.provider.get_transaction_receipt(tx).await?.expect("the chain has what the API names");
    assert!(receipt.status());
    assert_eq!(lapsed["blockNumber"].as_u64(), receipt.block_number);
    assert_eq!(lapsed["blockHash"], receipt.block_hash.unwrap_or_default().to_string());
    assert!(lapsed["bundle"].is_i64() && lapsed["includedAt"].is_u64(), "{lapsed}");
    let spent = spent(&net, venue.actor.address()).await?;
    assert_eq!(spent, [(1, (0, 1)), (2, (1, 0)), (3, (0, 1))].into());
    let fills = &client.get("/v1/status").await?["fills"];
    assert_eq!((&fills["lapsed"], &fills["expired"], &fills["queued"]), (&2.into(), &0.into(), &0.into()), "{fills}");
    relayer.shutdown().await;
    Ok(())
}

/// The relayer pays for so many; whoever pays for the rest may lapse it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_venue_costs_the_relayer_no_more_lapses_than_its_allowance() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.limits.venue_lapses = 2;
    let relayer = relayer::serve(config).await?;
    let (client, mut venue, mut other) = (Client::new(&relayer.url), Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    let (buyer, seller) = desks(&net)?;
    let now = now_ms(&net).await?;
    let huge = |count: usize| vec![fill(now, buyer, seller, "900"); count];
    client.accept(&venue.batch(huge(3))?).await?;
    client.accept(&other.batch(huge(1))?).await?;
    client.until(&venue.id(3), "waiting").await?;
    client.until(&other.id(1), "waiting").await?;
    pass(&net, 31);
    client.until(&venue.id(2), "lapsed").await?;
    client.until(&other.id(1), "lapsed").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    client.until(&venue.id(3), "expired").await?;
    let spent = spent(&net, venue.actor.address()).await?;
    assert_eq!(spent, [(1, (0, 1)), (2, (0, 1))].into());
    let limits = &client.get(&format!("/v1/venues/{}", venue.actor.address())).await?["limits"];
    assert_eq!(limits["lapsesPerHour"], 2, "{limits}");
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_fill_outlives_a_kill_and_a_late_cure() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = desks(&net)?;
    let relayer = Process::start(&net, folder.path(), &["--hold-submission"])?;
    let client = Client::new(&relayer.url);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1"); 3])?).await?;
    pass(&net, 31);
    let expired = client.until(&venue.id(2), "expired").await?;
    assert!(expired["tx"].is_null(), "nothing ends without a transaction: {expired}");
    relayer.kill()?;
    assert!(spent(&net, venue.actor.address()).await?.is_empty());

    net.pledge_wallet(&net.actors.desk[0], buyer, USDC, 1_000).await?;
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    for sequence in 1..=3 {
        client.until(&venue.id(sequence), "lapsed").await?;
    }
    relayer.kill()?;
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    let lapsed = client.get(&format!("/v1/fills/{}", venue.id(3))).await?;
    assert_eq!((&lapsed["state"], lapsed["tx"].is_string()), (&"lapsed".into(), true), "{lapsed}");
    // The venue goes on.
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    client.until(&venue.id(4), "settled").await?;
    let spent = spent(&net, venue.actor.address()).await?;
    assert_eq!(spent, [(1, (0, 1)), (2, (0, 1)), (3, (0, 1)), (4, (1, 0))].into());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_lapses_two_minutes_after_its_match_whatever_its_venue_allows() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = desks(&net)?;
    let relayer = Process::start(&net, folder.path(), &["--hold-submission"])?;
    let client = Client::new(&relayer.url);
    let now = now_ms(&net).await?;
    let patient = relayer::FillRequest { settle_by: now + 600_000, ..fill(now, buyer, seller, "1") };
    client.accept(&venue.batch(vec![patient])?).await?;
    pass(&net, 115);
    assert_eq!(client.get(&format!("/v1/fills/{}", venue.id(1))).await?["state"], "accepted");
    pass(&net, 6);
    client.until(&venue.id(1), "expired").await?;
    relayer.kill()?;
    let relayer = Process::start(&net, folder.path(), &[])?;
    Client::new(&relayer.url).until(&venue.id(1), "lapsed").await?;
    assert_eq!(spent(&net, venue.actor.address()).await?, [(1, (0, 1))].into());
    relayer.kill()
}

/// The transaction is sent, no block has it yet, and the process dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_submission_and_receipt() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = desks(&net)?;
    let relayer = Process::start(&net, folder.path(), &["--hold-submission"])?;
    let client = Client::new(&relayer.url);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1"); 5])?).await?;
    pass(&net, 31);
    client.until(&venue.id(5), "expired").await?;
    relayer.kill()?;

    net.devnode.chain().set_mining(devnode::Mining::Manual);
    let sender = net.actors.relayer.address();
    let nonce = net.provider.get_transaction_count(sender).await?;
    let relayer = Process::start(&net, folder.path(), &[])?;
    while net.provider.get_transaction_count(sender).pending().await? == nonce {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    relayer.kill()?;
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    assert_eq!(client.get(&format!("/v1/fills/{}", venue.id(1))).await?["state"], "accepted");
    net.devnode.chain().mine();
    net.devnode.chain().set_mining(devnode::Mining::Automine);
    let mut txs = BTreeSet::new();
    for sequence in 1..=5 {
        txs.insert(client.until(&venue.id(sequence), "lapsed").await?["tx"].to_string());
    }
    assert_eq!(txs.len(), 1);
    let spent = spent(&net, venue.actor.address()).await?;
    assert_eq!(spent, (1..=5).map(|sequence| (sequence, (0, 1))).collect());
    assert_eq!(net.provider.get_transaction_count(sender).await?, nonce + 1, "nothing was sent twice");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_while_fills_lapse() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = desks(&net)?;
    let mut sent = 0;
    for round in 0..6u64 {
        let relayer = Process::start(&net, folder.path(), &["--hold-submission"])?;
        let client = Client::new(&relayer.url);
        client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "0.01"); 20])?).await?;
        sent += 20;
        relayer.kill()?;
        pass(&net, 31);
        let relayer = Process::start(&net, folder.path(), &[])?;
        // Fills gather for a second; about then the lapse is on its way.
        tokio::time::sleep(Duration::from_millis(960 + 25 * round)).await;
        relayer.kill()?;
    }
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    for sequence in 1..=sent {
        client.until(&venue.id(sequence), "lapsed").await?;
    }
    let spent = spent(&net, venue.actor.address()).await?;
    assert_eq!(spent, (1..=sent).map(|sequence| (sequence, (0, 1))).collect());
    Ok(())
}

/// Anybody who has the signed batch may lapse it, and here does so with one leg of two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stranger_lapsed_is_seen_and_the_rest_follows() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut held = config(&net, &folder.path().join("journal.sqlite"))?;
    held.hold_submission = true;
    let relayer = relayer::serve(held).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = desks(&net)?;
    let now = now_ms(&net).await?;
    let mut spread = vec![fill(now, buyer, seller, "1"), fill(now, seller, buyer, "0.5")];
    spread.iter_mut().for_each(|fill| fill.group = 2 << 8 | 1);
    let request = venue.batch(spread)?;
    client.accept(&request).await?;
    let Ok(batch) = request.into_batch(&risk_config(), 0) else { anyhow::bail!("the batch is well formed") };
    let leg = encode_lapse(venue.actor.address(), &[(Arc::new(batch), [1].into())])?;
    pass(&net, 31);
    let stranger = net.actors.desk[3].address();
    let receipt = chain::send(&net.provider, "lapse", stranger, net.deployment.escrow()?, leg).await?;
    let lapsed = client.until(&venue.id(2), "lapsed").await?;
    assert_eq!(lapsed["tx"], receipt.transaction_hash.to_string());
    assert!(lapsed["bundle"].is_null(), "no bundle of ours: {lapsed}");
    client.until(&venue.id(1), "expired").await?;
    relayer.shutdown().await;

    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let client = Client::new(&relayer.url);
    client.until(&venue.id(1), "lapsed").await?;
    assert_eq!(spent(&net, venue.actor.address()).await?, [(1, (0, 1)), (2, (0, 1))].into());
    relayer.shutdown().await;
    Ok(())
}
