//! Five operators run five reporters: every slot gets its round whoever is dead, late or lies.
use crate::support::{Network, free_port, network, round, round_of, slot_now, until};
use abi::oracle::PriceOracle::{SlotTaken, setReportersCall};
use abi::oracle::{Reporter, ReporterSet};
use abi::registry::EligibilityRegistry::valuationCall;
use alloy::hex;
use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result, ensure};
use axum::routing::get;
use chain::sign::Domain;
use localnet::USDC;
use plumbline_reporter::Vote;
use plumbline_reporter::round::{report, sign_report};
use plumbline_reporter::service::serve_on;
use plumbline_reporter::service::wire::Message;
use plumbline_reporter::{Config, Quote, feed};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

const FEEDS: [&str; 2] = ["BTC-USD", "USDC-USD"];
const BTC: u64 = 113_000 * 100_000_000;

/// A reporter's process; it ends with this.
struct Process {
    _child: Child,
    url: String,
}

impl Process {
    async fn start(
        net: &Network,
        number: usize,
        folder: &Path,
        ports: &[u16; 5],
        feeds: &str,
        flags: &[&str],
    ) -> Result<Self> {
        let others = ports.iter().enumerate().filter(|(other, _)| *other != number);
        let peers: Vec<_> = others.map(|(_, port)| format!("http://127.0.0.1:{port}")).collect();
        let config = folder.join(format!("reporter-{number}.toml"));
        let (rpc, listen) = (net.rpc_url(), ports[number]);
        let text = format!(
            "rpc = {rpc:?}\ndeployment = \"deployment.json\"\nlisten = \"127.0.0.1:{listen}\"\npeers = {peers:?}\n{feeds}"
        );
        std::fs::write(&config, text)?;
        let key = hex::encode_prefixed(net.actors.reporters[number].key.to_bytes());
        let mut child = Command::new(env!("CARGO_BIN_EXE_reporter"))
            .arg("--config")
            .arg(config)
            .args(flags)
            .env("PLUMBLINE_REPORTER_KEY", key)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let url = lines.next_line().await?.context("it ended before it listened")?;
        Ok(Self { _child: child, url })
    }

    async fn health(&self) -> Result<Value> {
        Ok(reqwest::get(format!("{}/healthz", self.url)).await?.json().await?)
    }
}

/// The first is dead, the second five seconds ahead, the third lies; three of five make a round.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_slot_has_its_round_with_one_dead_one_ahead_and_one_that_lies() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    net.deployment.save(folder.join("deployment.json"))?;
    let venue = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/btc", venue.local_addr()?);
    tokio::spawn(
        axum::serve(venue, axum::Router::new().route("/btc", get(|| async { r#"{"last":"113000.5"}"# }))).into_future(),
    );
    let now = slot_now() * 10;
    std::fs::write(
        folder.join("prices.csv"),
        format!("time,feed,source,price\n{now},BTC-USD,*,113010\n{now},USDC-USD,*,1\n"),
    )?;
    let constant = |btc: &str, usdc: &str| {
        format!("[feeds]\nBTC-USD = [{{ constant = {btc:?} }}]\nUSDC-USD = [{{ constant = {usdc:?} }}]\n")
    };
    let of_http = format!(
        "[sources.venue]\nhttp = {url:?}\nevery = 1\n[feeds]\nBTC-USD = [{{ source = \"venue\", price = \"/last\", max-age = 10 }}]\nUSDC-USD = [{{ constant = \"1\" }}]\n"
    );
    let of_file = "[sources.desk]\nfile = \"prices.csv\"\n[feeds]\nBTC-USD = [{ source = \"desk\" }]\nUSDC-USD = [{ source = \"desk\" }]\n";

    let ports = std::array::from_fn(|_| free_port());
    let start =
        async |number, feeds: &str, flags: &[&str]| Process::start(&net, number, folder, &ports, feeds, flags).await;
    let _ahead = start(1, &constant("112990", "1"), &["--clock-offset", "5"]).await?;
    // Within the band of 2 %, so that it is counted.
    let _liar = start(2, &constant("114500", "1.015"), &[]).await?;
    let honest = start(3, &of_http, &["--log-format", "json"]).await?;
    let _file = start(4, of_file, &[]).await?;
    let started = slot_now();
    let slots = started + 1..=started + 2;
    for slot in slots.clone() {
        for name in FEEDS {
            let round = round_of(&net, name, slot, 3).await?;
            ensure!(round.price != 0, "slot {slot} has no round of {name}");
            ensure!(round.votes + round.dropped >= 3, "{round:?}");
        }
        let (btc, usdc) = (round(&net, "BTC-USD", slot).await?, round(&net, "USDC-USD", slot).await?);
        ensure!(btc.price.abs_diff(BTC) <= 2_000_000_000 && usdc.price <= 100_750_000, "the liar's: {btc:?} {usdc:?}");
    }
    let last = *slots.end();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let valuation =
        net.view(net.deployment.registry()?, valuationCall { index: net.deployment.token(USDC)?.index }).await?;
    assert_eq!(valuation.slot, last, "the registry follows");

    // Each looks at the chain at its turn, seven seconds into the slot at the latest.
    let health = loop {
        let health = honest.health().await?;
        if health["lastRound"].as_u64() >= Some(last) || slot_now() > last {
            break health;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(health["status"], "ok", "{health}");
    assert!(health["lastSigned"].as_u64() >= Some(last) && health["lastRound"].as_u64() >= Some(last), "{health}");
    let silent = health["peers"].as_array().context("peers")?.iter().filter(|peer| !peer["error"].is_null()).count();
    assert_eq!(silent, 1, "the dead one: {health}");
    posts_are_bounded(&net, slots.count() as u64).await
}

/// With one that votes late a round may be superseded; nobody pays for what the chain has.
async fn posts_are_bounded(net: &Network, slots: u64) -> Result<()> {
    let oracle = net.deployment.oracle()?;
    let filter = Filter::new().from_block(0).address(oracle).event_signature(SlotTaken::SIGNATURE_HASH);
    let rounds = net.provider.get_logs(&filter).await?.len() as u64 - 1;
    let mut sent = 0;
    for reporter in &net.actors.reporters {
        sent += net.provider.get_transaction_count(reporter.address()).await?;
    }
    ensure!(rounds <= 2 * (slots + 1), "{rounds} rounds in {slots} slots");
    ensure!(sent <= 4 * (slots + 1), "{sent} transactions in {slots} slots");
    Ok(())
}

/// One signs another price for each peer, one takes connections and answers nothing, one is five seconds behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_tells_each_something_else_and_one_that_hangs_change_nothing() -> Result<()> {
    let net = network().await?;
    let hanging = TcpListener::bind("127.0.0.1:0").await?;
    let mut sockets = vec![];
    for _ in 0..3 {
        sockets.push(TcpListener::bind("127.0.0.1:0").await?);
    }
    let urls = sockets.iter().chain([&hanging]).map(|socket| Ok(format!("http://{}", socket.local_addr()?)));
    let urls: Vec<String> = urls.collect::<std::io::Result<_>>()?;
    let mut reporters = Vec::new();
    for (number, socket) in sockets.into_iter().enumerate() {
        let peers = urls.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, url)| url.clone());
        let config = net.config(number, &socket, &[("BTC-USD", &format!("{}", 113_000 + number))])?;
        let clock_offset = if number == 2 { -5_000 } else { 0 };
        let config = Config { peers: peers.collect(), clock_offset, ..config };
        reporters.push(serve_on(socket, config).await?);
    }
    let (key, domain) =
        (&net.actors.reporters[3].key, Domain::oracle(net.deployment.chain_id, net.deployment.oracle()?));
    let client = reqwest::Client::new();
    let slot = slot_now() + 1;
    until(slot, 500).await;
    for (number, reporter) in reporters.iter().enumerate() {
        let (feed, quote) = (feed::feed("BTC-USD")?, Quote::of(BTC + (number as u64 + 1) * 100_000_000_000));
        let report = report(slot, [(&feed, &quote)], B256::ZERO);
        let vote = Vote { reporter: key.address(), signature: sign_report(&domain, key, &report), report };
        let answer = client.post(format!("{}/v1/votes", reporter.url)).json(&Message::of(slot, &[vote])).send().await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
    }
    let round = round_of(&net, "BTC-USD", slot, 3).await?;
    ensure!(round.votes + round.dropped >= 3, "slot {slot}: {round:?}");
    ensure!((BTC..=BTC + 200_000_000).contains(&round.price), "{round:?}");
    Ok(())
}

/// Nobody else makes blocks, so its own refused transaction is the first that tells it the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_alone_with_a_clock_ahead_posts_every_slot() -> Result<()> {
    let net = network().await?;
    let only = &net.actors.reporters[0];
    let set = ReporterSet {
        quorum: 1,
        bandPpm: 20_000,
        maxAgeSlots: 6,
        reporters: vec![Reporter { signer: only.address(), group: 1 }],
    };
    net.send(&net.actors.operator, net.deployment.oracle()?, setReportersCall { set }).await?;
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let config = Config { clock_offset: 5_000, ..net.config(0, &socket, &[("BTC-USD", "113000")])? };
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let reporter = serve_on(socket, config).await?;
    let started = slot_now();
    for slot in started + 1..=started + 2 {
        until(slot, 9_900).await;
        ensure!(round(&net, "BTC-USD", slot).await?.votes == 1, "slot {slot}: {:?}", reporter.reporter.health());
    }
    let sent = net.provider.get_transaction_count(only.address()).await?;
    ensure!(sent <= 6, "{sent} transactions in three slots");
    Ok(())
}
