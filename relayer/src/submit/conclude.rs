//! Conclude: what became of each transaction in flight, as blocks, receipts and the node's answers tell.
use super::call::{Concluded, Outcome};
use super::cost::receipt_of;
use super::sender::{Bid, dear};
use super::{Heard, Submitter};
use crate::clock::now_ms;
use crate::error::EngineError;
use crate::follow::Trail;
use crate::hub::Hub;
use crate::journal::{BundleIntent, BundleOutcome};
use crate::state::flights::Copy;
use crate::state::ledger::Head;
use crate::state::{Flight, LiveState};
use alloy::rpc::types::TransactionReceipt;
use chain::intent::Sent;
use std::time::{Duration, Instant};

/// First and longest pause between two questions for a receipt: mostly the events come first.
pub const FIRST_LOOK: Duration = Duration::from_millis(100);
pub const LAST_LOOK: Duration = Duration::from_millis(500);
/// Without a block that has it for so long, the same bytes are sent again.
const RESEND: Duration = Duration::from_secs(3);
/// The same where the node refused it, while it waits for one before it.
const RETRY: Duration = Duration::from_millis(200);

const NONCE_TAKEN: &str = "another transaction has the nonce";

/// What the engine is to do with the first flight.
enum Next {
    Wait,
    Resend,
    Outbid,
    Over(Outcome),
}

impl Submitter {
    /// Flights that are over, in order. Every block is absorbed before it is called: an answer of the node counts only after
    /// that, so it is taken in last.
    pub async fn conclude(&mut self, hub: &mut Hub, trail: &Trail) -> Result<Vec<Concluded>, EngineError> {
        let mut concluded = Vec::new();
        while let Some(nonce) = hub.flights.landed() {
            concluded.extend(self.end(hub, nonce, Outcome::Included).await?);
        }
        while let Some(nonce) = hub.flights.lowest() {
            match self.look(hub, trail).await? {
                Next::Wait => break,
                Next::Resend => {
                    self.resend(hub, nonce);
                    break;
                }
                Next::Outbid => {
                    self.outbid(hub, nonce).await?;
                    break;
                }
                Next::Over(outcome) => concluded.extend(self.end(hub, nonce, outcome).await?),
            }
        }
        self.nudge(hub);
        self.hear(hub);
        self.count_again(hub).await?;
        Ok(concluded)
    }

    /// What the chain or the node says of the first flight: no later one can be included before it.
    async fn look(&mut self, hub: &mut Hub, trail: &Trail) -> Result<Next, EngineError> {
        let address = self.sender.address();
        let Some(flight) = hub.flights.iter_mut().next() else { return Ok(Next::Wait) };
        let (nonce, refused) = (flight.nonce, flight.progress.said.clone());
        let due = flight.progress.looked.elapsed() >= flight.progress.pause;
        if !due && matches!(refused, None | Some(Sent::Taken | Sent::Unknown(_))) {
            return Ok(Next::Wait);
        }
        flight.progress.looked = Instant::now();
        flight.progress.pause = (flight.progress.pause * 2).min(LAST_LOOK);
        let (first, last) = (flight.progress.first, flight.progress.last);
        let copies: Vec<_> = flight.copies.iter().map(|copy| (copy.bundle, copy.tx)).collect();
        for (bundle, tx) in copies.into_iter().rev() {
            let receipt = match self.sender.receipt(tx).await {
                Ok(receipt) => receipt,
                Err(error) => {
                    tracing::warn!(%error, %tx, "no answer about a receipt; asking again");
                    return Ok(Next::Wait);
                }
            };
            let Some(receipt) = receipt else { continue };
            return self.received(hub, trail, bundle, &receipt).await;
        }
        match refused {
            Some(Sent::Refused(reason)) => Ok(Next::Over(Outcome::Gone(reason))),
            Some(Sent::NonceUsed) if hub.here().nonce(address).await? > nonce => {
                Ok(Next::Over(Outcome::Gone(NONCE_TAKEN.to_owned())))
            }
            _ if first.elapsed() > hub.config.limits.outbid && last.elapsed() > RETRY => Ok(Next::Outbid),
            Some(Sent::NonceUsed) => Ok(Next::Resend),
            _ if last.elapsed() > RESEND => Ok(Next::Resend),
            _ => Ok(Next::Wait),
        }
    }

    /// A receipt counts once its block is absorbed, and is one of the chain's.
    async fn received(
        &mut self,
        hub: &mut Hub,
        trail: &Trail,
        bundle: i64,
        receipt: &TransactionReceipt,
    ) -> Result<Next, EngineError> {
        let (number, hash) = (receipt.block_number.unwrap_or(0), receipt.block_hash.unwrap_or_default());
        if hub.head().number < number || trail.contradicts(Head { number, hash, timestamp: 0 }) {
            return Ok(Next::Wait);
        }
        if receipt.status() {
            // Its events ended it, or will.
            return Ok(Next::Wait);
        }
        let (gas_used, reason) = (receipt.gas_used, "the transaction reverted".to_owned());
        let outcome = BundleOutcome::Reverted { block_number: number, block_hash: hash, gas_used, reason };
        hub.journal.conclude(bundle, outcome).await?;
        let others = hub.flights.first().into_iter().flat_map(|flight| &flight.copies);
        refuse(hub, others.filter(|copy| copy.bundle != bundle), NONCE_TAKEN).await?;
        Ok(Next::Over(Outcome::Reverted))
    }

    /// A flight is over: its fills are the queue's again, unless they settled.
    async fn end(&mut self, hub: &mut Hub, nonce: u64, outcome: Outcome) -> Result<Option<Concluded>, EngineError> {
        let Some(flight) = hub.flights.iter().find(|flight| flight.nonce == nonce).cloned() else { return Ok(None) };
        match &outcome {
            Outcome::Included => {
                let others = flight.copies.iter().filter(|copy| Some(copy.tx) != flight.landed);
                refuse(hub, others, NONCE_TAKEN).await?;
                self.ask_cost(hub, &flight);
            }
            Outcome::Reverted => self.stumble(hub, &flight),
            Outcome::Gone(reason) => {
                tracing::warn!(bundle = flight.newest().bundle, reason, "the node refused the transaction");
                refuse(hub, flight.copies.iter(), reason).await?;
                self.sender.refused();
                self.off_count = true;
                self.stumble(hub, &flight);
            }
        }
        if flight.inherited {
            self.off_count = true;
        }
        hub.traces.concluded(&flight, &outcome);
        hub.flights.take(nonce);
        Ok(Some(Concluded { flight, outcome }))
    }

    /// What builds on it goes wrong too, most likely.
    fn stumble(&self, hub: &mut Hub, flight: &Flight) {
        hub.flights.sober();
        hub.flights.doubt();
        hub.queue.fly(&flight.fills, false);
        hub.set_states(&flight.fills, &LiveState::Accepted);
    }

    fn resend(&self, hub: &mut Hub, nonce: u64) {
        let Some(flight) = hub.flights.iter_mut().find(|flight| flight.nonce == nonce) else { return };
        (flight.progress.last, flight.progress.said) = (Instant::now(), None);
        let letters = flight.copies.iter().map(|copy| (copy.tx, copy.raw.clone())).collect();
        self.post(hub, letters);
    }

    /// Later flights whose sending was refused, mostly because the node had not seen the one before, are sent again.
    fn nudge(&self, hub: &mut Hub) {
        let later = hub.flights.iter().skip(1).filter(|flight| match flight.progress.said {
            Some(Sent::Refused(_) | Sent::NonceUsed) => flight.progress.last.elapsed() > RETRY,
            Some(_) => flight.progress.last.elapsed() > RESEND,
            None => false,
        });
        let later: Vec<u64> = later.map(|flight| flight.nonce).collect();
        later.into_iter().for_each(|nonce| self.resend(hub, nonce));
    }

    /// The same nonce for a higher fee: whichever copy a block takes, it is one.
    async fn outbid(&mut self, hub: &mut Hub, nonce: u64) -> Result<(), EngineError> {
        self.resend(hub, nonce);
        hub.flights.iter_mut().take(1).for_each(|flight| flight.progress.first = Instant::now());
        let Some(flight) = hub.flights.first().filter(|flight| !flight.inherited).cloned() else { return Ok(()) };
        let (calldata, paid) = (flight.calldata.clone(), flight.newest().max_fee);
        let (intent, max_fee) = match self.sender.outbid(nonce, calldata, flight.gas_limit, paid).await? {
            Bid::Enough => return Ok(()),
            Bid::Dear { price, most } => {
                hub.pulse.short_of_gas(Some(dear(price, most)));
                return Ok(());
            }
            Bid::Signed(intent, max_fee) => (intent, max_fee),
        };
        hub.pulse.short_of_gas(None);
        let note = BundleIntent {
            kind: flight.kind.name(),
            house: flight.house,
            nonce,
            tx: intent.hash,
            raw: intent.raw.clone(),
            bytes: flight.bytes,
            prices: (*flight.prices).clone(),
            statements: Vec::new(),
            fills: flight.count,
            intended_at: now_ms(),
        };
        let bundle = hub.journal.intend(note).await?;
        tracing::warn!(nonce, paid, max_fee, "no block takes the transaction; it bids more");
        let copy = Copy { bundle, tx: intent.hash, raw: intent.raw.clone(), max_fee };
        if let Some(flight) = hub.flights.iter_mut().next() {
            flight.copies.push(copy);
            (flight.progress.first, flight.progress.said) = (Instant::now(), None);
        }
        hub.set_states(&flight.fills, &LiveState::Submitted { tx: intent.hash });
        self.post(hub, vec![(intent.hash, intent.raw)]);
        Ok(())
    }

    /// Takes in what the node said since the last look.
    fn hear(&mut self, hub: &mut Hub) {
        while let Ok(heard) = self.ears.try_recv() {
            self.news.push_back(heard);
        }
        while let Some(heard) = self.news.pop_front() {
            match heard {
                Heard::Sent(tx, sent) => {
                    let Some(flight) = hub.flights.with_mut(tx) else { continue };
                    // Of several copies the newest says how it stands; one that is taken is enough.
                    let newest = flight.newest().tx == tx;
                    if newest || matches!(sent, Sent::Taken) {
                        flight.progress.said = Some(sent);
                    }
                }
                Heard::Paid(paid) => self.book(hub, &paid),
            }
        }
    }
}

async fn refuse<'a>(hub: &Hub, copies: impl Iterator<Item = &'a Copy>, reason: &str) -> Result<(), EngineError> {
    for copy in copies {
        hub.journal.conclude(copy.bundle, BundleOutcome::Refused { reason: reason.to_owned() }).await?;
    }
    Ok(())
}

impl Submitter {
    /// What an included transaction cost, once a node has its receipt. The journal has it by the time that it is counted, and the
    /// engine waits for neither: one write to disk a transaction would be the engine's pause.
    fn ask_cost(&self, hub: &Hub, flight: &Flight) {
        let Some(tx) = flight.landed else { return };
        let (provider, tell, journal) = (self.sender.provider().clone(), self.tell.clone(), hub.journal.clone());
        let (kind, house, fills, bytes) = (flight.kind, flight.house, flight.count, flight.bytes);
        tokio::spawn(async move {
            if let Some(paid) = receipt_of(&provider, tx).await {
                if let Err(error) = journal.cost(tx, paid.cost).await {
                    tracing::warn!(%error, %tx, "what a transaction cost is not in the journal");
                }
                let _ = tell.send(Heard::Paid(paid.of(kind, house, fills, bytes)));
            }
        });
    }
}
