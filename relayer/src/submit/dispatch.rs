//! Dispatch: a call is tried where it can be, noted, and sent.
use super::Submitter;
use super::ask::{Agreed, agents_of};
use super::call::{Call, Dispatch};
use super::conclude::FIRST_LOOK;
use super::sender::{Intended, Simulation, dear};
use crate::clock::now_ms;
use crate::error::EngineError;
use crate::hub::Hub;
use crate::journal::BundleIntent;
use crate::state::flights::{Copy, Progress};
use crate::state::{Flight, LiveState};
use alloy::primitives::{Address, B256};
use chain::Revert;
use chain::intent::Intent;

/// Gas beyond what a simulation measured, in parts of it, and in units.
const MORE: u64 = 4;
const MORE_AT_LEAST: u64 = 50_000;

impl Submitter {
    /// Nothing of the call is in flight unless the answer says so.
    pub async fn dispatch(&mut self, hub: &mut Hub, call: Call) -> Result<Dispatch, EngineError> {
        hub.data_gas = self.sender.data_gas(1_000).await?;
        let (agents, sending) = (agents_of(hub, call.house), hub.traces.transaction(&call));
        let limit = match sending.during("try", self.gas_limit(hub, &call, &agents)).await? {
            Simulation::Passes { gas } => gas,
            Simulation::Refused(revert) => return Ok(Dispatch::Refused(call, revert)),
            Simulation::TooLarge(reason) => return Ok(Dispatch::TooLarge(call, reason)),
        };
        if let Some(short) = self.sender.short_of(limit).await? {
            let reason = short.to_string();
            hub.pulse.short_of_gas(Some(reason.clone()));
            return Ok(Dispatch::Refused(call, Revert::Message(reason)));
        }
        let Agreed { call, digest, limit, earlier } =
            match sending.during("ask agents", self.agree(hub, call, limit, &agents)).await? {
                Ok(agreed) => agreed,
                Err((call, not)) => return Ok(Dispatch::NotSigned(call, not)),
            };
        let (intent, max_fee) = match self.sender.intend(call.calldata.clone(), limit).await? {
            Intended::Signed(intent, max_fee) => (intent, max_fee),
            Intended::Broke(short) => {
                let reason = short.to_string();
                hub.pulse.short_of_gas(Some(reason.clone()));
                return Ok(Dispatch::Refused(call, Revert::Message(reason)));
            }
            Intended::Dear { price, most } => {
                let reason = dear(price, most);
                hub.pulse.short_of_gas(Some(reason.clone()));
                return Ok(Dispatch::Refused(call, Revert::Message(reason)));
            }
        };
        hub.pulse.short_of_gas(None);
        let bundle = sending.during("write", hub.journal.intend(note(&call, &intent))).await?;
        self.sender.spend(intent.nonce);
        let tx = intent.hash;
        let copy = Copy { bundle, tx, raw: intent.raw.clone(), max_fee };
        hub.set_states(&call.fills, &LiveState::Submitted { tx });
        hub.queue.fly(&call.fills, true);
        hub.flights.push(flight(call, digest, intent.nonce, copy, limit));
        if earlier {
            // Nothing is known of what comes after it.
            hub.flights.doubt();
        }
        sending.sent(intent.nonce, tx);
        self.post(hub, vec![(tx, intent.raw)]);
        Ok(Dispatch::Sent)
    }

    /// Measured by trying the call; from above where it builds on what is in flight, since no node can try that.
    async fn gas_limit(&mut self, hub: &Hub, call: &Call, agents: &[Address]) -> Result<Simulation, EngineError> {
        if call.house != 0 && hub.flights.of_house(call.house) {
            let data = self.sender.data_gas(call.calldata.len()).await?;
            return Ok(Simulation::Passes { gas: call.gas.saturating_add(data.saturating_mul(2)) });
        }
        self.measured(&call.calldata, agents).await
    }
}

impl Submitter {
    /// What a simulation measures, and more: the price of data may rise until it is included.
    pub(super) async fn measured(&self, calldata: &[u8], agents: &[Address]) -> Result<Simulation, EngineError> {
        Ok(match self.sender.simulate(calldata, agents).await? {
            Simulation::Passes { gas } => Simulation::Passes { gas: gas + gas / MORE + MORE_AT_LEAST },
            other => other,
        })
    }
}

fn flight(call: Call, digest: B256, nonce: u64, copy: Copy, gas_limit: u64) -> Flight {
    let Call { kind, house, venue, calldata, prices, accounts, house_after, fills, count, .. } = call;
    let (copies, progress) = (vec![copy], Progress::new(FIRST_LOOK));
    let (inherited, landed, bytes) = (false, None, calldata.len());
    Flight {
        kind,
        digest,
        nonce,
        copies,
        house,
        venue,
        prices,
        accounts,
        house_after,
        fills,
        count,
        calldata,
        bytes,
        gas_limit,
        inherited,
        landed,
        progress,
    }
}

pub(super) fn note(call: &Call, intent: &Intent) -> BundleIntent {
    BundleIntent {
        kind: call.kind.name(),
        house: call.house,
        nonce: intent.nonce,
        tx: intent.hash,
        raw: intent.raw.clone(),
        bytes: call.calldata.len(),
        prices: (*call.prices).clone(),
        statements: call.statements.clone(),
        fills: call.count,
        intended_at: now_ms(),
    }
}
