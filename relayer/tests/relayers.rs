//! Several relayers over one journal: one leads, and who that is may change at any time. Nothing is lost, nothing settles twice.
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Client, Network, PATIENCE, Process, Venue, applied, fill, network, now_ms, once};
use anyhow::{Context, Result, bail};
use localnet::Postgres;
use relayer::FillBatchRequest;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long it may take until another one leads.
const TAKE_OVER: Duration = Duration::from_secs(5);

/// A relayer of the test's, which comes and goes.
struct Relayer {
    process: Process,
    client: Client,
    admin: String,
}

/// What they share.
struct Shared {
    net: Network,
    folder: tempfile::TempDir,
    database: String,
}

impl Shared {
    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn start(&self, name: &str) -> Result<Relayer> {
        self.at(name, &self.net.rpc_url())
    }

    fn at(&self, name: &str, node: &str) -> Result<Relayer> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let admin = format!("127.0.0.1:{port}");
        let options = ["--database", &self.database, "--name", name, "--admin", &admin];
        let process = Process::at(&self.net, node, self.folder(), &options)?;
        Ok(Relayer { client: Client::new(&process.url), process, admin: format!("http://{admin}") })
    }

    fn pair(&self) -> Result<(u64, u64)> {
        Ok((self.net.deployment.account("desk-0")?, self.net.deployment.account("desk-1")?))
    }

    /// Every fill once, and the books as on chain.
    async fn check(&self, client: &Client, venue: &Venue) -> Result<()> {
        for sequence in 1..venue.next {
            client.until(&venue.id(sequence), "settled").await?;
        }
        assert_eq!(applied(&self.net, venue.actor.address()).await?, once(venue.next - 1));
        let (buyer, _) = self.pair()?;
        client.poll(&format!("/v1/accounts/{buyer}"), |shown| shown["positionsKnown"] == true).await?;
        Ok(())
    }
}

/// A database on a server of its own, so that it can be stopped.
async fn shared(server: &Postgres) -> Result<Shared> {
    Ok(Shared { net: network().await?, folder: tempfile::tempdir()?, database: server.database()? })
}

async fn lease(client: &Client) -> Result<Value> {
    let ready = client.get("/readyz").await?;
    let checks = ready["checks"].as_array().context("checks")?;
    Ok(checks.iter().find(|check| check["name"] == "lease").context("the lease's check")?.clone())
}

/// Until it leads; how long that took.
async fn leads(client: &Client) -> Result<Duration> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Ok(lease) = lease(client).await
            && lease["detail"].as_str().is_some_and(|detail| detail.starts_with("leads"))
        {
            return Ok(started.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("does not lead: {}", lease(client).await?)
}

/// Sends a batch to one relayer or the other until one has it, as a venue behind a balancer does: the same bytes, the same key.
async fn send(urls: &Mutex<Vec<String>>, batch: &FillBatchRequest) -> Result<()> {
    let (key, body) = (format!("{}-{}", batch.venue, batch.first_sequence), serde_json::to_string(batch)?);
    let started = Instant::now();
    let mut last = String::new();
    while started.elapsed() < PATIENCE {
        for url in urls.lock().await.clone() {
            match tokio::time::timeout(Duration::from_secs(2), Client::new(&url).post(&key, body.clone())).await {
                Ok(Ok((202, _))) => return Ok(()),
                Ok(Ok((503, body))) => last = body.to_string(),
                Ok(Ok((status, body))) => bail!("{status}: {body}"),
                Ok(Err(error)) => last = error.to_string(),
                Err(_) => last = "no answer".to_owned(),
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("nobody takes the batch: {last}")
}

/// A venue that sends five fills every twentieth of a second until it is told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Result<Venue>>,
}

impl Load {
    fn start(net: &Arc<Shared>, urls: &Arc<Mutex<Vec<String>>>) -> Result<Self> {
        let (stop, mut venue) = (Arc::new(AtomicBool::new(false)), Venue::new(&net.net, 0)?);
        let (net, urls, ended) = (Arc::clone(net), Arc::clone(urls), Arc::clone(&stop));
        let task = tokio::spawn(async move {
            let (buyer, seller) = net.pair()?;
            while !ended.load(Ordering::Relaxed) {
                let now = now_ms(&net.net).await?;
                let fills = (0..5).map(|place| {
                    let (buyer, seller) = if place == 0 { (seller, buyer) } else { (buyer, seller) };
                    fill(now, buyer, seller, "0.001")
                });
                send(&urls, &venue.batch(fills.collect())?).await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(venue)
        });
        Ok(Self { stop, task })
    }

    async fn end(self) -> Result<Venue> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await?
    }
}

/// The leader is drained and ended, the other one takes over; a new one comes, and takes over in its turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_upgrade_loses_nothing_and_doubles_nothing() -> Result<()> {
    let Some(server) = Postgres::start()? else { return Ok(()) };
    let shared = Arc::new(shared(&server).await?);
    let (mut leader, mut other) = (shared.start("one")?, shared.start("two")?);
    leads(&leader.client).await?;
    assert_eq!(lease(&other.client).await?["detail"], "does not lead: one does");
    let urls = Arc::new(Mutex::new(vec![leader.process.url.clone(), other.process.url.clone()]));
    let load = Load::start(&shared, &urls)?;
    for name in ["three", "four"] {
        tokio::time::sleep(Duration::from_millis(700)).await;
        reqwest::Client::new().post(format!("{}/drain", leader.admin)).send().await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        leader.process.end()?;
        let took = leads(&other.client).await?;
        assert!(took < TAKE_OVER, "{took:?}");
        let next = shared.start(name)?;
        *urls.lock().await = vec![other.process.url.clone(), next.process.url.clone()];
        (leader, other) = (other, next);
    }
    let venue = load.end().await?;
    assert!(venue.next > 100, "{}", venue.next);
    shared.check(&leader.client, &venue).await?;
    // The one that does not lead answers the same, and passes on what it takes.
    shared.check(&other.client, &venue).await?;
    let metrics = reqwest::get(format!("{}/metrics", other.process.url)).await?.text().await?;
    assert!(metrics.contains("plumbline_relayer_leads 0"), "{metrics}");
    let mut second = Venue::new(&shared.net, 1)?;
    let (buyer, seller) = shared.pair()?;
    other.client.accept(&second.batch(vec![fill(now_ms(&shared.net).await?, buyer, seller, "0.001")])?).await?;
    other.client.until(&second.id(1), "settled").await?;
    Ok(())
}

/// Its transactions reach the node after its end, beside the same ones from its successor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_killed_while_it_sends_is_followed_by_the_other() -> Result<()> {
    let Some(server) = Postgres::start()? else { return Ok(()) };
    let shared = Arc::new(shared(&server).await?);
    let proxy = Proxy::start(&shared.net.rpc_url()).await?;
    let leader = shared.at("one", &proxy.url)?;
    leads(&leader.client).await?;
    let other = shared.start("two")?;
    let urls = Arc::new(Mutex::new(vec![leader.process.url.clone(), other.process.url.clone()]));
    let load = Load::start(&shared, &urls)?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sent = proxy.calls("eth_sendRawTransaction");
    proxy.fault("eth_sendRawTransaction", Fault::Late(Duration::from_secs(6)), usize::MAX);
    while proxy.calls("eth_sendRawTransaction") < sent + 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    leader.process.kill()?;
    let took = leads(&other.client).await?;
    assert!(took < TAKE_OVER, "{took:?}");
    println!("another relayer led {took:?} after the leader was killed");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let venue = load.end().await?;
    shared.check(&other.client, &venue).await
}

/// It believes that it leads, and is wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_stood_still_writes_and_sends_nothing() -> Result<()> {
    let Some(server) = Postgres::start()? else { return Ok(()) };
    let shared = Arc::new(shared(&server).await?);
    let proxy = Proxy::start(&shared.net.rpc_url()).await?;
    let frozen = shared.at("one", &proxy.url)?;
    leads(&frozen.client).await?;
    let other = shared.start("two")?;
    let urls = Arc::new(Mutex::new(vec![frozen.process.url.clone(), other.process.url.clone()]));
    let load = Load::start(&shared, &urls)?;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        frozen.process.signal("STOP")?;
        let took = leads(&other.client).await?;
        assert!(took < TAKE_OVER, "{took:?}");
        println!("another relayer led {took:?} after the leader stood still");
        // Let what it had on its way arrive.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let sent = proxy.calls("eth_sendRawTransaction");
        frozen.process.signal("CONT")?;
        frozen.client.poll("/readyz", |ready| ready.to_string().contains("does not lead: two does")).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(proxy.calls("eth_sendRawTransaction"), sent, "it sends nothing any more");
        // It leads again once the other one stands still.
        other.process.signal("STOP")?;
        let took = leads(&frozen.client).await?;
        assert!(took < TAKE_OVER, "{took:?}");
        other.process.signal("CONT")?;
        other.client.poll("/readyz", |ready| ready.to_string().contains("does not lead: one does")).await?;
    }
    let venue = load.end().await?;
    shared.check(&frozen.client, &venue).await?;
    shared.check(&other.client, &venue).await
}

/// No restart is needed, and the relayers say what is wrong meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_and_comes_back() -> Result<()> {
    let Some(server) = Postgres::start()? else { return Ok(()) };
    let shared = Arc::new(shared(&server).await?);
    let (one, two) = (shared.start("one")?, shared.start("two")?);
    leads(&one.client).await?;
    let urls = Arc::new(Mutex::new(vec![one.process.url.clone(), two.process.url.clone()]));
    let load = Load::start(&shared, &urls)?;
    for pause in [1, 4] {
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.down()?;
        one.client.poll("/readyz", |ready| ready["status"] == "not-ready").await?;
        tokio::time::sleep(Duration::from_secs(pause)).await;
        server.up()?;
        tokio::select! {
            led = leads(&one.client) => drop(led?),
            led = leads(&two.client) => drop(led?),
        }
    }
    let venue = load.end().await?;
    assert!(venue.next > 20);
    shared.check(&one.client, &venue).await?;
    shared.check(&two.client, &venue).await
}

/// A chain that goes back is undone by the leader, and seen by the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reorganisation_is_seen_by_both() -> Result<()> {
    let Some(server) = Postgres::start()? else { return Ok(()) };
    let shared = shared(&server).await?;
    let (one, two) = (shared.start("one")?, shared.start("two")?);
    leads(&one.client).await?;
    let mut venue = Venue::new(&shared.net, 0)?;
    let (buyer, seller) = shared.pair()?;
    let batch = async |venue: &mut Venue| venue.batch(vec![fill(now_ms(&shared.net).await?, buyer, seller, "0.1")]);
    two.client.accept(&batch(&mut venue).await?).await?;
    two.client.until(&venue.id(1), "settled").await?;
    let before = shared.net.devnode.chain().snapshot();
    two.client.accept(&batch(&mut venue).await?).await?;
    two.client.until(&venue.id(2), "settled").await?;
    shared.net.devnode.chain().revert(before);
    two.client.accept(&batch(&mut venue).await?).await?;
    for client in [&one.client, &two.client] {
        client.until(&venue.id(3), "settled").await?;
        shared.check(client, &venue).await?;
    }
    Ok(())
}
