//! The parts put together.
use crate::agent::Agent;
use crate::api::router;
use crate::config::Config;
use crate::store::{Store, StoreError};
use crate::view::Follower;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy::transports::http::{Http, reqwest};
use axum::serve::ListenerExt;
use chain::ChainError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Why an agent does not start.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum ServeError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the chain's id is {actual}, the deployment's {expected}")]
    OtherChain { expected: u64, actual: u64 },
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: std::io::Error },
    #[error("{address} can be reached from other machines: set a token, which the relayer then sends (--token-file)")]
    Open { address: SocketAddr },
}

/// How long an orderly end may take; after it the rest is as after a crash.
const GRACE: Duration = Duration::from_secs(5);

/// A running agent; dropping it stops it as a crash would, which loses nothing.
pub struct Handle {
    /// `http://127.0.0.1:8090`.
    pub url: String,
    /// The agent itself, without HTTP.
    pub agent: Arc<Agent>,
    stop: watch::Sender<bool>,
    look: JoinHandle<()>,
    server: JoinHandle<()>,
}

impl Handle {
    /// Answers what was asked, then ends.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        let _ = timeout(GRACE, &mut self.server).await;
        let _ = timeout(GRACE, &mut self.look).await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.look.abort();
        self.server.abort();
    }
}

/// Connects to the agent's node; no call waits for longer than `within`.
///
/// # Errors
/// A text that is no URL, a WebSocket that cannot be opened.
pub async fn connect(url: &str, within: Duration) -> Result<DynProvider, ChainError> {
    if url.starts_with("ws") {
        return chain::connect(url, &[]).await;
    }
    let parsed = url.parse().map_err(|_| ChainError::Url(url.to_owned()))?;
    let client = reqwest::Client::builder().timeout(within).tcp_nodelay(true).build();
    let client = client
        .map_err(|error| ChainError::Decode { what: format!("an HTTP client for {url}"), reason: error.to_string() })?;
    let client = RpcClient::new(Http::with_client(client, parsed), false);
    Ok(ProviderBuilder::default().connect_client(client).erased())
}

/// Reads the chain and the store, then listens. Returns once it takes proposals.
///
/// # Errors
/// The node, the store or the address cannot be used.
pub async fn serve(config: Config) -> Result<Handle, ServeError> {
    if config.token.is_none() && !config.listen.ip().is_loopback() {
        return Err(ServeError::Open { address: config.listen });
    }
    let provider = connect(&config.rpc_url, config.limits.rpc).await?;
    let actual = provider.get_chain_id().await.map_err(|error| ChainError::rpc("eth_chainId", error))?;
    let contracts = config.contracts;
    if actual != contracts.chain_id {
        return Err(ServeError::OtherChain { expected: contracts.chain_id, actual });
    }
    let address = config.key.address();
    let (store, kept) = Store::open(&config.store, contracts.chain_id, contracts.escrow, address).await?;
    let (listen, poll) = (config.listen, config.limits.poll);
    let follower = Follower::new(provider, contracts);
    let agent = Arc::new(Agent::start(config, store, kept, follower).await?);
    let fail = |reason| ServeError::Listen { address: listen, reason };
    let listener = TcpListener::bind(listen).await.map_err(fail)?;
    let url = format!("http://{}", listener.local_addr().map_err(fail)?);
    let (stop, stopped) = watch::channel(false);
    let look = tokio::spawn(look(Arc::clone(&agent), poll, stopped.clone()));
    let server = tokio::spawn(listen_on(listener, Arc::clone(&agent), stopped));
    tracing::info!(url, agent = %address, "agent listens");
    Ok(Handle { url, agent, stop, look, server })
}

async fn look(agent: Arc<Agent>, poll: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        agent.look().await;
        let _ = timeout(poll, stop.changed()).await;
    }
}

async fn listen_on(listener: TcpListener, agent: Arc<Agent>, mut stop: watch::Receiver<bool>) {
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    let served = axum::serve(listener, router(agent)).with_graceful_shutdown(stopped).await;
    if let Err(error) = served {
        tracing::error!(%error, "no longer listening");
    }
}
