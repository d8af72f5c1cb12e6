//! What operators and neighbours do to the service: a key without money, clocks that are wrong, peers that flood.
use crate::support::{Client, Venue, config, fill, network, now_ms};
use alloy::primitives::U256;
use anyhow::Result;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn check<'a>(health: &'a Value, name: &str) -> &'a Value {
    let checks = health["checks"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    checks.iter().find(|check| check["name"] == name).unwrap_or(&Value::Null)
}

async fn transactions(journal: &std::path::Path) -> Result<i64> {
    use sqlx::{ConnectOptions, Row};
    let mut journal = sqlx::sqlite::SqliteConnectOptions::new().filename(journal).connect().await?;
    Ok(sqlx::query("SELECT COUNT(*) AS n FROM bundles").fetch_one(&mut journal).await?.get("n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_without_money_signs_nothing_and_health_says_so() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("journal.sqlite");
    let relayer = relayer::serve(config(&net, &path)?).await?;
    let client = Client::new(&relayer.url);
    let (mut venue, mut other) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let one = |now| vec![fill(now, buyer, seller, "0.1")];
    client.accept(&venue.batch(one(now_ms(&net).await?))?).await?;
    client.until(&venue.id(1), "settled").await?;
    let key = net.actors.relayer.address();
    let balance = net.devnode.chain().balance(key);
    net.devnode.chain().set_balance(key, U256::ZERO);
    client.accept(&venue.batch(one(now_ms(&net).await?))?).await?;
    let health = client.poll("/healthz", |health| check(health, "gas")["ok"] == false).await?;
    assert_eq!(health["status"], "failing", "{health}");
    assert!(check(&health, "gas")["detail"].as_str().is_some_and(|detail| detail.contains("0 wei")), "{health}");
    let waiting = client.until(&venue.id(2), "waiting").await?;
    assert!(waiting["detail"].as_str().is_some_and(|detail| detail.contains("gas money")), "{waiting}");
    let before = transactions(&path).await?;
    let until = Instant::now() + Duration::from_millis(2_500);
    while Instant::now() < until {
        client.accept(&other.batch(one(now_ms(&net).await?))?).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(transactions(&path).await?, before, "nothing is signed that cannot be paid");
    net.devnode.chain().set_balance(key, balance);
    client.until(&venue.id(2), "settled").await?;
    client.poll("/healthz", |health| health["status"] == "ok").await?;
    relayer.shutdown().await;
    Ok(())
}

/// Refused for good by the node, signed again within the second: the same bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_is_refused_again_and_again_is_nobody_elses_error() -> Result<()> {
    use crate::support::proxy::{Fault, Proxy};
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::start(&net.rpc_url()).await?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.rpc_url.clone_from(&proxy.url);
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let (mut venue, mut other) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let message = "max fee per gas less than block base fee";
    proxy.fault("eth_sendRawTransaction", Fault::Error { message, taken: false }, usize::MAX);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "0.1")])?).await?;
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        client.accept(&other.batch(vec![fill(now_ms(&net).await?, seller, buyer, "0.01")])?).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(proxy.calls("eth_sendRawTransaction") > 2);
    proxy.fault("eth_sendRawTransaction", Fault::Hang, 0);
    client.until(&venue.id(1), "settled").await?;
    client.until(&other.id(other.next - 1), "settled").await?;
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_have_limits_and_strangers_cost_no_call() -> Result<()> {
    use crate::support::proxy::Proxy;
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::start(&net.rpc_url()).await?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.rpc_url.clone_from(&proxy.url);
    config.hold_submission = true;
    config.limits.connections = 8;
    config.limits.header = Duration::from_millis(300);
    config.limits.strangers = 2;
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);

    // Clocks that are ahead, or count in other units.
    let now = now_ms(&net).await?;
    let day = 86_400_000;
    for ahead in [now * 1_000, now + 2 * day, now + 365 * day, now + 4_000 * day] {
        let mut early = Venue::new(&net, 0)?;
        let (status, body) =
            client.post("a", serde_json::to_string(&early.batch(vec![fill(ahead, buyer, seller, "1")])?)?).await?;
        assert_eq!((status, &body["errors"][0]["pointer"]), (422, &"/fills/0/matchedAt".into()), "{body}");
    }

    let calls = proxy.calls("eth_call");
    let mut codes = Vec::new();
    for place in 0..20 {
        let mut stranger = Venue::new(&net, 0)?;
        stranger.actor.key = alloy::signers::local::PrivateKeySigner::random();
        let body = serde_json::to_string(&stranger.batch(vec![fill(now, buyer, seller, "1")])?)?;
        codes.push(client.post(&format!("s{place}"), body).await?.0);
    }
    assert!(codes[..10].iter().all(|code| *code == 403) && codes[12..].contains(&429), "{codes:?}");
    assert_eq!(proxy.calls("eth_call"), calls);
    client.accept(&venue.batch(vec![fill(now, buyer, seller, "1")])?).await?;

    // Half a head on more connections than there are: they end, and the venue gets its turn.
    let address = relayer.url.trim_start_matches("http://").to_owned();
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(&address).await?;
        stream.write_all(b"POST /v1/fill-batches HTTP/1.1\r\nHost: x\r\nX: ").await?;
        slow.push(stream);
    }
    let started = Instant::now();
    client.accept(&venue.batch(vec![fill(now, buyer, seller, "1")])?).await?;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(3), slow[0].read_to_end(&mut rest)).await??;
    relayer.shutdown().await;
    Ok(())
}
