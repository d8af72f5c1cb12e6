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
    /// On chain without effect.
    Reverted,
}

pub(super) struct Parcel<'a> {
    pub kind: &'static str,
    pub house: u32,
    pub signed: Signed,
    pub plan: &'a Plan,
    pub prices: &'a Arc<Prices>,
    pub fills: Vec<FillId>,
}

impl Engine {
    pub(super) async fn deliver(&mut self, parcel: Parcel<'_>) -> Result<Delivery, EngineError> {
        let gas = match self.sender.simulate(&parcel.signed.calldata).await? {
            Simulation::Passes { gas } => gas,
            Simulation::Refused(revert) => return Ok(Delivery::Refused(revert)),
        };
        let intent = self.sender.intend(parcel.signed.calldata.clone(), gas).await?;
        let bundle = self.journal.intend(note(&parcel, &intent)).await?;
        self.in_flight.insert(intent.hash, in_flight(&parcel));
        self.set_states(&parcel.fills, &LiveState::Submitted { tx: intent.hash });
        let delivery = self.send(bundle, &intent).await;
        match &delivery {
            Ok(Delivery::Included { .. }) => drop(self.in_flight.remove(&intent.hash)),
            Ok(_) => {
                self.in_flight.remove(&intent.hash);
                self.set_states(&parcel.fills, &LiveState::Accepted);
            }
            // Sent, and nobody answers: resolved before anything else is built.
            Err(_) => self.open.push(open(bundle, &parcel, intent)),
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

fn note(parcel: &Parcel<'_>, intent: &Intent) -> BundleIntent {
    let statements = parcel.signed.set.statements.iter().map(|statement| StatementNote {
        account: statement.account,
        sequence: statement.sequence,
        root: statement.newRoot,
        requirement: statement.requirement,
        cumulative_variation: statement.cumulativeVariation,
    });
    BundleIntent {
        kind: parcel.kind,
        house: parcel.house,
        nonce: intent.nonce,
        tx: intent.hash,
        raw: intent.raw.clone(),
        prices: (**parcel.prices).clone(),
        statements: statements.collect(),
        fills: parcel.fills.len(),
        intended_at: now_ms(),
    }
}

fn in_flight(parcel: &Parcel<'_>) -> InFlight {
    let accounts = parcel.plan.drafts.iter().map(|(id, draft)| {
        let (after, moves) = (draft.after.clone(), draft.moves.clone());
        (*id, Expected { after, paid: draft.paid, posted: draft.posted, moves })
    });
    InFlight { prices: Arc::clone(parcel.prices), accounts: accounts.collect() }
}

fn open(id: i64, parcel: &Parcel<'_>, intent: Intent) -> OpenBundle {
    OpenBundle { id, nonce: intent.nonce, tx: intent.hash, raw: intent.raw, prices: (**parcel.prices).clone() }
}
