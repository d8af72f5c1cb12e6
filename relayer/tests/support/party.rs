//! Somebody who signs what it reads.
use super::PATIENCE;
use alloy::primitives::{Address, hex};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail};
use chain::requests::{Cancel, Read};
use chain::sign::Domain;
use futures::{Stream, StreamExt};
use localnet::Localnet;
use serde_json::{Value, json};
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

pub struct Party {
    key: PrivateKeySigner,
    domain: Domain,
    url: String,
    http: reqwest::Client,
}

/// Body of a cancellation.
pub fn cancel(net: &Localnet, key: &PrivateKeySigner, venue: Address, first: u64, count: u32) -> Result<String> {
    let domain = Domain::relayer(net.deployment.chain_id, net.deployment.escrow()?);
    let signature = chain::sign::sign(key, domain.cancel(&Cancel { venue, firstSequence: first, count }));
    let signature = hex::encode_prefixed(signature);
    Ok(json!({ "venue": venue, "firstSequence": first, "count": count, "signature": signature }).to_string())
}

impl Party {
    pub fn new(net: &Localnet, url: &str, key: &PrivateKeySigner) -> Result<Self> {
        let domain = Domain::relayer(net.deployment.chain_id, net.deployment.escrow()?);
        Ok(Self { key: key.clone(), domain, url: url.to_owned(), http: reqwest::Client::new() })
    }

    fn authorization(&self, path: &str) -> Result<String> {
        let expires = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs() + 60;
        let host = self.url.trim_start_matches("http://").to_owned();
        let digest = self.domain.read(&Read { host, path: path.to_owned(), expiresAt: expires });
        let signature = hex::encode_prefixed(chain::sign::sign(&self.key, digest));
        Ok(format!("Plumbline address={}, expires={expires}, signature={signature}", self.key.address()))
    }

    async fn send(&self, path: &str) -> Result<reqwest::Response> {
        let request = self.http.get(format!("{}{path}", self.url)).header("authorization", self.authorization(path)?);
        Ok(request.send().await?)
    }

    /// Status and body; of a stream nothing but the status.
    pub async fn get(&self, path: &str) -> Result<(u16, Value)> {
        let response = self.send(path).await?;
        let status = response.status().as_u16();
        let stream = response.headers().get("content-type").is_some_and(|of| of == "text/event-stream");
        Ok((status, if stream { Value::Null } else { response.json().await? }))
    }

    /// Asks for a fill until it is in `state`.
    pub async fn until(&self, id: &str, state: &str) -> Result<Value> {
        let started = Instant::now();
        loop {
            let (_, shown) = self.get(&format!("/v1/fills/{id}")).await?;
            if shown["state"] == state {
                return Ok(shown);
            }
            if started.elapsed() > PATIENCE {
                bail!("fill {id} is not {state}: {shown}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn stream(&self, path: &str) -> Result<Events> {
        let response = self.send(path).await?;
        if response.status() != 200 {
            bail!("{path}: {}", response.text().await?);
        }
        let bytes = futures::stream::unfold(response, |mut response| async move {
            let chunk = response.chunk().await.ok()??;
            Some((chunk.to_vec(), response))
        });
        Ok(Events { bytes: Box::pin(bytes), text: String::new() })
    }

    pub async fn socket(&self, path: &str) -> Result<Socket> {
        let mut request = format!("{}{path}", self.url.replacen("http", "ws", 1)).into_client_request()?;
        request.headers_mut().insert("authorization", self.authorization(path)?.parse()?);
        Ok(Socket(tokio_tungstenite::connect_async(request).await?.0))
    }
}

/// Server-sent events.
pub struct Events {
    bytes: Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>,
    text: String,
}

impl Events {
    /// Name, id and data of the next one; comments are passed over.
    pub async fn next(&mut self) -> Result<(String, u64, Value)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let of = |line: &str| {
                        line.split_once(':').filter(|(of, _)| *of == name).map(|(_, of)| of.trim().to_owned())
                    };
                    event.lines().find_map(of)
                };
                if let (Some(name), Some(id), Some(data)) = (field("event"), field("id"), field("data")) {
                    return Ok((name, id.parse()?, serde_json::from_str(&data)?));
                }
            }
            let bytes = timeout(PATIENCE, self.bytes.next()).await?.context("the stream ended")?;
            self.text += std::str::from_utf8(&bytes)?;
        }
    }
}

pub struct Socket(tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>);

impl Socket {
    pub async fn next(&mut self) -> Result<Value> {
        loop {
            match timeout(PATIENCE, self.0.next()).await?.context("the socket ended")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(why) => bail!("closed: {why:?}"),
                _ => {}
            }
        }
    }
}
