//! One reporter: its own key, its own sources. Five of them make a round, wherever they run.
//!
//! * [`config`]: what an operator decides.
//! * [`clock`]: what time it is on the chain.
//! * [`slot`]: one slot, from signing to the marks; [`turn`]: who posts when.
//! * [`step`]: what a reporter does at its turn.
//! * [`wire`], [`peers`], [`api`]: votes out and in.
//! * [`health`]: how things are.
mod api;
pub mod check;
pub mod clock;
mod config;
mod health;
mod peers;
mod slot;
mod step;
mod turn;
pub mod wire;

pub use config::{Config, Settings};

use crate::commit::Committer;
use crate::input::{self, Board};
use crate::oracle::Oracle;
use crate::votes::VoteBook;
use abi::oracle::ReporterSet;
use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, ensure};
use clock::Clock;
use health::Done;
use peers::Peers;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use wire::{Message, Receipt};

/// What the tasks of one reporter share.
pub struct Reporter {
    key: PrivateKeySigner,
    oracle: Oracle,
    committer: Option<Committer>,
    board: Arc<Board>,
    peers: Peers,
    clock: Mutex<Clock>,
    book: Mutex<VoteBook>,
    done: Mutex<Done>,
    budget: Mutex<api::Budget>,
    /// One transaction at a time from the key.
    sending: tokio::sync::Mutex<()>,
}

/// A running reporter; dropping it stops it, which loses nothing.
pub struct Handle {
    /// `http://127.0.0.1:9100`.
    pub url: String,
    /// What it knows and does.
    pub reporter: Arc<Reporter>,
    tasks: JoinSet<()>,
}

impl Handle {
    /// Until one of its parts ends, which none does by itself.
    pub async fn ended(&mut self) {
        self.tasks.join_next().await;
    }
}

/// Reads the set from the chain, then listens, reads sources, signs and posts.
///
/// # Errors
/// Where the node does not answer, the key is no reporter's, or the address is taken.
pub async fn serve(config: Config) -> Result<Handle> {
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", config.listen))?;
    serve_on(listener, config).await
}

/// The same on a socket that is open already.
///
/// # Errors
/// Where the node does not answer, or the configuration cannot work.
pub async fn serve_on(listener: TcpListener, config: Config) -> Result<Handle> {
    let url = format!("http://{}", listener.local_addr().context("the socket has no address")?);
    let reporter = Arc::new(Reporter::new(config).await?);
    reporter.look().await;
    let mut tasks = input::watch(reporter.board.inputs(), &reporter.board);
    let app = api::router(reporter.clone());
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!("the HTTP server ended: {error}");
        }
    });
    tasks.spawn(slot::watch_chain(reporter.clone()));
    tasks.spawn(slot::every_slot(reporter.clone()));
    tracing::info!(url, reporter = %reporter.address(), "reporter listens");
    Ok(Handle { url, reporter, tasks })
}

impl Reporter {
    async fn new(config: Config) -> Result<Self> {
        let key = config.key;
        let provider = chain::connect(&config.rpc, std::slice::from_ref(&key)).await?;
        let oracle = Oracle::new(provider, &config.deployment, key.address()).await?;
        let set = oracle.governed_set().await?;
        member(&set, key.address())?;
        let feeds = config.inputs.feeds.keys().copied().collect();
        Ok(Self {
            book: Mutex::new(VoteBook::new(oracle.domain, set, feeds)),
            peers: Peers::new(&config.peers)?,
            board: Arc::new(Board::new(config.inputs, config.clock_offset)),
            clock: Mutex::new(Clock::new(config.clock_offset)),
            committer: config.committer,
            key,
            oracle,
            done: Mutex::default(),
            budget: Mutex::default(),
            sending: tokio::sync::Mutex::default(),
        })
    }

    /// Its key's address.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// The slot by the chain's time, as far as this reporter can tell.
    pub fn slot(&self) -> u64 {
        abi::slot_at(self.clock().now() / 1_000)
    }

    /// Takes what is valid of a message.
    pub fn take(&self, message: &Message) -> Receipt {
        let present = self.slot();
        message.take(&mut self.book(), present)
    }

    /// All votes that are known of a slot.
    pub fn votes_of(&self, slot: u64) -> Message {
        Message::of(slot, &self.book().of(slot))
    }

    fn peers(&self) -> &Peers {
        &self.peers
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        lock(&self.clock)
    }

    fn book(&self) -> MutexGuard<'_, VoteBook> {
        lock(&self.book)
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        lock(&self.done)
    }

    fn budget(&self) -> MutexGuard<'_, api::Budget> {
        lock(&self.budget)
    }
}

fn member(set: &ReporterSet, reporter: Address) -> Result<()> {
    let found = set.reporters.iter().any(|member| member.signer == reporter);
    ensure!(found, "{reporter} is not in the oracle's reporter set: have the owner call setReporters");
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
