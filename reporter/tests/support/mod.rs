//! What tests against a chain share.
use abi::oracle::PriceOracle::roundCall;
use abi::oracle::Round;
use anyhow::Result;
use devnode::{Devnode, DevnodeConfig};
use localnet::{Actors, Artifacts, Net};
use plumbline_reporter::input::Inputs;
use plumbline_reporter::service::clock::Clock;
use plumbline_reporter::{Config, Settings, feed};
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// A chain with oracle, registry and listed tokens, whose reporters hold ether.
pub struct Network {
    pub devnode: Devnode,
    net: Net,
}

impl Deref for Network {
    type Target = Net;

    fn deref(&self) -> &Net {
        &self.net
    }
}

impl Network {
    pub fn rpc_url(&self) -> String {
        self.devnode.http_url()
    }

    /// A reporter of constant prices that listens on the socket.
    pub fn config(&self, number: usize, socket: &TcpListener, prices: &[(&str, &str)]) -> Result<Config> {
        Ok(Config {
            rpc: self.rpc_url(),
            deployment: self.deployment.clone(),
            key: self.actors.reporters[number].key.clone(),
            listen: socket.local_addr()?,
            peers: Vec::new(),
            inputs: constants(prices),
            committer: None,
            clock_offset: 0,
        })
    }
}

pub async fn network() -> Result<Network> {
    let devnode = Devnode::start(DevnodeConfig { internal_transactions: true, ..DevnodeConfig::default() }).await?;
    let mut net = Net::connect(&devnode.http_url(), Actors::new()).await?;
    let artifacts = Artifacts::default();
    net.deploy_prices(&artifacts).await?;
    net.deploy_tokens(&artifacts).await?;
    net.set_reporters().await?;
    net.list_assets().await?;
    net.fund_reporters().await?;
    Ok(Network { devnode, net })
}

/// Of constant prices.
pub fn constants(prices: &[(&str, &str)]) -> Inputs {
    let feeds: String =
        prices.iter().map(|(feed, price)| format!("{feed} = [{{ constant = \"{price}\" }}]\n")).collect();
    inputs(&format!("[feeds]\n{feeds}"))
}

pub fn inputs(text: &str) -> Inputs {
    let text = format!("deployment = \"none.json\"\n{text}");
    Settings::parse(&text, Path::new(".")).expect(&text).inputs
}

/// A port that is free at the moment.
pub fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("it has an address").port()
}

pub fn slot_now() -> u64 {
    Clock::default().machine() / 10_000
}

/// Waits for the time so many milliseconds into a slot.
pub async fn until(slot: u64, millis: u64) {
    let left = (slot * 10_000 + millis).saturating_sub(Clock::default().machine());
    sleep(Duration::from_millis(left)).await;
}

pub async fn round(net: &Net, name: &str, slot: u64) -> Result<Round> {
    Ok(net.view(net.deployment.oracle()?, roundCall { feed: feed::feed(name)?, slot }).await?)
}

/// The slot's round as soon as it rests on so many reports, or as it is at the slot's end.
pub async fn round_of(net: &Net, name: &str, slot: u64, reports: u8) -> Result<Round> {
    until(slot, 0).await;
    loop {
        let round = round(net, name, slot).await?;
        if round.votes + round.dropped >= reports || slot_now() > slot {
            return Ok(round);
        }
        sleep(Duration::from_millis(100)).await;
    }
}
