//! Dated positions leave their books at what they settle at, whenever the process dies.
use crate::support::{Client, FUTURE, Network, PRICES, Process, Venue, config, fill, network_of, now_ms};
use abi::escrow::MarginEscrow::{LifecycleSettled, MarginEscrowEvents, accountCall};
use alloy::primitives::{B256, U256, keccak256};
use alloy::providers::Provider;
use alloy::sol_types::SolValue;
use anyhow::Result;
use chain::{Event, EventReader};
use localnet::{DeskFunds, Holdings, Localnet, LocalnetConfig};
use risk::{Book, Expiry, Instrument, Mark, Marks, Ppm, Underlying};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

fn expiry() -> Expiry {
    "20251031".parse().expect("a date")
}

/// Ten minutes before the expiry.
fn set_up() -> LocalnetConfig {
    LocalnetConfig { start: Some(expiry().unix() - 600), ..LocalnetConfig::default() }
}

fn trade(now: u64, parties: (u64, u64), instrument: &str, quantity: &str, price: &str) -> relayer::FillRequest {
    let (instrument, price) = (instrument.to_owned(), price.to_owned());
    relayer::FillRequest { instrument, price, ..fill(now, parties.0, parties.1, quantity) }
}

/// Posts the prices with another forward, so many seconds after the expiry.
async fn prices_at(net: &Localnet, after: i64, forward: &str) -> Result<()> {
    net.devnode.chain().set_next_timestamp(expiry().unix().saturating_add_signed(after))?;
    net.devnode.chain().mine();
    net.post_prices(&PRICES.map(|(feed, price)| (feed, if feed == FUTURE { forward } else { price }))).await
}

/// The forward at the expiry, what comes after it, and the silence of a dead feed.
async fn expire_at(net: &Localnet, forward: &str) -> Result<()> {
    prices_at(net, -8, "113600").await?;
    prices_at(net, 2, forward).await?;
    prices_at(net, 11, "150000").await?;
    net.devnode.chain().set_next_timestamp(expiry().unix() + 75)?;
    net.devnode.chain().mine();
    net.post_prices(&PRICES[..5]).await
}

async fn lifecycles(net: &Localnet) -> Result<Vec<LifecycleSettled>> {
    let events = EventReader::of(net.provider.clone(), vec![net.deployment.escrow()?]).read_all().await?;
    let expired = events.into_iter().filter_map(|recorded| match recorded.event {
        Event::Escrow(MarginEscrowEvents::LifecycleSettled(event)) => Some(event),
        _ => None,
    });
    Ok(expired.collect())
}

fn positions(body: &Value) -> usize {
    let settlements = body["settlements"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    settlements.iter().filter_map(|settlement| settlement["positions"].as_array()).map(Vec::len).sum()
}

/// Instrument, quantity, price; and what one unit settles at where the forward ends at 114,200.
const TRADES: [(&str, &str, &str, &str); 6] = [
    ("BTC-PERP", "0.5", "113000", ""),
    (FUTURE, "1", "113400", "114200"),
    ("BTC-20251031-110000-C", "2", "3600", "4200"),
    ("BTC-20251031-120000-C", "1", "50", "0"),
    ("BTC-20251031-110000-P", "3", "40", "0"),
    ("BTC-20251031-120000-P", "1", "6700", "5800"),
];
/// 800 + 2·600 − 50 − 3·40 − 900.
const GAINED: f64 = 930.0;

/// A relayer that has settled [`TRADES`].
async fn traded(net: &Network, folder: &Path) -> Result<(Process, Client, Venue, (u64, u64))> {
    prices_at(net, -560, "113500").await?;
    let relayer = Process::start(net, folder, &[])?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(net, 0)?);
    let parties = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let now = now_ms(net).await?;
    let fills = TRADES.map(|(instrument, quantity, price, _)| trade(now, parties, instrument, quantity, price));
    client.accept(&venue.batch(fills.to_vec())?).await?;
    for sequence in 1..=TRADES.len() as u64 {
        client.until(&venue.id(sequence), "settled").await?;
    }
    Ok((relayer, client, venue, parties))
}

/// Only the perpetual is left, on chain as here; all else was paid.
async fn assert_expired(net: &Localnet, client: &Client, account: u64, perpetual: &str, gained: f64) -> Result<()> {
    let shown = client.get(&format!("/v1/accounts/{account}")).await?;
    let held = shown["positions"].as_array().map_or(0, Vec::len);
    assert_eq!((held, &shown["positions"][0]["quantity"]), (1, &perpetual.into()), "{shown}");
    assert_eq!(shown["positionsKnown"], true);
    let mut rest = Book::new();
    rest.apply(&"BTC-PERP".parse()?, perpetual.parse()?)?;
    let state = net.view(net.deployment.escrow()?, accountCall { account }).await?;
    let cash = gained - 113_000.0 * perpetual.parse::<f64>()?;
    assert_eq!((&shown["history"], &shown["cash"]), (&state.history.to_string().into(), &cash.to_string().into()));
    assert!(!abi::history::is_flat(state.history));
    let spot = Mark::new("113000".parse()?, Ppm::ONE)?;
    let mut marks = Marks::new(state.slot * abi::SLOT_SECONDS, "1".parse()?)?;
    marks.set_spot(Underlying::BTC, spot);
    marks.set_mark("BTC-PERP".parse()?, spot);
    let needed = risk::requirement(&rest, &marks, &risk::Parameters::default())?.initial;
    assert_eq!(
        (shown["requirement"].as_str(), i128::from(state.requirement)),
        (Some(needed.to_string().as_str()), i128::from(needed.raw()))
    );
    assert_eq!(state.cumulativeVariation as f64 / 1e6, gained, "to the last digit, however often it was stated");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_and_options_settle_at_what_they_are_worth() -> Result<()> {
    let net = network_of(set_up()).await?;
    let folder = tempfile::tempdir()?;
    let (relayer, client, mut venue, (buyer, seller)) = traded(&net, folder.path()).await?;
    expire_at(&net, "114200").await?;
    let body = client.poll("/v1/settlements", |body| positions(body) == 10).await?;
    let settlement = &body["settlements"][0];
    let slot = expiry().unix() / abi::SLOT_SECONDS;
    assert_eq!(
        (&settlement["instrument"], &settlement["feed"], &settlement["slot"], &settlement["price"]),
        (&FUTURE.into(), &FUTURE.into(), &slot.into(), &"114200".into()),
        "{body}"
    );
    for (instrument, quantity, _, value) in &TRADES[1..] {
        let shown = settlement["positions"].as_array().into_iter().flatten();
        let shown: Vec<_> = shown.filter(|position| position["instrument"] == *instrument).collect();
        let quantities = [quantity.to_string(), format!("-{quantity}")];
        for (position, quantity) in shown.iter().zip(quantities) {
            assert_eq!((&position["quantity"], &position["value"]), (&quantity.into(), &Value::from(*value)), "{body}");
        }
        assert_eq!(shown.len(), 2);
    }
    assert_expired(&net, &client, buyer, "0.5", GAINED).await?;
    assert_expired(&net, &client, seller, "-0.5", -GAINED).await?;

    // One bundle for both, and what it settled at is what the agents signed for.
    let events = lifecycles(&net).await?;
    let future = Instrument::future(Underlying::BTC, expiry()).id();
    let price = U256::from(11_420_000_000_000u64);
    let reference: B256 = keccak256((future, future, U256::from(slot), price).abi_encode());
    assert_eq!(events.iter().map(|event| (event.cause, event.reference)).collect::<Vec<_>>(), [(1, reference)]);
    assert_eq!(settlement["positions"][0]["reference"], reference.to_string());
    let tx = settlement["positions"][0]["tx"].as_str().unwrap_or_default().parse()?;
    let receipt = net.provider.get_transaction_receipt(tx).await?.expect("the chain has what the API names");
    assert_eq!(settlement["positions"][0]["blockHash"], receipt.block_hash.unwrap_or_default().to_string());

    // The next process knows the books too, and they go on.
    relayer.kill()?;
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    assert_eq!(client.get("/v1/settlements").await?, body);
    client
        .accept(&venue.batch(vec![trade(now_ms(&net).await?, (buyer, seller), "BTC-PERP", "0.5", "113000")])?)
        .await?;
    client.until(&venue.id(7), "settled").await?;
    assert_expired(&net, &client, buyer, "1", GAINED).await?;
    relayer.kill()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_submission_and_receipt_of_an_expiry() -> Result<()> {
    let net = network_of(set_up()).await?;
    let folder = tempfile::tempdir()?;
    let (relayer, _, _, (buyer, seller)) = traded(&net, folder.path()).await?;
    relayer.kill()?;
    expire_at(&net, "114200").await?;
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
    assert_eq!(positions(&client.get("/v1/settlements").await?), 0, "nothing is over before a block has it");
    relayer.kill()?;
    net.devnode.chain().mine();
    net.devnode.chain().set_mining(devnode::Mining::Automine);
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    client.poll("/v1/settlements", |body| positions(body) == 10).await?;
    assert_expired(&net, &client, buyer, "0.5", GAINED).await?;
    assert_expired(&net, &client, seller, "-0.5", -GAINED).await?;
    assert_eq!(lifecycles(&net).await?.len(), 1);
    relayer.kill()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_while_positions_expire() -> Result<()> {
    let net = network_of(set_up()).await?;
    let folder = tempfile::tempdir()?;
    let (relayer, _, _, (buyer, seller)) = traded(&net, folder.path()).await?;
    relayer.kill()?;
    expire_at(&net, "114200").await?;
    for round in 0..8u64 {
        let relayer = Process::start(&net, folder.path(), &[])?;
        tokio::time::sleep(Duration::from_millis(4 * round)).await;
        relayer.kill()?;
    }
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    client.poll("/v1/settlements", |body| positions(body) == 10).await?;
    assert_expired(&net, &client, buyer, "0.5", GAINED).await?;
    assert_expired(&net, &client, seller, "-0.5", -GAINED).await?;
    assert_eq!(lifecycles(&net).await?.len(), 1);
    relayer.kill()
}

/// The seller of one future has 30,000 and loses 36,500; the house can pay the buyer, or it cannot.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_pay_owes_it_and_expires_at_once() -> Result<()> {
    for house in [20_000_000, 1_000] {
        let mut set_up = LocalnetConfig { house, ..set_up() };
        let (wallet, inventory) = (Holdings::default(), Holdings::default());
        set_up.desks[2] = DeskFunds { wallet, inventory, pledged: Holdings::new(30_000, 0, 0) };
        let net = network_of(set_up).await?;
        let folder = tempfile::tempdir()?;
        let journal = folder.path().join("journal.sqlite");
        prices_at(&net, -560, "113500").await?;
        let relayer = relayer::serve(config(&net, &journal)?).await?;
        let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
        let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-2")?);
        let now = now_ms(&net).await?;
        client.accept(&venue.batch(vec![trade(now, (buyer, seller), FUTURE, "1", "113500")])?).await?;
        client.until(&venue.id(1), "settled").await?;
        relayer.shutdown().await;
        expire_at(&net, "150000").await?;

        let relayer = relayer::serve(config(&net, &journal)?).await?;
        let client = Client::new(&relayer.url);
        client.poll("/v1/settlements", |body| positions(body) == 2).await?;
        let claims = client.get(&format!("/v1/claims?account={seller}")).await?;
        let claim = &claims["claims"][0];
        assert_eq!(
            (&claim["state"], &claim["tranches"][0]["cause"]),
            (&"open".into(), &"variation".into()),
            "{claims}"
        );
        let [bought, sold] = [buyer, seller].map(|id| format!("/v1/accounts/{id}"));
        let (bought, sold) = (client.get(&bought).await?, client.get(&sold).await?);
        assert_eq!((&sold["cumulativeVariation"], &sold["owed"]), (&"-36500".into(), &"6500".into()), "{sold}");
        let unpaid = if house == 1_000 { "5500" } else { "0" };
        assert_eq!(
            (&bought["cumulativeVariation"], &bought["houseOwes"]),
            (&"36500".into(), &unpaid.into()),
            "{bought}"
        );
        for account in [bought, sold] {
            assert_eq!(account["positions"], Value::Array(Vec::new()), "{account}");
            assert_eq!((&account["positionsKnown"], &account["requirement"]), (&true.into(), &"0".into()), "{account}");
        }
        assert_eq!(lifecycles(&net).await?.len(), 1);
        relayer.shutdown().await;
    }
    Ok(())
}
