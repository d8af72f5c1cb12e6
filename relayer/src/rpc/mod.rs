//! The connection to the node, or to several: bounded in time, tried again, failed over.
mod patient;
pub mod read;

use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::pubsub::PubSubConnect;
use alloy::rpc::client::RpcClient;
use alloy::transports::http::{Http, reqwest};
use alloy::transports::{BoxTransport, IntoBoxTransport};
use chain::ChainError;
use patient::Patient;
use std::time::Duration;

/// Connects to one URL, or to several with commas between them: where one does not answer, the next one is asked.
/// `timeout` is how long one attempt of a call may take; [`patient`] says how many there are.
///
/// # Errors
/// A text that is no URL, a WebSocket that cannot be opened. HTTP connects with the first call.
pub async fn connect(urls: &str, timeout: Duration) -> Result<DynProvider, ChainError> {
    let mut nodes = Vec::new();
    for url in urls.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        nodes.push(node(url, timeout).await?);
    }
    if nodes.is_empty() {
        return Err(ChainError::Url(urls.to_owned()));
    }
    let client = RpcClient::new(Patient::new(nodes, timeout), false);
    Ok(ProviderBuilder::default().connect_client(client).erased())
}

async fn node(url: &str, timeout: Duration) -> Result<BoxTransport, ChainError> {
    if url.starts_with("ws") {
        let socket = alloy::providers::WsConnect::new(url).into_service();
        let opened = tokio::time::timeout(timeout, socket).await;
        let opened = opened.unwrap_or_else(|_| Err(patient::unanswered(timeout)));
        let opened = opened.map_err(|error| ChainError::rpc(format!("connect to {url}"), error))?;
        return Ok(opened.into_box_transport());
    }
    let parsed = url.parse().map_err(|_| ChainError::Url(url.to_owned()))?;
    let client = reqwest::Client::builder().connect_timeout(timeout).build();
    let client = client
        .map_err(|error| ChainError::Decode { what: format!("an HTTP client for {url}"), reason: error.to_string() })?;
    Ok(Http::with_client(client, parsed).into_box_transport())
}
