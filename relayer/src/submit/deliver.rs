//! Deliver: one signed call from simulation to receipt; see [`crate::submit`] for the states.
use super::{Engine, EngineError, Expected, InFlight};
use crate::bundle::{Plan, Signed};
use crate::clock::now_ms;
use crate::state::fill::FillId;
use crate::journal::{BundleIntent, BundleOutcome, OpenBundle, StatementNote};
use crate::state::ledger::{Head, Prices};
use crate::submit::{Intended, Intent, Sent, Simulation};
use crate::state::LiveState;
use alloy::primitives::B256;
use alloy::rpc::types::TransactionReceipt;
use chain::Revert;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// First and longest pause between two questions for a receipt.
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LAST_LOOK: Duration = Duration::from_millis(250);
/// Without a receipt for so long, the same bytes are sent again.
const RESEND: Duration = Duration::from_secs(3);
/// How long the block of a receipt may take to be the node's newest.
const REACH: Duration = Duration::from_secs(5);

/// What became of a set or bundle.
pub(super) enum Delivery {
    Included {
        gas_used: u64,
    },
    /// The simulation or the node said no; nothing was spent.
    Refused(Revert),
    /// More than one transaction holds, in the node's words; nothing was spent.
    TooLarge(String),
    /// On chain without effect.
    Reverted,
}

/// What the chain made of a signed transaction.
enum Fate {
    Receipt(Box<TransactionReceipt>),
    /// In a block that was absorbed.
    Landed,
    /// Not on chain, and why it does not get there.
    Gone(String),
}

/// A call, and what is expected of it.
pub(super) struct PendingCall {
    kind: &'static str,
    house: u32,
    calldata: Vec<u8>,
    statements: Vec<StatementNote>,
    prices: Arc<Prices>,
    accounts: BTreeMap<u64, Expected>,
    /// Fills that settle with it.
    fills: Vec<FillId>,
    /// Fills in it, settled or lapsed.
    count: usize,
}

impl PendingCall {
    /// A signed set, alone or with fills.
    pub fn set(
        kind: &'static str,
        house: u32,
        signed: Signed,
        plan: &Plan,
        prices: &Arc<Prices>,
        fills: Vec<FillId>,
    ) -> Self {
        let (statements, accounts) = (notes(&signed), expected(plan));
        let (calldata, prices, count) = (signed.calldata, Arc::clone(prices), fills.len());
        Self { kind, house, calldata, statements, prices, accounts, fills, count }
    }

    /// A `lapse` of so many fills.
    pub fn lapse(calldata: Vec<u8>, count: usize) -> Self {
        let (statements, accounts, fills) = Default::default();
        Self { kind: "lapse", house: 0, calldata, statements, prices: Arc::default(), accounts, fills, count }
    }
}

impl Engine {
    pub(super) async fn deliver(&mut self, pending: PendingCall) -> Result<Delivery, EngineError> {
        let gas = match self.sender.simulate(&pending.calldata).await? {
            Simulation::Passes { gas } => gas,
            Simulation::Refused(revert) => return Ok(Delivery::Refused(revert)),
            Simulation::TooLarge(reason) => return Ok(Delivery::TooLarge(reason)),
        };
        let intent = match self.sender.intend(pending.calldata.clone(), gas).await? {
            Intended::Signed(intent) => intent,
            Intended::Broke(short) => {
                let reason = short.to_string();
                self.pulse.short_of_gas(Some(short));
                return Ok(Delivery::Refused(Revert::Message(reason)));
            }
        };
        self.pulse.short_of_gas(None);
        let bundle = self.journal.intend(note(&pending, &intent)).await?;
        let prices = pending.prices.as_ref().clone();
        let open = OpenBundle { id: bundle, nonce: intent.nonce, tx: intent.hash, raw: intent.raw.clone(), prices };
        self.in_flight.insert(intent.hash, InFlight { prices: pending.prices, accounts: pending.accounts });
        self.set_states(&pending.fills, &LiveState::Submitted { tx: intent.hash });
        let delivery = self.send(bundle, &intent).await;
        self.landed.remove(&intent.hash);
        match &delivery {
            Ok(Delivery::Included { .. }) => drop(self.in_flight.remove(&intent.hash)),
            Ok(_) => {
                self.in_flight.remove(&intent.hash);
                self.set_states(&pending.fills, &LiveState::Accepted);
            }
            // Sent, and nobody answers: resolved before anything else is built.
            Err(_) if self.open.iter().all(|held| held.id != bundle) => self.open.push(open),
            Err(_) => {}
        }
        delivery
    }

    fn set_states(&self, fills: &[FillId], state: &LiveState) {
        let mut world = self.world.write();
        fills.iter().for_each(|fill| world.set_state(*fill, state.clone()));
    }

    async fn send(&mut self, bundle: i64, intent: &Intent) -> Result<Delivery, EngineError> {
        let sent = self.sender.send(&intent.raw).await;
        if !matches!(sent, Sent::Refused(_)) {
            self.sender.spend(intent.nonce);
        }
        let fate = self.fate(intent.hash, intent.nonce, &intent.raw, sent).await?;
        self.conclude(bundle, fate).await
    }

    async fn conclude(&mut self, bundle: i64, fate: Fate) -> Result<Delivery, EngineError> {
        match fate {
            Fate::Receipt(receipt) => self.received(bundle, *receipt).await,
            // The events say it, and no node has a receipt yet.
            Fate::Landed => Ok(Delivery::Included { gas_used: 0 }),
            Fate::Gone(reason) => {
                self.sender.refresh_nonce().await?;
                self.refused(bundle, &reason).await
            }
        }
    }

    async fn refused(&mut self, bundle: i64, reason: &str) -> Result<Delivery, EngineError> {
        tracing::warn!(bundle, reason, "the node refused the transaction");
        self.journal.conclude(bundle, BundleOutcome::Refused { reason: reason.to_owned() }).await?;
        Ok(Delivery::Refused(Revert::Message(reason.to_owned())))
    }

    /// Waits until the chain says what became of a transaction, sending the same bytes again now and then.
    ///
    /// The node's word about a nonce or a refusal is not enough: it may have taken the transaction and lost the answer, or
    /// have no receipt yet. The blocks absorbed decide.
    async fn fate(&mut self, tx: B256, nonce: u64, raw: &[u8], sent: Sent) -> Result<Fate, EngineError> {
        let (mut pause, mut last, mut sent) = (FIRST_LOOK, Instant::now(), sent);
        loop {
            match self.sender.receipt(tx).await {
                Ok(Some(receipt)) => return Ok(Fate::Receipt(Box::new(receipt))),
                Ok(None) => self.pulse.turn(),
                Err(error) => tracing::warn!(%error, %tx, "no answer about a receipt; asking again"),
            }
            if last.elapsed() > RESEND {
                (last, sent) = (Instant::now(), self.sender.send(raw).await);
            } else if matches!(sent, Sent::Taken | Sent::Unknown(_)) && pause < LAST_LOOK {
                // Mostly a block takes no longer than that; after it the events are asked too.
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LAST_LOOK);
                continue;
            }
            self.follow().await?;
            if self.landed.contains_key(&tx) {
                return Ok(Fate::Landed);
            }
            let gone = match &sent {
                Sent::Refused(reason) => Some(reason.clone()),
                Sent::NonceUsed if self.here().nonce(self.sender.address()).await? > nonce => {
                    Some("another transaction has the nonce".to_owned())
                }
                _ => None,
            };
            if let Some(reason) = gone {
                let receipt = self.sender.receipt(tx).await?;
                return Ok(receipt.map_or(Fate::Gone(reason), |receipt| Fate::Receipt(Box::new(receipt))));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    async fn received(&mut self, bundle: i64, receipt: TransactionReceipt) -> Result<Delivery, EngineError> {
        let (block_number, block_hash) = (receipt.block_number.unwrap_or(0), receipt.block_hash.unwrap_or_default());
        let gas_used = receipt.gas_used;
        if receipt.status() {
            let included_at = now_ms();
            self.outcomes.push((bundle, BundleOutcome::Included { block_number, block_hash, gas_used, included_at }));
            if let Err(error) = self.reach(block_number, block_hash).await {
                self.outcomes.retain(|(of, _)| *of != bundle);
                return Err(error);
            }
            return Ok(Delivery::Included { gas_used });
        }
        self.reach(block_number, block_hash).await?;
        let reason = "the transaction reverted".to_owned();
        self.journal.conclude(bundle, BundleOutcome::Reverted { block_number, block_hash, gas_used, reason }).await?;
        Ok(Delivery::Reverted)
    }

    /// Absorbs blocks up to one that a receipt names.
    async fn reach(&mut self, number: u64, hash: B256) -> Result<(), EngineError> {
        let (started, mut pause) = (Instant::now(), FIRST_LOOK);
        while self.head().number < number {
            self.follow().await?;
            if self.head().number >= number {
                break;
            }
            if started.elapsed() > REACH {
                return Err(EngineError::NotReached { number, hash });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
        let named = Head { number, hash, timestamp: 0 };
        if self.trail.contradicts(named) { Err(EngineError::NotReached { number, hash }) } else { Ok(()) }
    }

    /// Intents of an earlier process: included, reverted, or sent again now.
    pub(super) async fn resolve_open(&mut self) -> Result<(), EngineError> {
        while let Some(open) = self.open.first().cloned() {
            self.resolve(&open).await?;
            self.open.remove(0);
            self.in_flight.remove(&open.tx);
            self.sender.refresh_nonce().await?;
        }
        Ok(())
    }

    async fn resolve(&mut self, open: &OpenBundle) -> Result<(), EngineError> {
        tracing::info!(bundle = open.id, tx = %open.tx, nonce = open.nonce, "resolving an intent of an earlier process");
        let sent = match self.sender.receipt(open.tx).await? {
            Some(receipt) => return self.resolved(open, Fate::Receipt(Box::new(receipt))).await,
            None => self.sender.send(&open.raw).await,
        };
        let fate = self.fate(open.tx, open.nonce, &open.raw, sent).await?;
        self.resolved(open, fate).await
    }

    async fn resolved(&mut self, open: &OpenBundle, fate: Fate) -> Result<(), EngineError> {
        self.conclude(open.id, fate).await?;
        self.landed.remove(&open.tx);
        // The outcome is written with the next block; without one, now.
        for (bundle, outcome) in std::mem::take(&mut self.outcomes) {
            self.journal.conclude(bundle, outcome).await?;
        }
        Ok(())
    }
}

fn note(pending: &PendingCall, intent: &Intent) -> BundleIntent {
    BundleIntent {
        kind: pending.kind,
        house: pending.house,
        nonce: intent.nonce,
        tx: intent.hash,
        raw: intent.raw.clone(),
        prices: (*pending.prices).clone(),
        statements: pending.statements.clone(),
        fills: pending.count,
        intended_at: now_ms(),
    }
}

fn notes(signed: &Signed) -> Vec<StatementNote> {
    let notes = signed.set.statements.iter().map(|statement| StatementNote {
        account: statement.account,
        sequence: statement.sequence,
        root: statement.newRoot,
        requirement: statement.requirement,
        cumulative_variation: statement.cumulativeVariation,
    });
    notes.collect()
}

fn expected(plan: &Plan) -> BTreeMap<u64, Expected> {
    let accounts = plan.drafts.iter().map(|(id, draft)| {
        let (after, moves) = (draft.after.clone(), draft.moves.clone());
        (*id, Expected { after, paid: draft.paid, posted: draft.posted, moves })
    });
    accounts.collect()
}
