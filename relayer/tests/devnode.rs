//! The relayer against the deployed contracts on the local chain.
use crate::support::{Client, Network, Venue, config, fill, network, network_of, now_ms};
use abi::escrow::MarginEscrow::{accountCall, sequenceAppliedCall};
use anyhow::Result;
use localnet::{DeskFunds, Holdings, LocalnetConfig, USDC};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_becomes_two_positions() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);

    let batch = venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1.5")])?;
    client.accept(&batch).await?;
    let settled = client.until(&venue.id(1), "settled").await?;
    assert!(settled["blockHash"].is_string() && settled["tx"].is_string(), "{settled}");

    let account = client.get(&format!("/v1/accounts/{buyer}")).await?;
    assert_eq!(account["positions"][0]["quantity"], "1.5", "{account}");
    assert_eq!(account["positionsKnown"], true);
    let state = net.view(net.deployment.escrow()?, accountCall { account: buyer }).await?;
    assert_eq!(account["posted"], relayer::decimal::decimal(state.posted));
    assert_eq!(account["required"], relayer::decimal::decimal(state.required));
    let applied = sequenceAppliedCall { venue: venue.actor.address(), sequence: 1 };
    assert!(net.view(net.deployment.escrow()?, applied).await?);
    relayer.shutdown().await;
    Ok(())
}

/// Desk 2 has 1,000 USDC in its account and a million in its wallet.
async fn network_with_a_poor_desk() -> Result<Network> {
    let mut set_up = LocalnetConfig::default();
    set_up.desks[2] = DeskFunds {
        wallet: Holdings::new(1_000_000, 0, 0),
        inventory: Holdings::default(),
        pledged: Holdings::new(1_000, 0, 0),
    };
    network_of(set_up).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_without_margin_waits_and_settles_when_margin_arrives() -> Result<()> {
    let net = network_with_a_poor_desk().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let [rich, poor, other] = ["desk-0", "desk-2", "desk-1"].map(|desk| net.deployment.account(desk));
    let (rich, poor, other) = (rich?, poor?, other?);

    let now = now_ms(&net).await?;
    let batch = venue.batch(vec![fill(now, rich, poor, "1"), fill(now, rich, other, "2")])?;
    client.accept(&batch).await?;
    client.until(&venue.id(2), "settled").await?;
    let waiting = client.until(&venue.id(1), "waiting").await?;
    assert_eq!((&waiting["reason"], &waiting["account"]), (&"margin-short".into(), &poor.into()), "{waiting}");
    // 22 % of 113,000, less 1,000 USDC at a haircut of 0.5 %.
    assert_eq!(waiting["shortfall"], "23865", "{waiting}");

    net.pledge_wallet(&net.actors.desk[2], poor, USDC, 50_000).await?;
    client.until(&venue.id(1), "settled").await?;
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_tops_up_from_inventory() -> Result<()> {
    let mut set_up = LocalnetConfig::default();
    set_up.desks[0].pledged = Holdings::default();
    let net = network_of(set_up).await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 1)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);

    let batch = venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "2")])?;
    client.accept(&batch).await?;
    client.until(&venue.id(1), "settled").await?;
    let account = client.get(&format!("/v1/accounts/{buyer}")).await?;
    assert_eq!(account["shortfall"], "0", "{account}");
    let state = net.view(net.deployment.escrow()?, accountCall { account: buyer }).await?;
    assert_eq!((state.required, state.posted >= state.required), (49_720_000_000, true));
    assert_eq!(account["posted"], relayer::decimal::decimal(state.posted));
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_settles_whole_or_waits_whole() -> Result<()> {
    let net = network_with_a_poor_desk().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (rich, poor) = (net.deployment.account("desk-0")?, net.deployment.account("desk-2")?);
    let other = net.deployment.account("desk-1")?;

    let now = now_ms(&net).await?;
    let mut spread = [fill(now, rich, poor, "1"), fill(now, rich, other, "0.1")];
    spread.iter_mut().for_each(|fill| fill.group = 2 << 8 | 7);
    let alone = fill(now, other, rich, "0.1");
    client.accept(&venue.batch([spread.to_vec(), vec![alone]].concat())?).await?;
    client.until(&venue.id(3), "settled").await?;
    client.until(&venue.id(1), "waiting").await?;
    client.until(&venue.id(2), "waiting").await?;
    net.devnode.chain().increase_time(60);
    net.devnode.chain().mine();
    client.until(&venue.id(1), "lapsed").await?;
    client.until(&venue.id(2), "lapsed").await?;
    relayer.shutdown().await;
    Ok(())
}

const CRASH: [(&str, &str); 5] =
    [("BTC-USD", "90000"), ("ETH-USD", "3830"), ("USDC-USD", "1"), ("USDE-USD", "1"), ("TCASH-USD", "1")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_move_pays_variation_and_opens_a_claim_that_a_pledge_satisfies() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (long, short) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, long, short, "30")])?).await?;
    client.until(&venue.id(1), "settled").await?;

    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
    net.post_prices(&CRASH).await?;
    let claims = client
        .poll("/v1/claims?state=open", |body| body["claims"].as_array().is_some_and(|all| !all.is_empty()))
        .await?;
    assert_eq!(claims["claims"][0]["account"], long, "{claims}");
    let account = client.get(&format!("/v1/accounts/{long}")).await?;
    assert_eq!(account["cumulativeVariation"], "-690000", "{account}");
    let gainer = client.get(&format!("/v1/accounts/{short}")).await?;
    assert_eq!(gainer["cumulativeVariation"], "690000", "{gainer}");

    net.pledge_wallet(&net.actors.desk[0], long, USDC, 1_000_000).await?;
    let done = client
        .poll("/v1/claims?state=satisfied", |body| body["claims"].as_array().is_some_and(|all| !all.is_empty()))
        .await?;
    assert_eq!(done["claims"][0]["number"], 1, "{done}");
    for account in [long, short] {
        let shown = client.get(&format!("/v1/accounts/{account}")).await?;
        let state = net.view(net.deployment.escrow()?, accountCall { account }).await?;
        assert_eq!(shown["posted"], relayer::decimal::decimal(state.posted), "{shown}");
        assert_eq!(shown["owed"], relayer::decimal::decimal(state.owed), "{shown}");
    }
    relayer.shutdown().await;
    Ok(())
}
