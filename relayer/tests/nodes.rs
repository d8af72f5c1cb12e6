//! Nodes that hang, err, lose answers and lag: fills settle all the same, each once, and the journal says so.
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Client, Venue, applied, config, fill, network, network_of, now_ms, once};
use anyhow::Result;
use localnet::{Localnet, LocalnetConfig};
use std::time::{Duration, Instant};

struct Desk {
    client: Client,
    venue: Venue,
    parties: (u64, u64),
}

impl Desk {
    fn new(net: &Localnet, url: &str) -> Result<Self> {
        let parties = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
        Ok(Self { client: Client::new(url), venue: Venue::new(net, 0)?, parties })
    }

    async fn send(&mut self, net: &Localnet, count: usize) -> Result<()> {
        let fills = vec![fill(now_ms(net).await?, self.parties.0, self.parties.1, "0.01"); count];
        self.client.accept(&self.venue.batch(fills)?).await?;
        Ok(())
    }

    async fn settled(&self) -> Result<()> {
        self.client.until(&self.venue.id(self.venue.next - 1), "settled").await?;
        Ok(())
    }

    /// Everything settled once, and the books are known.
    async fn agree(&self, net: &Localnet) -> Result<()> {
        for sequence in 1..self.venue.next {
            self.client.until(&self.venue.id(sequence), "settled").await?;
        }
        assert_eq!(applied(net, self.venue.actor.address()).await?, once(self.venue.next - 1));
        for account in [self.parties.0, self.parties.1] {
            self.client.poll(&format!("/v1/accounts/{account}"), |shown| shown["positionsKnown"] == true).await?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_call_that_hangs_is_made_again() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::start(&net.rpc_url()).await?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.rpc_url.clone_from(&proxy.url);
    config.limits.rpc = Duration::from_millis(500);
    let relayer = relayer::serve(config).await?;
    let mut desk = Desk::new(&net, &relayer.url)?;
    desk.send(&net, 1).await?;
    desk.settled().await?;
    for method in [
        "eth_getBlockByNumber",
        "eth_getLogs",
        "eth_estimateGas",
        "eth_gasPrice",
        "eth_sendRawTransaction",
        "eth_getTransactionReceipt",
    ] {
        proxy.fault(method, Fault::Hang, 1);
        let started = Instant::now();
        desk.send(&net, 1).await?;
        desk.settled().await?;
        assert!(started.elapsed() < Duration::from_secs(4), "{method}: {:?}", started.elapsed());
    }
    desk.agree(&net).await?;
    relayer.shutdown().await;
    Ok(())
}

/// What the journal says of every transaction, once nothing is under way.
async fn outcomes(journal: &std::path::Path) -> Result<Vec<(String, i64)>> {
    use sqlx::{ConnectOptions, Row};
    let mut journal = sqlx::sqlite::SqliteConnectOptions::new().filename(journal).connect().await?;
    let rows = sqlx::query(
        "SELECT b.state, COUNT(*) AS n FROM bundles AS b WHERE b.tx IN (SELECT tx FROM fills) GROUP BY b.state",
    );
    let rows = rows.fetch_all(&mut journal).await?;
    Ok(rows.iter().map(|row| (row.get("state"), row.get("n"))).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_node_says_of_a_transaction_is_not_what_became_of_it() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let (proxy, path) = (Proxy::start(&net.rpc_url()).await?, folder.path().join("journal.sqlite"));
    let mut config = config(&net, &path)?;
    config.rpc_url.clone_from(&proxy.url);
    let relayer = relayer::serve(config).await?;
    let mut desk = Desk::new(&net, &relayer.url)?;
    for (times, message) in [
        (1, "nonce too low: next nonce 99, tx nonce 12"),
        (2, "already known"),
        (2, "nonce too high"),
        (2, "max fee per gas less than block base fee"),
        (2, "Post \"sequencer\": context deadline exceeded"),
        (3, "429 Too Many Requests"),
        (2, "internal error"),
    ] {
        for taken in [true, false] {
            // A node that has it says so; one that does not say that it is known is asked again.
            if !taken && (message == "already known" || times == 1) {
                continue;
            }
            proxy.fault("eth_sendRawTransaction", Fault::Error { message, taken }, times);
            desk.send(&net, 2).await?;
            desk.settled().await?;
        }
    }
    // No node has the receipt for a while.
    proxy.fault("eth_getTransactionReceipt", Fault::Error { message: "method handler crashed", taken: false }, 30);
    desk.send(&net, 1).await?;
    desk.agree(&net).await?;
    relayer.shutdown().await;
    let outcomes = outcomes(&path).await?;
    assert!(outcomes.len() == 1 && outcomes[0].0 == "included", "{outcomes:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_lag_lose_no_event() -> Result<()> {
    let block_time = Some(Duration::from_millis(100));
    let net = network_of(LocalnetConfig { block_time, start: Some(1_760_130_000), ..LocalnetConfig::default() });
    let net = net.await?;
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::start(&net.rpc_url()).await?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.rpc_url.clone_from(&proxy.url);
    let relayer = relayer::serve(config.clone()).await?;
    let mut desk = Desk::new(&net, &relayer.url)?;
    proxy.lag(&[2, 0, 1, 3, 0]);
    for _ in 0..6 {
        desk.send(&net, 3).await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    desk.agree(&net).await?;
    relayer.shutdown().await;

    let relayer = relayer::serve(config).await?;
    desk.client = Client::new(&relayer.url);
    desk.send(&net, 1).await?;
    desk.agree(&net).await?;
    let status = desk.client.get("/v1/status").await?;
    assert_eq!(status["fills"]["rejected"], 0, "{status}");
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_node_is_asked_where_one_is_dead_and_health_says_when_none_is_left() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::start(&net.rpc_url()).await?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.rpc_url = format!("http://127.0.0.1:1,{}", proxy.url);
    (config.limits.rpc, config.limits.stale) = (Duration::from_millis(300), Duration::from_secs(1));
    let relayer = relayer::serve(config).await?;
    let mut desk = Desk::new(&net, &relayer.url)?;
    desk.send(&net, 1).await?;
    desk.agree(&net).await?;
    assert_eq!(desk.client.get("/healthz").await?["status"], "ok");
    proxy.fault("eth_getBlockByNumber", Fault::Hang, usize::MAX);
    let failing = |health: &serde_json::Value, name: &str| {
        health["checks"]
            .as_array()
            .is_some_and(|checks| checks.iter().any(|check| check["name"] == name && check["ok"] == false))
    };
    desk.client.poll("/healthz", |health| failing(health, "chain") && failing(health, "engine")).await?;
    proxy.fault("eth_getBlockByNumber", Fault::Hang, 0);
    desk.client.poll("/healthz", |health| health["status"] == "ok").await?;
    desk.send(&net, 1).await?;
    desk.agree(&net).await?;
    relayer.shutdown().await;
    Ok(())
}
