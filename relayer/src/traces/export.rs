//! To a collector, by OTLP over HTTP.
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use std::time::Duration;
use tokio::runtime::Handle;

/// A collector that takes longer loses what it was sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Posts to `<url>/v1/traces`.
///
/// # Errors
/// The URL is none, in words for the operator.
pub fn exporter(url: &str) -> Result<SpanExporter, String> {
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| error.to_string())?;
    let endpoint = format!("{}/v1/traces", url.trim_end_matches('/'));
    reqwest::Url::parse(&endpoint).map_err(|error| error.to_string())?;
    let poster = Poster { client, runtime: Handle::current() };
    let builder = SpanExporter::builder().with_http().with_http_client(poster).with_endpoint(endpoint);
    builder.build().map_err(|error| error.to_string())
}

/// The exporter's thread is outside the runtime that connections need.
#[derive(Debug)]
struct Poster {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Poster {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { post(&client, request).await }).await?
    }
}

async fn post(client: &reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let answer = client.execute(request.try_into()?).await?;
    let status = answer.status();
    let mut response = Response::new(answer.bytes().await?);
    *response.status_mut() = status;
    Ok(response)
}
