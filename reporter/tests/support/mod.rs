//! What tests against a chain share.
#![allow(dead_code, reason = "each test takes what it needs")]
use abi::oracle::PriceOracle::roundCall;
use abi::oracle::Round;
use anyhow::Result;
use localnet::{Localnet, LocalnetConfig};
use plumbline_reporter::input::Inputs;
use plumbline_reporter::service::clock::Clock;
use plumbline_reporter::{Settings, feed};
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

/// A chain whose reporters hold ether.
pub async fn network() -> Result<Localnet> {
    let net = Localnet::start(LocalnetConfig::default()).await?;
    net.fund_reporters().await?;
    Ok(net)
}

/// Of constant prices.
pub fn constants(prices: &[(&str, &str)]) -> Inputs {
    let feeds: String = prices.iter().map(|(feed, price)| format!("{feed} = [{{ constant = \"{price}\" }}]\n")).collect();
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

pub async fn round(net: &Localnet, name: &str, slot: u64) -> Result<Round> {
    Ok(net.view(net.deployment.oracle()?, roundCall { feed: feed::feed(name)?, slot }).await?)
}
