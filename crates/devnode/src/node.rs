//! A running node: chain, server and block maker, ended on drop.

use crate::accounts::dev_accounts;
use crate::chain::Chain;
use crate::config::{DevnodeConfig, Mining};
use crate::rpc::{self, HexIds};
use crate::web::{self, MAX_REQUEST, OriginError, Origins};
use alloy::signers::local::PrivateKeySigner;
use jsonrpsee::server::{PingConfig, Server, ServerConfig, ServerHandle};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::task::JoinHandle;

const MAX_RESPONSE: u32 = 256 * 1024 * 1024;
const MAX_CONNECTIONS: u32 = 10_000;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum Error {
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("RPC methods clash: {0}")]
    Methods(#[from] jsonrpsee::core::RegisterMethodError),
    #[error(transparent)]
    Origin(#[from] OriginError),
}

/// A node with its own chain. Dropping it stops the server.
#[derive(Debug)]
pub struct Devnode {
    chain: Chain,
    address: SocketAddr,
    server: ServerHandle,
    miner: JoinHandle<()>,
}

impl Devnode {
    /// Starts a chain and serves it on 127.0.0.1.
    ///
    /// # Errors
    /// The port is taken, or an origin is none.
    pub async fn start(config: DevnodeConfig) -> Result<Self, Error> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, config.port));
        let listen = |source| Error::Listen { address, source };
        let settings = ServerConfig::builder()
            .max_request_body_size(MAX_REQUEST)
            .max_response_body_size(MAX_RESPONSE)
            .max_connections(MAX_CONNECTIONS)
            .max_subscriptions_per_connection(MAX_CONNECTIONS)
            .set_tcp_no_delay(true)
            .enable_ws_ping(PingConfig::new())
            .set_id_provider(HexIds::default())
            .build();
        let origins = Arc::new(Origins::of(&config.allow_origins)?);
        let doors = tower::ServiceBuilder::new()
            .layer(web::cors(origins.clone()))
            .layer(web::guard(origins))
            .layer(web::envelopes());
        let server = Server::builder().set_config(settings).set_http_middleware(doors);
        let server = server.build(address).await.map_err(listen)?;
        let address = server.local_addr().map_err(listen)?;
        let chain = Chain::new(config);
        let server = server.start(rpc::module(chain.clone())?);
        let miner = tokio::spawn(make_blocks(chain.clone()));
        Ok(Self { chain, address, server, miner })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same port over WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// As `eth_chainId` answers.
    pub fn chain_id(&self) -> u64 {
        self.chain.chain_id()
    }

    /// The ten funded accounts.
    pub fn accounts(&self) -> Vec<PrivateKeySigner> {
        dev_accounts()
    }

    /// The chain itself, for what needs no RPC.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Waits until the server has ended.
    pub async fn stopped(&self) {
        self.server.clone().stopped().await;
    }
}

impl Drop for Devnode {
    fn drop(&mut self) {
        self.miner.abort();
        // Already stopped is fine.
        let _ = self.server.stop();
    }
}

/// Makes a block at each tick while interval mining is on.
async fn make_blocks(chain: Chain) {
    let mut mining = chain.mining();
    loop {
        let mode = *mining.borrow_and_update();
        let Mining::Interval(interval) = mode else {
            if mining.changed().await.is_err() {
                return;
            }
            continue;
        };
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                changed = mining.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
                _ = ticks.tick() => {
                    let chain = chain.clone();
                    if tokio::task::spawn_blocking(move || chain.tick()).await.is_err() {
                        tracing::error!("a block could not be made");
                    }
                }
            }
        }
    }
}
