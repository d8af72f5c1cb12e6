//! The parts put together.
use crate::api::{Door, Service, Streams, router};
use crate::config::{Config, ConfigError};
use crate::engine::{Engine, EngineError, origin};
use crate::health::Pulse;
use crate::intake::Intake;
use crate::journal::{Journal, JournalError};
use crate::ledger::read::Reader;
use crate::push;
use crate::server;
use crate::world::Shared;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Chain(#[from] chain::ChainError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: std::io::Error },
}

/// How long an orderly end may take; after it the rest is as after a crash.
const GRACE: Duration = Duration::from_secs(5);

/// Cancellations that may wait for the engine's next turn.
const CANCELLATIONS: usize = 256;

/// A running relayer; dropping it stops it as a crash would, which loses nothing.
pub struct Handle {
    /// `http://127.0.0.1:8080`.
    pub url: String,
    stop: watch::Sender<bool>,
    engine: JoinHandle<()>,
    server: JoinHandle<()>,
    webhooks: JoinSet<()>,
}

impl Handle {
    /// Lets the turn under way finish, if it does within a few seconds, then ends.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        let _ = timeout(GRACE, &mut self.engine).await;
        let _ = timeout(GRACE, &mut self.server).await;
        let _ = timeout(GRACE, async { while self.webhooks.join_next().await.is_some() {} }).await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.engine.abort();
        self.server.abort();
    }
}

/// Recovers from journal and chain, then listens. Returns once it takes requests.
pub async fn serve(config: Config) -> Result<Handle, ServeError> {
    let provider = crate::rpc::connect(&config.rpc_url, config.limits.rpc).await?;
    let reader = Reader::new(provider, config.contracts);
    let contracts = config.contracts;
    let journal = Journal::open(&config.journal, contracts.chain_id, contracts.escrow, origin(&reader).await?).await?;
    let world = Shared::default();
    let (sender, inbox) = mpsc::unbounded_channel();
    let (cancels, cancelled) = mpsc::channel(CANCELLATIONS);
    let pulse = Arc::new(Pulse::new(config.limits.stale));
    let engine = Engine::start(
        config.clone(),
        world.clone(),
        journal.clone(),
        reader.clone(),
        inbox,
        cancelled,
        Arc::clone(&pulse),
    );
    let engine = engine.await?;
    let listener = listen(config.listen).await?;
    let address = listener.local_addr().map_err(|reason| ServeError::Listen { address: config.listen, reason })?;
    let intake = Intake::new(config.clone(), world.clone(), journal.clone(), reader, sender);
    let limits = config.limits;
    let door = Door::new(&config.access, contracts.chain_id, contracts.escrow, address);
    let (who, (stop, stopped)) = (door.describe(), watch::channel(false));
    let webhooks = push::start(&config, &journal, &stopped)?;
    let (streams, ends) = (Arc::new(Streams::default()), stopped.clone());
    let app = router(Arc::new(Service { config, world, journal, intake, pulse, door, cancels, streams, stop: ends }));
    let engine = tokio::spawn(engine.run(stopped.clone()));
    let server = tokio::spawn(server::run(listener, app, limits, stopped));
    let url = format!("http://{address}");
    tracing::info!(url, who, "relayer listens");
    Ok(Handle { url, stop, engine, server, webhooks })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|reason| ServeError::Listen { address, reason })
}
