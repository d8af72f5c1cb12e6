//! The parts put together.
use crate::agents::Agents;
use crate::api::{Door, Service, Streams, router};
use crate::config::{Config, ConfigError};
use crate::engine::{Engine, Inbox, origin};
use crate::error::EngineError;
use crate::health::Pulse;
use crate::http;
use crate::intake::Intake;
use crate::journal::{Journal, JournalError, KEPT};
use crate::ops::{self, Ops};
use crate::push;
use crate::rpc::read::Reader;
use crate::state::{View, World, Writer};
use crate::traces::{Traces, exporter};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// Why a relayer does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The node, or what it answered.
    #[error(transparent)]
    Chain(#[from] chain::ChainError),
    /// The books could not be brought up to the chain.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The journal cannot be opened or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// As the system says it.
        reason: std::io::Error,
    },
}

/// How long an orderly end may take; after it the rest is as after a crash.
const GRACE: Duration = Duration::from_secs(5);

/// Cancellations that may wait for the engine's next turn.
const CANCELLATIONS: usize = 256;

/// A running relayer; dropping it stops it as a crash would, which loses nothing.
pub struct Handle {
    /// `http://127.0.0.1:8080`.
    pub url: String,
    /// The same of the listener for orders, where there is one.
    pub admin: Option<String>,
    stop: watch::Sender<bool>,
    engine: JoinHandle<Result<(), EngineError>>,
    servers: Vec<JoinHandle<()>>,
    webhooks: JoinSet<()>,
    traces: Traces,
    /// `None` in tests of the handle alone.
    journal: Option<Journal>,
}

impl Handle {
    /// Lets the turn under way finish, if it does within a few seconds, then ends.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        if timeout(GRACE, &mut self.engine).await.is_err() {
            self.engine.abort();
            let _ = (&mut self.engine).await;
        }
        // Another relayer leads from here on.
        if let Some(journal) = &self.journal {
            let _ = timeout(GRACE, journal.resign()).await;
        }
        for server in &mut self.servers {
            let _ = timeout(GRACE, server).await;
        }
        let _ = timeout(GRACE, async { while self.webhooks.join_next().await.is_some() {} }).await;
        let _ = timeout(GRACE, self.traces.end()).await;
    }

    /// Why the relayer came to an end that nobody asked for: it panicked, or cannot go on. Without an engine the rest is of no
    /// use, so the process should end.
    pub async fn ended(&mut self) -> String {
        match (&mut self.engine).await {
            Ok(Ok(())) => "the engine has stopped".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(failure) => format!("the engine ended: {failure}"),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.engine.abort();
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

/// Recovers from journal and chain, then listens. Returns once it takes requests.
///
/// # Errors
/// Where the configuration cannot work, the node does not answer, the journal cannot be used, or the address is taken.
pub async fn serve(config: Config) -> Result<Handle, ServeError> {
    config.check()?;
    let agents = Agents::new(&config.agents).map_err(|error| ConfigError::Client(error.to_string()))?;
    let provider = crate::rpc::connect(&config.rpc_url, config.limits.rpc).await?;
    let reader = Reader::new(provider, config.contracts);
    let contracts = config.contracts;
    let (store, start) = (&config.journal.store, origin(&reader).await?);
    let journal = Journal::open(
        store,
        &config.name(),
        config.keys.relayer.address(),
        config.secret(),
        contracts.chain_id,
        contracts.escrow,
        start,
    )
    .await?;
    let writer = Writer::default();
    let world = writer.view();
    let ((sender, batches), (cancels, cancelled)) = (mpsc::unbounded_channel(), mpsc::channel(CANCELLATIONS));
    let inbox = Inbox { batches, cancels: cancelled };
    let pulse = Arc::new(Pulse::new(config.limits.stale));
    let (own, seen) = ((config.clone(), journal.clone(), reader.clone()), Arc::clone(&pulse));
    let traces = traces(&config)?;
    let mut engine = Engine::start(own.0, writer, own.1, own.2, inbox, seen, agents.clone()).await?;
    engine.hub.traces = traces.clone();
    let (control, backlog, asked) = (engine.hub.control.clone(), engine.hub.backlog.clone(), engine.hub.asked.clone());
    let (listener, address) = listen(config.listen).await?;
    let intake = Intake::new(config.clone(), world.clone(), journal.clone(), reader, sender, control.clone(), backlog);
    let ops = Ops::new(config.clone(), world.clone(), journal.clone(), Arc::clone(&pulse), control, agents.clone());
    let (limits, ops) = (config.limits, Arc::new(ops));
    let door = Door::new(&config.access, contracts.chain_id, contracts.escrow, address);
    let (who, (stop, stopped)) = (door.describe(), watch::channel(false));
    let webhooks = push::start(&config, &journal, &stopped)?;
    let tidying = tidy(config.clone(), journal.clone(), world.clone(), stopped.clone());
    let (streams, ends) = (Arc::new(Streams::default()), stopped.clone());
    let (mut servers, mut admin) = (vec![tokio::spawn(tidying)], None);
    if let Some(wanted) = config.admin {
        let (listener, address) = listen(wanted).await?;
        admin = Some(format!("http://{address}"));
        servers.push(tokio::spawn(http::run(listener, ops::admin(Arc::clone(&ops)), limits, stopped.clone())));
    }
    let own = Some(journal.clone());
    let service = Service {
        config,
        world,
        journal,
        intake,
        pulse,
        agents: agents.clone(),
        door,
        cancels,
        asked,
        streams,
        traces: traces.clone(),
        stop: ends,
    };
    let app = router(Arc::new(service)).merge(ops::router(ops));
    let engine = tokio::spawn(engine.run(stopped.clone()));
    servers.push(tokio::spawn(agents.watch(stopped.clone())));
    servers.push(tokio::spawn(http::run(listener, app, limits, stopped)));
    let url = format!("http://{address}");
    tracing::info!(url, who, admin, "relayer listens");
    Ok(Handle { url, admin, stop, engine, servers, webhooks, traces, journal: own })
}

fn traces(config: &Config) -> Result<Traces, ConfigError> {
    let Some(url) = &config.traces else { return Ok(Traces::default()) };
    let failed = |reason| ConfigError::Traces { url: url.clone(), reason };
    exporter(url).map(Traces::to).map_err(failed)
}

/// Between two rounds of making the journal smaller.
const TIDY: Duration = Duration::from_secs(30);

/// The leader makes the journal smaller as it goes.
async fn tidy(config: Config, journal: Journal, world: View, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(TIDY) => {}
        }
        let last = {
            let world = world.read();
            // What a book lacks may still come: its blocks are absorbed again then.
            let kept = if lacks(&config, &world) { LACKING } else { KEPT as u64 };
            world.finalized.min(world.ledger.head.number.saturating_sub(kept))
        };
        let journal = journal.under(journal.standing().epoch());
        if journal.leads_still()
            && let Err(error) = journal.tidy(last, config.journal.keep).await
        {
            tracing::warn!(%error, "the journal is not made smaller; trying again");
        }
    }
}

/// Blocks that are not folded while a book lacks something: a day of a fast chain.
const LACKING: u64 = 400_000;

/// Whether a book of a house that is served here does not lead to the history on chain.
fn lacks(config: &Config, world: &World) -> bool {
    let served = |account| world.ledger.house_of(account).is_some_and(|house| crate::intake::serves(config, house));
    world.books.iter().any(|(account, held)| !held.known && served(account))
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |reason| ServeError::Listen { address, reason };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_engine_that_panics_is_the_end() {
        let engine = tokio::spawn(async { panic!("a figure that cannot be") });
        let (stop, _) = watch::channel(false);
        let mut handle = Handle {
            url: String::new(),
            admin: None,
            stop,
            engine,
            servers: Vec::new(),
            webhooks: JoinSet::new(),
            traces: Traces::default(),
            journal: None,
        };
        let reason = handle.ended().await;
        assert!(reason.contains("a figure that cannot be"), "{reason}");
    }
}
