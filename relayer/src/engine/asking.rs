//! Ask: what the chain takes is signed by the agents, and nothing else.
//!
//! A call is tried first as if its agents had approved it (their addresses answer as wallets do, ERC-1271): a set that the chain
//! refuses is not signed, since an agent signs nothing else for the same accounts while a signed set may land. Where it has signed
//! another one (before a crash, say, or one whose transaction was refused), that one is sent.
use super::deliver::{Delivery, PendingCall, notes};
use super::{Engine, EngineError};
use crate::agents::{Asked, NotSigned};
use crate::bundle::Unsigned;
use crate::fill::FillId;
use crate::ledger::Prices;
use crate::submit::Simulation;
use alloy::primitives::Address;
use chain::Revert;
use chain::proposal::{BookText, Call, Opening, Proposal};
use std::sync::Arc;

/// What asking came to.
pub(super) enum Agreed {
    /// To be sent, with its gas.
    Ready(Box<PendingCall>, u64),
    /// The same, of an earlier plan.
    Earlier(Box<PendingCall>, u64),
    Not(Delivery),
}

impl Engine {
    /// The call with its agents' signatures, once it passes.
    pub(super) async fn agree(&mut self, mut pending: PendingCall) -> Result<Agreed, EngineError> {
        let Some(unsigned) = pending.unsigned.take() else {
            let gas = self.sender.simulate(&pending.calldata, &[]).await?;
            return Ok(passed(gas).map_or_else(Agreed::Not, |gas| Agreed::Ready(Box::new(pending), gas)));
        };
        let agents = self.agents_of(pending.house);
        let gas = match passed(self.sender.simulate(&pending.calldata, &agents).await?) {
            Ok(gas) => gas,
            Err(not) => return Ok(Agreed::Not(not)),
        };
        if let Some(short) = self.sender.short_of(gas).await? {
            let reason = short.to_string();
            self.pulse.short_of_gas(Some(short));
            return Ok(Agreed::Not(Delivery::Refused(Revert::Message(reason))));
        }
        match self.ask(&agents, unsigned).await {
            Asking::Signed(calldata) => {
                pending.calldata = calldata;
                Ok(Agreed::Ready(Box::new(pending), gas))
            }
            Asking::Standing(proposal, not) => self.stand(pending.house, &agents, &proposal, not).await,
            Asking::Not(not) => Ok(Agreed::Not(Delivery::NotSigned(not))),
        }
    }

    fn agents_of(&self, house: u32) -> Vec<Address> {
        let world = self.world.read();
        world.ledger.houses.get(&house).map(|house| crate::agents::agents_of(house).collect()).unwrap_or_default()
    }

    async fn ask(&self, agents: &[Address], unsigned: Unsigned) -> Asking {
        let head = self.head();
        let mut proposal = Proposal {
            chain_id: self.config.contracts.chain_id,
            escrow: self.config.contracts.escrow,
            block_number: head.number,
            block_hash: head.hash,
            call: unsigned.calldata.into(),
            terms: unsigned.terms,
            openings: Vec::new(),
        };
        let digest = self.domain.set(&unsigned.set);
        let mut asked = self.agents.ask(agents, &proposal, digest).await;
        if let Asked::Books(accounts) = asked {
            tracing::info!(accounts = accounts.len(), "an agent lacks books; they are shown");
            proposal.openings = self.openings(&accounts);
            asked = self.agents.ask(agents, &proposal, digest).await;
        }
        match asked {
            Asked::Signed(signatures) => Asking::of(unsigned.call, &signatures),
            Asked::Standing(standing, not) => Asking::Standing(standing, not),
            Asked::NotSigned(not) => Asking::Not(not),
            Asked::Books(accounts) => {
                let detail = "an agent asks for a book that was shown".to_owned();
                Asking::Not(NotSigned { account: accounts.first().copied(), detail })
            }
        }
    }

    /// Books with what proves them.
    fn openings(&self, accounts: &[u64]) -> Vec<Opening> {
        let world = self.world.read();
        let openings = accounts.iter().map(|account| {
            let held = world.books.get(*account);
            let (previous, digest) = (held.lineage.previous, held.lineage.digest);
            Opening { account: *account, previous, digest, book: BookText::of(&held.book) }
        });
        openings.collect()
    }

    /// An earlier set, which every agent signs once more, if the chain still takes it.
    async fn stand(
        &mut self,
        house: u32,
        agents: &[Address],
        standing: &Proposal,
        not: NotSigned,
    ) -> Result<Agreed, EngineError> {
        tracing::info!(reason = not.detail, "an earlier set is signed: it is sent again");
        let refused = |not: NotSigned| Ok(Agreed::Not(Delivery::NotSigned(not)));
        let Ok(call) = Call::decode(&standing.call) else { return refused(not) };
        let set = {
            let world = self.world.read();
            call.typed(|id| world.ledger.accounts.get(&id).map(|account| (account.sequence, account.history)))
        };
        let Some(set) = set else { return refused(not) };
        let (terms, calldata) = (standing.terms.clone(), standing.call.to_vec());
        let unsigned = Unsigned { call: call.clone(), calldata, set, terms };
        let statements = notes(&unsigned);
        let Asking::Signed(calldata) = self.ask(agents, unsigned).await else { return refused(not) };
        let gas = match self.sender.simulate(&calldata, &[]).await? {
            Simulation::Passes { gas } => gas,
            Simulation::Refused(revert) => {
                let detail = format!("{}; the chain refuses that set: {revert}", not.detail);
                return refused(NotSigned { detail, ..not });
            }
            Simulation::TooLarge(_) => return refused(not),
        };
        let (kind, fills) = taken(&call);
        let pending = PendingCall::earlier(kind, house, calldata, statements, self.prices_of(call.set().slot), fills);
        Ok(Agreed::Earlier(Box::new(pending), gas))
    }

    fn prices_of(&self, slot: u64) -> Arc<Prices> {
        let prices = self.world.read().ledger.prices.holding(slot);
        self.with_silent(&prices)
    }
}

/// What the agents said.
enum Asking {
    /// The calldata with their signatures.
    Signed(Vec<u8>),
    Standing(Box<Proposal>, NotSigned),
    Not(NotSigned),
}

impl Asking {
    fn of(mut call: Call, signatures: &[[u8; 64]]) -> Self {
        let set = call.set_mut();
        let mut signatures = signatures.iter().copied();
        if let Some(first) = signatures.next() {
            set.signature = first.into();
        }
        set.second_signature = signatures.next().map(Into::into);
        let large = || NotSigned { account: None, detail: "the call does not fit its fields".to_owned() };
        call.encode().map_or_else(|| Self::Not(large()), Self::Signed)
    }
}

fn passed(simulation: Simulation) -> Result<u64, Delivery> {
    match simulation {
        Simulation::Passes { gas } => Ok(gas),
        Simulation::Refused(revert) => Err(Delivery::Refused(revert)),
        Simulation::TooLarge(reason) => Err(Delivery::TooLarge(reason)),
    }
}

/// What a call is for, and the fills that it settles.
fn taken(call: &Call) -> (&'static str, Vec<FillId>) {
    let Call::Settle(bundle) = call else { return ("mark", Vec::new()) };
    let fills = bundle.batches.iter().flat_map(|batch| {
        let sequence = |place: u8| batch.first_sequence.saturating_add(place.into());
        batch.fills.iter().map(move |(place, _)| FillId { venue: bundle.venue, sequence: sequence(*place) })
    });
    (if bundle.lifecycle.is_some() { "expiry" } else { "settle" }, fills.collect())
}
