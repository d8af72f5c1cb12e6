//! What a reporter takes of others: signed votes of its feeds and near slots, and nothing else, however it is sent.
use crate::support::{Network, network, round_of, slot_now, until};
use abi::oracle::PriceOracle::marksRootCall;
use alloy::primitives::B256;
use anyhow::{Context, Result, ensure};
use chain::sign::Domain;
use plumbline_reporter::Vote;
use plumbline_reporter::round::{report, sign_report};
use plumbline_reporter::service::wire::Message;
use plumbline_reporter::service::{Handle, serve_on};
use plumbline_reporter::{Committer, Config, Quote, feed};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

const MARKETS: &str = r#"{ "markets": [{ "underlying": "BTC", "feed": "BTC-USD" }] }"#;

struct Sender {
    client: Client,
    url: String,
    domain: Domain,
}

impl Sender {
    fn new(net: &Network, url: &str) -> Result<Self> {
        let domain = Domain::oracle(net.deployment.chain_id, net.deployment.oracle()?);
        Ok(Self { client: Client::new(), url: format!("{url}/v1/votes"), domain })
    }

    fn vote(&self, key: &alloy::signers::local::PrivateKeySigner, name: &str, slot: u64, price: u64) -> Result<Vote> {
        let report = report(slot, [(&feed::feed(name)?, &Quote::of(price))], B256::ZERO);
        Ok(Vote { reporter: key.address(), signature: sign_report(&self.domain, key, &report), report })
    }

    async fn send(&self, message: &Value) -> Result<(StatusCode, Value)> {
        let answer = self.client.post(&self.url).json(message).send().await?;
        Ok((answer.status(), answer.json().await?))
    }

    async fn send_vote(&self, vote: Vote) -> Result<(StatusCode, Value)> {
        self.send(&serde_json::to_value(Message::of(vote.report.slot, &[vote]))?).await
    }
}

fn reporters_of(reporter: &Handle, slot: u64) -> Result<usize> {
    let message = serde_json::to_value(reporter.reporter.votes_of(slot))?;
    Ok(message["reports"].as_array().context("reports")?.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_of_the_set_signed_changes_nothing() -> Result<()> {
    let net = network().await?;
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let reporter =
        serve_on(socket, net.config(0, &TcpListener::bind("127.0.0.1:0").await?, &[("BTC-USD", "113000")])?).await?;
    let sender = Sender::new(&net, &reporter.url)?;
    let (second, stranger) = (&net.actors.reporters[1].key, &net.actors.venue[0].key);
    let slot = slot_now() + 1;
    until(slot, 2_000).await;
    ensure!(reporters_of(&reporter, slot)? == 1, "its own vote");

    for (vote, reason) in [
        (sender.vote(stranger, "BTC-USD", slot, 5)?, "no reporter"),
        (sender.vote(second, "BTC-USD", slot + 5, 5)?, "not near"),
        (sender.vote(second, "BTC-USD", slot - 5, 5)?, "not near"),
        (sender.vote(second, "BTC-USD", 0, 5)?, "not near"),
        (Vote { signature: [7; 64], ..sender.vote(second, "BTC-USD", slot, 5)? }, "not signed"),
        (
            Vote {
                report: sender.vote(second, "BTC-USD", slot, 6)?.report,
                ..sender.vote(second, "BTC-USD", slot, 5)?
            },
            "not signed",
        ),
        (
            Vote { reporter: net.actors.reporters[2].address(), ..sender.vote(second, "BTC-USD", slot, 5)? },
            "not signed",
        ),
    ] {
        let (status, answer) = sender.send_vote(vote).await?;
        let refused = answer["refused"][0].as_str().unwrap_or_default();
        ensure!(status == StatusCode::UNPROCESSABLE_ENTITY && refused.contains(reason), "{reason}: {status} {answer}");
    }
    for message in [
        json!(null),
        json!({}),
        json!({ "slot": -1 }),
        json!({ "slot": slot, "reports": [{}] }),
        json!({ "slot": slot, "more": 1 }),
    ] {
        let (status, answer) = sender.send(&message).await?;
        ensure!(status.is_client_error(), "{message}: {status} {answer}");
    }
    ensure!(reporters_of(&reporter, slot)? == 1, "nothing has changed");
    too_much_changes_nothing(&sender, second, slot).await?;
    ensure!(reporters_of(&reporter, slot)? == 1, "nothing has changed");
    Ok(())
}

async fn too_much_changes_nothing(
    sender: &Sender,
    key: &alloy::signers::local::PrivateKeySigner,
    slot: u64,
) -> Result<()> {
    let huge = sender
        .client
        .post(&sender.url)
        .header("content-type", "application/json")
        .body(vec![b' '; 2 << 20])
        .send()
        .await?;
    ensure!(huge.status() == StatusCode::PAYLOAD_TOO_LARGE, "{}", huge.status());
    ensure!(huge.headers().get("connection").is_some_and(|held| held == "close"), "nobody uses the connection again");
    let forged = Vote { signature: [7; 64], ..sender.vote(key, "BTC-USD", slot, 5)? };
    let many = serde_json::to_value(Message::of(slot, &vec![forged.clone(); 1_000]))?;
    let (status, answer) = sender.send(&many).await?;
    ensure!(status == StatusCode::UNPROCESSABLE_ENTITY, "{status} {answer}");

    // A request that never ends is ended.
    let address = sender.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
    let mut slow = TcpStream::connect(address).await?;
    slow.write_all(
        b"POST /v1/votes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{",
    )
    .await?;
    let mut answer = Vec::new();
    let ended =
        tokio::time::timeout(Duration::from_secs(5), tokio::io::AsyncReadExt::read_buf(&mut slow, &mut answer)).await;
    ensure!(String::from_utf8_lossy(&answer).contains("408"), "{ended:?} {answer:?}");

    // A flood of forgeries is no longer looked at.
    let few = serde_json::to_value(Message::of(slot, &vec![forged; 5]))?;
    for _ in 0..2_000 {
        if sender.send(&few).await?.0 == StatusCode::TOO_MANY_REQUESTS {
            return Ok(());
        }
    }
    anyhow::bail!("two thousand forgeries are looked at")
}

/// Three of five, each with its own process's parts: rounds, registry and a root over the marks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reporters_with_markets_commit_the_marks_of_each_slot() -> Result<()> {
    let net = network().await?;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(TcpListener::bind("127.0.0.1:0").await?);
    }
    let urls: Vec<String> =
        sockets.iter().map(|socket| Ok(format!("http://{}", socket.local_addr()?))).collect::<std::io::Result<_>>()?;
    let committer = Committer::parse(MARKETS, feed::feed("USDC-USD")?).map_err(anyhow::Error::msg)?;
    let mut reporters = Vec::new();
    for (number, socket) in sockets.into_iter().enumerate() {
        let config =
            net.config(number, &socket, &[("BTC-USD", &format!("{}", 113_000 + number)), ("USDC-USD", "1")])?;
        let peers = urls.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, url)| url.clone()).collect();
        reporters.push(serve_on(socket, Config { peers, committer: Some(committer.clone()), ..config }).await?);
    }
    let slot = slot_now() + 1;
    let round = round_of(&net, "BTC-USD", slot, 3).await?;
    ensure!((round.price, round.votes) == (11_300_100_000_000, 3), "{round:?}");
    // Of this slot's, or on a busy machine of one of the next two.
    let committed = async || -> Result<bool> {
        for near in slot..=slot_now() {
            if !net.view(net.deployment.oracle()?, marksRootCall { slot: near }).await?.is_zero() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    while !committed().await? {
        ensure!(slot_now() <= slot + 2, "{:?}", reporters[0].reporter.health());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    // A stranger's key is no reporter's.
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let config = Config { key: net.actors.venue[0].key.clone(), ..net.config(0, &socket, &[("BTC-USD", "1")])? };
    let refused = serve_on(socket, config).await.err().context("it is refused")?;
    ensure!(format!("{refused:#}").contains("setReporters"), "{refused:#}");
    Ok(())
}
