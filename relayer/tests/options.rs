//! Options and dated futures, marked by the oracle's forwards, rates and volatilities.
use crate::support::{CALL, Client, FUTURE, PRICES, Process, Venue, config, fill, network, now_ms};
use abi::escrow::MarginEscrow::accountCall;
use anyhow::Result;
use localnet::Localnet;
use risk::{Book, Mark, Marks, Ppm, Quantity, Smile, Underlying, VolMark};
use serde_json::Value;

fn trade(now: u64, parties: (u64, u64), instrument: &str, quantity: &str, price: &str) -> relayer::FillRequest {
    let (instrument, price) = (instrument.to_owned(), price.to_owned());
    relayer::FillRequest { instrument, price, ..fill(now, parties.0, parties.1, quantity) }
}

fn next_slot(net: &Localnet) {
    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
}

/// The requirement of `positions` at the prices of [`PRICES`] with a forward, at a slot.
fn kernel(slot: u64, forward: &str, positions: &[(&str, &str)]) -> String {
    let quote = |name: &str| PRICES.iter().find(|(feed, _)| *feed == name).map_or("", |(_, price)| *price);
    let mark = |text: &str| Mark::new(text.parse().unwrap(), Ppm::ONE).unwrap();
    let node = |strike: &str| {
        let vol = quote(&format!("{FUTURE}-{strike}-V")).parse().unwrap();
        (strike.parse().unwrap(), VolMark::new(vol, Ppm::ONE).unwrap())
    };
    let mut marks = Marks::new(slot * abi::SLOT_SECONDS, "1".parse().unwrap()).unwrap();
    marks.set_spot(Underlying::BTC, mark("113000"));
    marks.set_mark("BTC-PERP".parse().unwrap(), mark("113000"));
    marks.set_mark(FUTURE.parse().unwrap(), mark(forward));
    marks.set_rate(Underlying::BTC, "20251031".parse().unwrap(), "0.03".parse().unwrap());
    let smile = Smile::new([node("80000"), node("135000")]);
    marks.set_vol(CALL.parse().unwrap(), smile.at("120000".parse().unwrap()).unwrap().unwrap());
    let mut book = Book::new();
    for (instrument, quantity) in positions {
        book.apply(&instrument.parse().unwrap(), quantity.parse::<Quantity>().unwrap()).unwrap();
    }
    risk::requirement(&book, &marks, &risk::Parameters::default()).unwrap().initial.to_string()
}

fn code(body: &Value) -> &str {
    body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or("")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_settle_mark_and_survive_a_kill() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    next_slot(&net);
    net.post_prices(&PRICES).await?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);

    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    let now = now_ms(&net).await?;
    let trades = [(CALL, "2", "3200"), (FUTURE, "1", "113400"), ("BTC-PERP", "0.5", "113000")];
    let fills = trades.map(|(instrument, quantity, price)| trade(now, (buyer, seller), instrument, quantity, price));
    client.accept(&venue.batch(fills.to_vec())?).await?;
    for sequence in 1..=3 {
        client.until(&venue.id(sequence), "settled").await?;
    }
    let held = [(CALL, "2"), (FUTURE, "1"), ("BTC-PERP", "0.5")];
    let account = client.get(&format!("/v1/accounts/{buyer}")).await?;
    let slot = account["slot"].as_u64().unwrap_or_default();
    assert_eq!(account["requirement"], kernel(slot, "113500", &held), "{account}");
    let before: f64 = account["cumulativeVariation"].as_str().unwrap_or_default().parse()?;

    // A kill, a move of the forward, and the new process marks the option by it.
    relayer.kill()?;
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    next_slot(&net);
    let moved = PRICES.map(|(feed, price)| if feed == FUTURE { (feed, "114500") } else { (feed, price) });
    net.post_prices(&moved).await?;
    let wanted = |account: &Value| account["slot"].as_u64().is_some_and(|at| at > slot);
    let account = client.poll(&format!("/v1/accounts/{buyer}"), wanted).await?;
    let slot = account["slot"].as_u64().unwrap_or_default();
    assert_eq!(account["requirement"], kernel(slot, "114500", &held), "{account}");
    assert_eq!(account["positionsKnown"], true);
    // The future gains 1,000, the two calls between nothing and 2,000.
    let gained = account["cumulativeVariation"].as_str().unwrap_or_default().parse::<f64>()? - before;
    assert!((1_200.0..2_900.0).contains(&gained), "{gained}");
    let both = [buyer, seller].map(|account| net.view(net.deployment.escrow().unwrap(), accountCall { account }));
    let [bought, sold] = both;
    let sum = bought.await?.cumulativeVariation + sold.await?.cumulativeVariation;
    assert!((-20..=0).contains(&sum), "what rounding leaves is the house's: {sum}");
    relayer.kill()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instrument_without_marks_is_refused_with_its_reason() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    net.post_prices(&PRICES).await.ok();
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let client = Client::new(&relayer.url);
    let parties = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let now = now_ms(&net).await?;

    // Listed, and nobody posts its feeds: nothing is taken.
    let batch = Venue::new(&net, 0)?.batch(vec![trade(now, parties, "BTC-20251226-90000-P", "1", "100")])?;
    let (status, body) = client.post("a", serde_json::to_string(&batch)?).await?;
    assert_eq!((status, code(&body)), (503, "marks-stale"), "{body}");
    let detail = body["errors"][0]["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with("BTC-20251226-90000-P: feed BTC-20251226 of expiry 20251226 has no price"), "{body}");

    // Not listed: the markets file would have to.
    let mut batch = serde_json::to_value(&batch)?;
    batch["fills"][0]["instrument"] = "ETH-20251031-4000-C".into();
    let (status, body) = client.post("b", batch.to_string()).await?;
    assert_eq!((status, code(&body)), (422, "invalid-body"), "{body}");
    assert!(body["detail"].as_str().is_some_and(|text| text.contains("expiry 20251031 is not listed")), "{body}");
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_feed_of_an_expiry_costs_margin_and_then_stops_marks() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    next_slot(&net);
    net.post_prices(&PRICES).await?;
    let journal = folder.path().join("journal.sqlite");
    let relayer = relayer::serve(config(&net, &journal)?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let parties = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let account = format!("/v1/accounts/{}", parties.0);
    client.accept(&venue.batch(vec![trade(now_ms(&net).await?, parties, FUTURE, "1", "113500")])?).await?;
    client.until(&venue.id(1), "settled").await?;
    let first = client.get(&account).await?;
    let usd = |account: &Value| account["requirement"].as_str().unwrap_or_default().parse::<f64>().unwrap_or_default();

    // Half an hour of silence: marked, at less confidence than the threshold asks for. Spot is not the future's mark.
    let later = async |seconds: u64| {
        net.devnode.chain().increase_time(seconds);
        net.devnode.chain().mine();
        let spots = [("BTC-USD", "110000"), PRICES[1], PRICES[2], PRICES[3], PRICES[4]];
        net.post_prices(&spots).await?;
        let slot = abi::slot_at(net.time().await?);
        anyhow::Ok(slot)
    };
    let slot = later(1_800).await?;
    let marked = client.poll(&account, |account| account["slot"].as_u64() >= Some(slot)).await?;
    let confidence = (360 - (slot - first["slot"].as_u64().unwrap_or_default())) as f64 / 354.0;
    let added = 110_000.0 * (1.0 - confidence);
    assert!((added - 1_000.0..added + 1_000.0).contains(&(usd(&marked) - usd(&first))), "{added}: {first} {marked}");
    assert_eq!(marked["cumulativeVariation"], first["cumulativeVariation"], "{marked}");

    // The next process knows the silent price too; a fill with it would be new risk.
    relayer.shutdown().await;
    let relayer = relayer::serve(config(&net, &journal)?).await?;
    let client = Client::new(&relayer.url);
    let fill = trade(now_ms(&net).await?, parties, "BTC-PERP", "0.1", "110000");
    client.accept(&venue.batch(vec![fill])?).await?;
    let waiting = client.until(&venue.id(2), "waiting").await?;
    assert_eq!(waiting["reason"], "prices-stale", "no new risk on it: {waiting}");

    // After the hour nobody knows its price any more.
    let slot = later(1_900).await?;
    client
        .poll("/v1/status", |status| status["blockTimestamp"].as_u64().is_some_and(|at| abi::slot_at(at) >= slot))
        .await?;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(client.get(&account).await?["slot"], marked["slot"]);
    relayer.shutdown().await;
    Ok(())
}
