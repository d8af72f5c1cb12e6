//! A relayer that states only what can be proved: at slots whose marks the reporters committed.
use crate::support::{Client, FUTURE, MARKETS, PRICES, Process, Venue, config, fill, network, now_ms};
use abi::escrow::MarginEscrow::{DisputeRuled, accountCall, disputeCall};
use abi::escrow::ruling::REJECTED;
use abi::escrow::subject::{REQUIREMENT, VARIATION};
use alloy::primitives::{B256, Bytes, I256, U256};
use alloy::sol_types::SolEvent;
use anyhow::Result;
use localnet::constant_quotes;
use relayer::Config;
use relayer::FillRequest;
use reporter::Committer;
use reporter::feed::feed;

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

    let slot = commit(&net).await?;
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

/// A desk that disputes what is right shows what the relayer gives it, and the kernel on chain finds the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_proves_requirement_and_variation_on_chain() -> Result<()> {
    let net = network().await?;
    commit(&net).await?;
    let folder = tempfile::tempdir()?;
    let careful = Config { committed_marks: true, ..config(&net, &folder.path().join("journal.sqlite"))? };
    let relayer = relayer::serve(careful).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let now = now_ms(&net).await?;
    let dear = FillRequest { price: "113100".to_owned(), ..fill(now, buyer, seller, "1") };
    let options = [("BTC-20251031-80000-P", "40"), (FUTURE, "113400")];
    let options = options.map(|(instrument, price)| FillRequest {
        instrument: instrument.to_owned(),
        price: price.to_owned(),
        ..fill(now, buyer, seller, "0.5")
    });
    client.accept(&venue.batch([&[dear][..], &options].concat())?).await?;
    client.until(&venue.id(3), "settled").await?;

    let evidence = client.get(&format!("/v1/accounts/{buyer}/evidence")).await?;
    relayer.shutdown().await;
    let state = net.view(net.deployment.escrow()?, accountCall { account: buyer }).await?;
    assert_eq!(evidence["history"], state.history.to_string());
    assert_eq!(evidence["computedVariation"], relayer::decimal::signed_decimal(state.cumulativeVariation.into()));
    let level = B256::from(I256::try_from(state.cumulativeVariation)?.into_raw());
    assert!(state.cumulativeVariation < 0, "{evidence}");
    for (subject, found) in [(REQUIREMENT, B256::from(U256::from(state.requirement))), (VARIATION, level)] {
        let (desk, escrow) = (&net.actors.desk[0], net.deployment.escrow()?);
        let dispute = disputeCall { account: buyer, subject, amount: 5_000_000, stated: B256::ZERO };
        net.send(desk, escrow, dispute).await?;
        let call: Bytes = evidence["call"].as_str().unwrap_or_default().parse()?;
        let receipt = chain::send(&net.provider, "revealPortfolio", desk.address(), escrow, call.to_vec()).await?;
        let ruled = receipt.logs().iter().find_map(|log| DisputeRuled::decode_log(&log.inner).ok());
        let ruled = ruled.expect("the kernel decides at once");
        assert_eq!((ruled.ruling, ruled.found), (REJECTED, found), "{subject}");
    }
    Ok(())
}

/// Prices of the next slot, with a root over its marks.
async fn commit(net: &localnet::Localnet) -> Result<u64> {
    let committer = Committer::parse(MARKETS, feed("USDC-USD")?).map_err(anyhow::Error::msg)?;
    let poster = net.poster().await?.with_marks(committer);
    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
    let slot = abi::slot_at(poster.chain_time().await?);
    poster.post(slot, &constant_quotes(&PRICES)?).await?;
    Ok(slot)
}

/// What a statement says can be disputed for as long as the oracle keeps its marks.
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
