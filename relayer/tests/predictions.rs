//! What the relayer predicts of its own statements is what the escrow makes of them: one arithmetic.
use crate::support::{Client, PRICES, Venue, config, fill, network_of, now_ms};
use abi::escrow::MarginEscrow::accountCall;
use anyhow::Result;
use localnet::{DeskFunds, Holdings, Localnet, LocalnetConfig};

/// A number below `most`, from a sequence that is the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Ten seconds on, BTC somewhere between 98,000 and 128,000 USD.
async fn move_prices(net: &Localnet, dice: &mut Dice) -> Result<()> {
    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
    let price = (98_000 + dice.below(30_000)).to_string();
    let move_btc = |(feed, held)| (feed, if feed == "BTC-USD" { price.as_str() } else { held });
    net.post_prices(&PRICES[..5].iter().copied().map(move_btc).collect::<Vec<_>>()).await
}

/// Random fills and prices among two rich desks, one that tops up, and one that comes to owe.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fuzz_every_statement_moves_what_was_predicted() -> Result<()> {
    let mut set_up = LocalnetConfig { start: Some(1_760_130_000), ..LocalnetConfig::default() };
    set_up.desks[2] = DeskFunds { pledged: Holdings::new(40_000, 60_000, 20_000), ..set_up.desks[2] };
    set_up.desks[3] =
        DeskFunds { wallet: Holdings::default(), inventory: Holdings::default(), pledged: Holdings::new(30_000, 0, 0) };
    let net = network_of(set_up).await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue, mut dice) = (Client::new(&relayer.url), Venue::new(&net, 0)?, Dice(7));
    let mut desks = Vec::new();
    for desk in 0..4 {
        desks.push(net.deployment.account(&format!("desk-{desk}"))?);
    }
    let mut sent = 0;
    for round in 1..=30 {
        let now = now_ms(&net).await?;
        let mut fills = Vec::new();
        for _ in 0..1 + dice.below(3) {
            let buyer = dice.below(4) as usize;
            let seller = (buyer + 1 + dice.below(3) as usize) % 4;
            let quantity = format!("0.{:02}", 1 + dice.below(30));
            let price = (100_000 + dice.below(25_000)).to_string();
            fills.push(relayer::FillRequest { price, ..fill(now, desks[buyer], desks[seller], &quantity) });
        }
        sent += fills.len();
        client.accept(&venue.batch(fills)?).await?;
        let tried = |status: &serde_json::Value| {
            status["fills"]["accepted"] == sent && status["fills"]["queued"] == status["fills"]["waiting"]
        };
        client.poll("/v1/status", tried).await?;
        move_prices(&net, &mut dice).await?;
        client.poll("/v1/status", |status| status["bundles"]["markSets"].as_u64() >= Some(round)).await?;
    }
    let slot = abi::slot_at(net.time().await?);
    for account in &desks {
        let path = format!("/v1/accounts/{account}");
        let shown = client.poll(&path, |shown| shown["slot"] == slot || shown["requirement"] == "0").await?;
        let state = net.view(net.deployment.escrow()?, accountCall { account: *account }).await?;
        assert_eq!((&shown["positionsKnown"], &shown["history"]), (&true.into(), &state.history.to_string().into()));
        let [posted, owed, level] = [&shown["posted"], &shown["owed"], &shown["cumulativeVariation"]];
        assert_eq!(
            (posted, owed),
            (&relayer::decimal::decimal(state.posted).into(), &relayer::decimal::decimal(state.owed).into())
        );
        assert_eq!(level, &relayer::decimal::signed_decimal(state.cumulativeVariation.into()));
    }
    let claims = client.get(&format!("/v1/claims?account={}", desks[3])).await?;
    let causes =
        claims["claims"].as_array().into_iter().flatten().flat_map(|claim| claim["tranches"].as_array()).flatten();
    assert!(causes.into_iter().any(|tranche| tranche["cause"] == "variation"), "it came to owe: {claims}");
    let bundles = &client.get("/v1/status").await?["bundles"];
    println!("{bundles}");
    assert_eq!(bundles["mispredicted"], 0, "{bundles}");
    assert!(bundles["predicted"].as_u64() > Some(60) && bundles["included"].as_u64() > Some(15), "{bundles}");
    relayer.shutdown().await;
    Ok(())
}

/// A small move waits, a large one does not, and a party's word is enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_stated_when_it_matters_or_a_party_asks() -> Result<()> {
    let net = network_of(LocalnetConfig { start: Some(1_760_130_000), ..LocalnetConfig::default() }).await?;
    let folder = tempfile::tempdir()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.mark.policy = relayer::MarkPolicy::default();
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let btc = async |price: &str| -> Result<u64> {
        net.devnode.chain().increase_time(10);
        net.devnode.chain().mine();
        let move_btc = |(feed, held)| (feed, if feed == "BTC-USD" { price } else { held });
        net.post_prices(&PRICES[..5].iter().copied().map(move_btc).collect::<Vec<_>>()).await?;
        Ok(net.devnode.chain().timestamp() / abi::SLOT_SECONDS)
    };
    btc("113000").await?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    client.until(&venue.id(1), "settled").await?;
    let path = format!("/v1/accounts/{buyer}");
    let stated = client.get(&path).await?["sequence"].as_u64();

    // 500 USD, of a least transfer of 10,000; and then 12,000.
    btc("113500").await?;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let large = btc("125000").await?;
    let account = client.poll(&path, |account| account["slot"].as_u64() == Some(large)).await?;
    assert_eq!(
        account["sequence"].as_u64(),
        stated.map(|sequence| sequence + 1),
        "the small move was stated: {account}"
    );

    let small = btc("125100").await?;
    let (status, asked) = client.send(&format!("{path}/statement"), "").await?;
    assert_eq!((status, &asked["slot"]), (202, &large.into()), "{asked}");
    client.poll(&path, |account| account["slot"].as_u64() == Some(small)).await?;
    let (status, _) = client.send("/v1/accounts/999/statement", "").await?;
    assert_eq!(status, 404);
    relayer.shutdown().await;
    Ok(())
}
