//! Webhooks: events of a venue's fills, posted to where the operator and the venue agreed, signed by the relayer's key.
//!
//! What was not taken with a 2xx is posted again, in order, until it is; how far each is stands in the journal, so a venue may be
//! told twice and misses nothing that is kept. Nobody but the operator names an address: the relayer asks no other.
use crate::api::events::{EventView, view};
use crate::clock::now_ms;
use crate::config::{Config, ConfigError, Webhook};
use crate::journal::{Journal, JournalError};
use alloy::primitives::{hex, keccak256};
use alloy::signers::local::PrivateKeySigner;
use chain::requests::Notice;
use chain::sign::Domain;
use reqwest::{Client, Url, redirect};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Events of one post at most.
const MOST: u32 = 128;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// First and longest pause after a post that was not taken.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The body of a post.
#[derive(Serialize)]
struct Told {
    venue: alloy::primitives::Address,
    events: Vec<EventView>,
}

struct Teller {
    webhook: Webhook,
    journal: Journal,
    key: PrivateKeySigner,
    domain: Domain,
    http: Client,
}

#[derive(Debug, thiserror::Error)]
enum NotTold {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("the key does not sign: {0}")]
    Key(#[from] alloy::signers::Error),
    #[error("answered {0}")]
    Refused(reqwest::StatusCode),
}

/// One task for each webhook, until `stop` turns true.
///
/// # Errors
/// A URL that is none.
pub fn start(config: &Config, journal: &Journal, stop: &watch::Receiver<bool>) -> Result<JoinSet<()>, ConfigError> {
    let mut tasks = JoinSet::new();
    let domain = Domain::relayer(config.contracts.chain_id, config.contracts.escrow);
    for webhook in config.access.webhooks.clone() {
        let refused = |reason: String| ConfigError::Webhook { url: webhook.url.clone(), reason };
        let url = Url::parse(&webhook.url).map_err(|error| refused(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("neither http:// nor https://".to_owned()));
        }
        let http = Client::builder().redirect(redirect::Policy::none()).timeout(PATIENCE).build();
        let http = http.map_err(|error| refused(error.to_string()))?;
        let (journal, key) = (journal.clone(), config.keys.relayer.clone());
        tasks.spawn(Teller { webhook, journal, key, domain, http }.run(stop.clone()));
    }
    Ok(tasks)
}

impl Teller {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut commits = self.journal.commits();
        let mut pause = FIRST_PAUSE;
        while !*stop.borrow() {
            commits.mark_unchanged();
            // Not given up halfway: what was taken is noted before the end.
            let told = self.tell().await;
            let rest = async {
                match told {
                    Ok(true) => pause = FIRST_PAUSE,
                    Ok(false) => {
                        pause = FIRST_PAUSE;
                        // Who leads changes without a commit.
                        let _ = tokio::time::timeout(LONGEST_PAUSE, commits.changed()).await;
                    }
                    Err(error) => {
                        let Webhook { venue, url } = &self.webhook;
                        tracing::warn!(%venue, url, %error, ?pause, "webhook not told; trying again");
                        sleep(pause).await;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                }
            };
            tokio::select! {
                () = rest => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Posts the next events; false where there are none.
    async fn tell(&self) -> Result<bool, NotTold> {
        let Webhook { venue, url } = &self.webhook;
        // Of several relayers the leader tells.
        let journal = self.journal.under(self.journal.standing().epoch());
        if !journal.leads_still() {
            return Ok(false);
        }
        let after = match journal.told(*venue, url).await? {
            Some(after) => after,
            None => {
                let (_, last) = journal.events_kept(*venue).await?;
                journal.tell(*venue, url.as_str().into(), last).await?;
                last
            }
        };
        let events = journal.events_after(*venue, after, MOST).await?;
        let Some(last) = events.last().map(|event| event.number) else { return Ok(false) };
        let events = events.into_iter().map(|event| view(*venue, event)).collect();
        let body = serde_json::to_vec(&Told { venue: *venue, events })?;
        let request = self.http.post(url).header("content-type", "application/json");
        let request = request.header("plumbline-signature", self.sign(&body)?);
        let answer = request.body(body).send().await?;
        if !answer.status().is_success() {
            return Err(NotTold::Refused(answer.status()));
        }
        journal.tell(*venue, Arc::from(url.as_str()), last).await?;
        Ok(true)
    }

    fn sign(&self, body: &[u8]) -> Result<String, NotTold> {
        let Webhook { venue, url } = &self.webhook;
        let sent = now_ms() / 1_000;
        let notice = Notice { venue: *venue, url: url.clone(), sentAt: sent, body: keccak256(body) };
        let signature = chain::sign::signature(&self.key, self.domain.notice(&notice))?;
        let (address, signature) = (self.key.address(), hex::encode_prefixed(signature.as_bytes()));
        Ok(format!("address={address}, sent={sent}, signature={signature}"))
    }
}
