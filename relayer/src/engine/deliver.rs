//! Deliver: one signed call from simulation to receipt; see [`crate::submit`] for the states.
use super::{Engine, EngineError, Expected, InFlight};
use crate::bundle::{Plan, Signed};
use crate::clock::now_ms;
use crate::fill::FillId;
use crate::journal::{BundleIntent, BundleOutcome, OpenBundle, StatementNote};
use crate::ledger::Prices;
use crate::submit::{Intent, Sent, Simulation};
use crate::world::LiveState;
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
        let intent = self.sender.intend(pending.calldata.clone(), gas).await?;
        let bundle = self.journal.intend(note(&pending, &intent)).await?;
        let prices = pending.prices.as_ref().clone();
        let open = OpenBundle { id: bundle, nonce: intent.nonce, tx: intent.hash, raw: intent.raw.clone(), prices };
        self.in_flight.insert(intent.hash, InFlight { prices: pending.prices, accounts: pending.accounts });
        self.set_states(&pending.fills, &LiveState::Submitted { tx: intent.hash });
        let delivery = self.send(bundle, &intent).await;
        match &delivery {
            Ok(Delivery::Included { .. }) => drop(self.in_flight.remove(&intent.hash)),
            Ok(_) => {
                self.in_flight.remove(&intent.hash);
                self.set_states(&pending.fills, &LiveState::Accepted);
            }
            // Sent, and nobody answers: resolved before anything else is built.
            Err(_) => self.open.push(open),
        }
        delivery
    }

    fn set_states(&self, fills: &[FillId], state: &LiveState) {
        let mut world = self.world.write();
        fills.iter().for_each(|fill| world.set_state(*fill, state.clone()));
    }

    async fn send(&mut self, bundle: i64, intent: &Intent) -> Result<Delivery, EngineError> {
        match self.sender.send(&intent.raw).await {
            Sent::Taken | Sent::Unknown(_) => {}
            Sent::NonceUsed => {
                self.sender.refresh_nonce().await?;
                return self.refused(bundle, "the nonce is used: another process sends with the relayer's key").await;
            }
            Sent::Refused(reason) => return self.refused(bundle, &reason).await,
        }
        self.sender.spend(intent.nonce);
        match self.receipt(intent.hash, &intent.raw).await? {
            Some(receipt) => self.received(bundle, receipt).await,
            None => {
                self.sender.refresh_nonce().await?;
                self.refused(bundle, "another transaction took the nonce").await
            }
        }
    }

    async fn refused(&mut self, bundle: i64, reason: &str) -> Result<Delivery, EngineError> {
        tracing::warn!(bundle, reason, "the node refused the transaction");
        self.journal.conclude(bundle, BundleOutcome::Refused { reason: reason.to_owned() }).await?;
        Ok(Delivery::Refused(Revert::Message(reason.to_owned())))
    }

    /// Waits for the receipt, sending the same bytes again now and then. `None` once the nonce is gone without one.
    async fn receipt(&mut self, tx: B256, raw: &[u8]) -> Result<Option<TransactionReceipt>, EngineError> {
        let (mut pause, mut sent) = (FIRST_LOOK, Instant::now());
        loop {
            match self.sender.receipt(tx).await {
                Ok(Some(receipt)) => return Ok(Some(receipt)),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, %tx, "no answer about a receipt; asking again"),
            }
            if sent.elapsed() > RESEND {
                sent = Instant::now();
                if matches!(self.sender.send(raw).await, Sent::NonceUsed | Sent::Refused(_)) {
                    return Ok(self.sender.receipt(tx).await?);
                }
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
            while self.head().number < block_number {
                self.follow().await?;
            }
            return Ok(Delivery::Included { gas_used });
        }
        let reason = "the transaction reverted".to_owned();
        self.journal.conclude(bundle, BundleOutcome::Reverted { block_number, block_hash, gas_used, reason }).await?;
        self.follow().await?;
        Ok(Delivery::Reverted)
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
        let mut receipt = self.sender.receipt(open.tx).await?;
        if receipt.is_none() {
            receipt = match self.sender.send(&open.raw).await {
                Sent::Taken | Sent::Unknown(_) => self.receipt(open.tx, &open.raw).await?,
                Sent::NonceUsed | Sent::Refused(_) => self.sender.receipt(open.tx).await?,
            };
        }
        match receipt {
            Some(receipt) => drop(self.received(open.id, receipt).await?),
            None => drop(self.refused(open.id, "not on chain, and refused when sent again").await?),
        }
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
