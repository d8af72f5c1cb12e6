//! The other reporters: votes are sent to each, and asked of each. One that hangs or lies costs its timeout and nothing else.
use super::wire::{LARGEST, Message};
use anyhow::{Context, Result, bail, ensure};
use futures::future::join_all;
use reqwest::{Client, Url};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(1_500);

/// How the last exchange with a peer went.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerView {
    pub url: String,
    /// The last slot whose votes it took or gave; absent before any.
    pub slot: Option<u64>,
    pub error: Option<String>,
}

pub struct Peers {
    client: Client,
    peers: Vec<(Url, Mutex<PeerView>)>,
}

impl Peers {
    /// # Errors
    /// Where an address is no URL.
    pub fn new(urls: &[String]) -> Result<Self> {
        let redirects = reqwest::redirect::Policy::none();
        let client = Client::builder().redirect(redirects).timeout(PATIENCE).build().context("no HTTP client")?;
        Ok(Self { client, peers: urls.iter().map(|url| peer(url)).collect::<Result<_>>()? })
    }

    pub fn views(&self) -> Vec<PeerView> {
        self.peers.iter().map(|(_, view)| view.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }

    /// Sends votes to all at once.
    pub async fn send(&self, message: &Message) {
        join_all(self.peers.iter().map(|peer| async {
            note(peer, message.slot, self.send_to(&peer.0, message).await);
        }))
        .await;
    }

    /// What all know of a slot; nothing of those that do not answer.
    pub async fn ask(&self, slot: u64) -> Vec<Message> {
        let asked = self.peers.iter().map(|peer| async {
            let answer = self.ask_one(&peer.0, slot).await;
            let message = answer.as_ref().ok().cloned();
            note(peer, slot, answer.map(drop));
            message
        });
        join_all(asked).await.into_iter().flatten().filter(|message| message.slot == slot).collect()
    }

    async fn send_to(&self, url: &Url, message: &Message) -> Result<()> {
        let answer = self.client.post(at(url, "v1/votes")?).json(message).send().await;
        let answer = answer.map_err(reqwest::Error::without_url)?;
        ensure!(answer.status().is_success(), "it answers {}", answer.status());
        Ok(())
    }

    async fn ask_one(&self, url: &Url, slot: u64) -> Result<Message> {
        let answer = self.client.get(at(url, &format!("v1/votes/{slot}"))?).send().await;
        let mut answer = answer.map_err(reqwest::Error::without_url)?;
        ensure!(answer.status().is_success(), "it answers {}", answer.status());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > LARGEST {
                bail!("its answer is longer than {LARGEST} bytes");
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).context("its answer holds no votes")
    }
}

fn peer(url: &str) -> Result<(Url, Mutex<PeerView>)> {
    let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && !url.cannot_be_a_base());
    let parsed =
        parsed.with_context(|| format!("{url:?} is not the URL of a peer, for example http://10.0.0.2:9100"))?;
    Ok((parsed, Mutex::new(PeerView { url: url.to_owned(), ..PeerView::default() })))
}

fn at(url: &Url, path: &str) -> Result<Url> {
    let mut url = url.clone();
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{base}/{path}"));
    Ok(url)
}

fn note(peer: &(Url, Mutex<PeerView>), slot: u64, outcome: Result<()>) {
    let mut view = peer.1.lock().unwrap_or_else(PoisonError::into_inner);
    match outcome {
        Ok(()) => (view.slot, view.error) = (Some(slot), None),
        Err(error) => {
            let error = format!("{error:#}");
            if view.error.as_ref() != Some(&error) {
                tracing::warn!(peer = view.url, "{error}");
            }
            view.error = Some(error);
        }
    }
}
