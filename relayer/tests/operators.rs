//! What operators see and say: readiness, metrics, costs, orders, shares of venues.
use crate::support::{Client, Venue, config, fill, network, now_ms};
use anyhow::Result;

async fn text(url: &str) -> Result<(u16, String)> {
    let answer = reqwest::get(url).await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// The value of a metric, by its name and labels as they are printed.
fn metric(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_and_costs_say_what_was_done_and_paid() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1"); 3])?).await?;
    client.until(&venue.id(3), "settled").await?;

    // The journal has a transaction a moment before the sums count it.
    let counted = |costs: &serde_json::Value| costs["transactions"][0].is_object() && costs["totals"][0].is_object();
    let costs = client.poll("/v1/costs", counted).await?;
    let paid = &costs["transactions"][0];
    let receipt = net.devnode.chain().outcome(paid["tx"].as_str().unwrap_or_default().parse()?);
    let receipt = receipt.expect("the chain has what the API names");
    assert_eq!((&paid["kind"], &paid["fills"]), (&"settle".into(), &3.into()), "{costs}");
    let gas = paid["executionGas"].as_u64().unwrap_or(0) + paid["dataGas"].as_u64().unwrap_or(0);
    assert_eq!(gas, receipt.gas_used, "{costs}");
    assert!(paid["bytes"].as_u64().is_some_and(|bytes| bytes > 300), "{costs}");
    let wei: u64 = paid["wei"].as_str().unwrap_or_default().parse()?;
    assert_eq!(paid["weiPerFill"], (wei / 3).to_string());
    assert_eq!(costs["totals"][0]["wei"], paid["wei"], "{costs}");
    assert_eq!(
        client.get(&format!("/v1/costs?before={}", paid["bundle"])).await?["transactions"],
        serde_json::json!([])
    );

    let (status, metrics) = text(&format!("{}/metrics", relayer.url)).await?;
    assert_eq!(status, 200);
    let value = |name: &str| metric(&metrics, &format!("plumbline_relayer_{name}"));
    assert_eq!(value("fills_total{state=\"settled\"}"), Some(3.0), "{metrics}");
    assert_eq!(value("inclusion_seconds_count"), Some(3.0));
    let house = paid["house"].to_string();
    assert_eq!(value(&format!("cost_wei{{house=\"{house}\",kind=\"settle\"}}")), Some(wei as f64), "{metrics}");
    assert!(value("balance_wei").is_some_and(|balance| balance > 1e18), "{metrics}");
    assert_eq!(value("check{name=\"store\"}"), Some(1.0));
    assert_eq!(text(&format!("{}/livez", relayer.url)).await?.0, 200);
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_pauses_drains_and_goes_on() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.admin = Some(([127, 0, 0, 1], 0).into());
    let relayer = relayer::serve(config).await?;
    let admin = relayer.admin.clone().expect("a listener for orders");
    let order = async |name: &str| -> Result<serde_json::Value> {
        Ok(reqwest::Client::new().post(format!("{admin}/{name}")).send().await?.json().await?)
    };
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let one = |now| vec![fill(now, buyer, seller, "1")];
    client.poll("/readyz", |ready| ready["status"] == "ready").await?;
    assert_eq!(reqwest::Client::new().post(format!("{}/pause", relayer.url)).send().await?.status(), 404);
    let metrics = async |url: &str| reqwest::get(format!("{url}/metrics")).await?.text().await;
    let (own, public) = ("venue_fills{", metrics(&relayer.url).await?);
    assert!(!public.contains(own), "how much a venue has is nobody else's: {public}");

    assert_eq!(order("pause").await?["order"], "pause");
    client.accept(&venue.batch(one(now_ms(&net).await?))?).await?;
    let ready = client.get("/readyz").await?;
    assert_eq!(ready["status"], "not-ready", "{ready}");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(client.get(&format!("/v1/fills/{}", venue.id(1))).await?["state"], "accepted");

    assert!(metrics(&admin).await?.contains(own), "the operator sees it");
    assert_eq!(order("drain").await?, serde_json::json!({"order": "drain", "queued": 1}));
    client.until(&venue.id(1), "settled").await?;
    let next = venue.batch(one(now_ms(&net).await?))?;
    let (status, body) = client.post("next", serde_json::to_string(&next)?).await?;
    assert_eq!((status, &body["type"]), (503, &"urn:plumbline:problem:draining".into()), "{body}");
    let (status, body) = client.send("/v1/fill-batches/dry-run", &serde_json::to_string(&next)?).await?;
    assert_eq!((status, &body["type"]), (503, &"urn:plumbline:problem:draining".into()), "{body}");

    order("run").await?;
    client.accept(&next).await?;
    client.until(&venue.id(2), "settled").await?;
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_venue_that_floods_takes_its_own_share_of_the_queue() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    (config.hold_submission, config.limits.queued_of_venue) = (true, 10);
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let (mut flood, mut small) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let now = now_ms(&net).await?;
    client.accept(&flood.batch(vec![fill(now, buyer, seller, "1"); 8])?).await?;
    let more = flood.batch(vec![fill(now, buyer, seller, "1"); 3])?;
    for _ in 0..3 {
        let (status, body) = client.post("more", serde_json::to_string(&more)?).await?;
        assert_eq!((status, &body["type"]), (429, &"urn:plumbline:problem:venue-queue-full".into()), "{body}");
        // A try meets the same, and takes no place.
        let (status, body) = client.send("/v1/fill-batches/dry-run", &serde_json::to_string(&more)?).await?;
        assert_eq!((status, &body["type"]), (429, &"urn:plumbline:problem:venue-queue-full".into()), "{body}");
    }
    client.accept(&small.batch(vec![fill(now, buyer, seller, "1"); 10])?).await?;
    relayer.shutdown().await;

    // The count is that of the journal after a start.
    let mut config = crate::support::config(&net, &folder.path().join("journal.sqlite"))?;
    config.limits.queued_of_venue = 10;
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    client.until(&flood.id(8), "settled").await?;
    client.accept(&more).await?;
    client.until(&flood.id(11), "settled").await?;
    relayer.shutdown().await;
    Ok(())
}
