//! A JSON document over HTTP, asked for again and again.
use super::board::Board;
use super::config::Http;
use super::{LARGEST, document, pause};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::sync::Arc;

/// Asks until dropped; less often the longer it fails.
pub async fn watch(name: String, source: Http, board: Arc<Board>) {
    let mut failures = 0;
    let client = match client(&source) {
        Ok(client) => client,
        Err(error) => return board.failed(&name, format!("{error:#}")),
    };
    loop {
        match once(&client, &source).await {
            Ok(document) => {
                board.document(&name, &document, false);
                failures = 0;
            }
            Err(error) => {
                board.failed(&name, format!("{error:#}"));
                failures += 1;
            }
        }
        tokio::time::sleep(pause(source.every, failures)).await;
    }
}

/// One client a source: no redirects, so that nobody but the named host is asked.
///
/// # Errors
/// Where this machine offers no TLS.
pub fn client(source: &Http) -> Result<reqwest::Client> {
    let redirects = reqwest::redirect::Policy::none();
    let client =
        reqwest::Client::builder().redirect(redirects).timeout(source.timeout).user_agent("plumbline-reporter");
    client.build().context("no HTTP client")
}

/// The document as it is now.
///
/// # Errors
/// Another status than 2xx, more than a mebibyte, more than the timeout in all, or no JSON.
pub async fn once(client: &reqwest::Client, source: &Http) -> Result<Value> {
    let mut answer =
        client.get(source.url.clone()).send().await.map_err(reqwest::Error::without_url).context("no answer")?;
    ensure!(answer.status().is_success(), "it answers {}", answer.status());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url).context("no whole answer")? {
        if body.len() + chunk.len() > LARGEST {
            bail!("its answer is longer than {LARGEST} bytes");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(document::parse(&body)?)
}
