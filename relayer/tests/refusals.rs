//! Bad input at the API: each with its problem, nothing accepted.
use crate::support::{Client, Venue, config, fill, network, now_ms};
use anyhow::Result;
use serde_json::{Value, json};

fn code(body: &Value) -> &str {
    body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or("")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_says_why_and_where() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.hold_submission = true;
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let now = now_ms(&net).await?;
    let good = venue.batch(vec![fill(now, buyer, seller, "1")])?;
    let text = serde_json::to_string(&good)?;

    let (status, body) = client.post("a", "{\n \"venue\": oops").await?;
    assert_eq!((status, code(&body)), (400, "malformed-json"), "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.starts_with("line 2, column ")), "{body}");
    let (status, body) = client.post("", text.as_str()).await?;
    assert_eq!((status, code(&body)), (400, "missing-idempotency-key"), "{body}");

    let mut wrong = serde_json::to_value(&good)?;
    wrong["fills"][0]["quantity"] = json!("2");
    let (status, body) = client.post("b", wrong.to_string()).await?;
    assert_eq!((status, code(&body)), (403, "invalid-signature"), "{body}");

    let mut stranger = Venue::new(&net, 0)?;
    stranger.actor = net.actors.desk[3].clone();
    let (status, body) =
        client.post("c", serde_json::to_string(&stranger.batch(vec![fill(now, buyer, seller, "1")])?)?).await?;
    assert_eq!((status, code(&body)), (403, "unknown-venue"), "{body}");

    let unknown = Venue::new(&net, 0)?.batch(vec![fill(now, buyer, 999, "1")])?;
    let (status, body) = client.post("d", serde_json::to_string(&unknown)?).await?;
    assert_eq!((status, code(&body)), (422, "unknown-account"), "{body}");
    assert_eq!(body["errors"][0]["pointer"], "/fills/0/sellerAccount");

    let mut large = serde_json::to_value(&good)?;
    large["fills"] = json!(vec![large["fills"][0].clone(); 257]);
    let (status, body) = client.post("e", large.to_string()).await?;
    assert_eq!((status, code(&body)), (413, "batch-too-large"), "{body}");
    let (status, body) = client.post("f", " ".repeat(600_000)).await?;
    assert_eq!((status, code(&body)), (413, "body-too-large"), "{body}");

    assert_eq!(client.post("g", text.as_str()).await?.0, 202);
    let (status, body) = client.post("g", text.replace("BTC", "ETH")).await?;
    assert_eq!((status, code(&body)), (422, "idempotency-key-reused"), "{body}");
    let (status, body) = client.post("h", text.as_str()).await?;
    assert_eq!((status, code(&body)), (409, "sequence-replayed"), "{body}");
    assert_eq!(client.post("g", text.as_str()).await?.0, 202, "the same key and body are no error");

    let mut ahead = Venue::new(&net, 0)?;
    (ahead.next, ahead.last) = (3, venue.last);
    let (status, body) =
        client.post("i", serde_json::to_string(&ahead.batch(vec![fill(now, buyer, seller, "1")])?)?).await?;
    assert_eq!((status, code(&body)), (409, "sequence-gap"), "{body}");
    let mut broken = Venue::new(&net, 0)?;
    broken.next = 2;
    let (status, body) =
        client.post("j", serde_json::to_string(&broken.batch(vec![fill(now, buyer, seller, "1")])?)?).await?;
    assert_eq!((status, code(&body)), (409, "batch-chain-broken"), "{body}");

    assert_eq!(code(&client.get("/v1/fills/nonsense").await?), "invalid-id");
    assert_eq!(code(&client.get(&format!("/v1/fills/{}", venue.id(77))).await?), "not-found");
    assert_eq!(code(&client.get("/v1/accounts/77").await?), "not-found");
    assert_eq!(code(&client.get("/v1/claims?state=maybe").await?), "invalid-query");
    assert_eq!(code(&client.get("/nowhere").await?), "not-found");
    assert!(client.get("/openapi.json").await?["paths"]["/v1/fill-batches"]["post"]["responses"]["202"].is_object());
    assert_eq!(client.get("/v1/status").await?["fills"]["accepted"], 1);
    relayer.shutdown().await;
    Ok(())
}
