//! Ask: what the chain takes is signed by the agents, and nothing else.
//!
//! A call that can be tried is tried as if its agents had approved it (their addresses answer as wallets do, ERC-1271): a set that
//! the chain refuses is not signed, since an agent signs nothing else for the same accounts while a signed set may land. Where it
//! has signed another one (before a crash, say, or one whose transaction was refused), that one is sent.
use super::Submitter;
use super::call::{Call, Unsigned, notes};
use super::sender::Simulation;
use crate::agents::{self, Asked, NotSigned};
use crate::error::EngineError;
use crate::hub::Hub;
use crate::state::Kind;
use crate::state::fill::FillId;
use crate::state::ledger::Prices;
use alloy::primitives::{Address, B256};
use chain::proposal::{self, BookText, Opening, Proposal};
use std::sync::Arc;

/// What is sent.
pub(super) struct Agreed {
    pub call: Call,
    /// What the agents signed; zero where they are not asked.
    pub digest: B256,
    pub limit: u64,
    /// It is a set of an earlier plan.
    pub earlier: bool,
}

/// Who must sign for a house; nobody for a lapse.
pub(super) fn agents_of(hub: &Hub, house: u32) -> Vec<Address> {
    let world = hub.world.read();
    world.ledger.houses.get(&house).map(|house| agents::agents_of(house).collect()).unwrap_or_default()
}

impl Submitter {
    /// The call with its agents' signatures, or an earlier one of theirs.
    pub(super) async fn agree(
        &mut self,
        hub: &Hub,
        call: Call,
        limit: u64,
        agents: &[Address],
    ) -> Result<Result<Agreed, (Call, NotSigned)>, EngineError> {
        let Some(mut unsigned) = call.unsigned.clone() else {
            return Ok(Ok(Agreed { call, digest: B256::ZERO, limit, earlier: false }));
        };
        unsigned.ahead = hub.flights.digests(call.house);
        let digest = hub.domain.set(&unsigned.set);
        match self.ask(hub, agents, unsigned).await {
            Asking::Signed(calldata) => {
                let call = Call { calldata, ..call };
                Ok(Ok(Agreed { call, digest, limit, earlier: false }))
            }
            Asking::Standing(standing, not) if !hub.flights.of_house(call.house) => {
                let earlier = self.stand(hub, &call, agents, &standing, &not).await?;
                Ok(earlier.map_err(|not| (call, not)))
            }
            Asking::Standing(_, not) | Asking::Not(not) => Ok(Err((call, not))),
        }
    }

    async fn ask(&self, hub: &Hub, agents: &[Address], unsigned: Unsigned) -> Asking {
        let head = hub.head();
        let mut proposal = Proposal {
            chain_id: hub.config.contracts.chain_id,
            escrow: hub.config.contracts.escrow,
            block_number: head.number,
            block_hash: head.hash,
            ahead: unsigned.ahead,
            call: unsigned.calldata.into(),
            terms: unsigned.terms,
            openings: Vec::new(),
        };
        let digest = hub.domain.set(&unsigned.set);
        let mut asked = self.agents.ask(agents, &proposal, digest).await;
        if let Asked::Books(accounts) = asked {
            tracing::info!(accounts = accounts.len(), "an agent lacks books; they are shown");
            proposal.openings = openings(hub, &accounts);
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

    /// An earlier set, which every agent signs once more, if the chain still takes it.
    async fn stand(
        &self,
        hub: &Hub,
        planned: &Call,
        agents: &[Address],
        standing: &Proposal,
        not: &NotSigned,
    ) -> Result<Result<Agreed, NotSigned>, EngineError> {
        tracing::info!(reason = not.detail, "an earlier set is signed: it is sent again");
        let Some(unsigned) = earlier(hub, standing) else { return Ok(Err(not.clone())) };
        let (digest, statements, call) = (hub.domain.set(&unsigned.set), notes(&unsigned.set), unsigned.call.clone());
        let Asking::Signed(calldata) = self.ask(hub, agents, unsigned).await else { return Ok(Err(not.clone())) };
        let limit = match self.measured(&calldata, &[]).await? {
            Simulation::Passes { gas } => gas,
            Simulation::Refused(revert) => {
                let detail = format!("{}; the chain refuses that set: {revert}", not.detail);
                return Ok(Err(NotSigned { detail, ..not.clone() }));
            }
            Simulation::TooLarge(_) => return Ok(Err(not.clone())),
        };
        let (kind, venue, fills) = taken(&call);
        let (accounts, house_after, unsigned) = (Default::default(), None, None);
        let (house, prices, count, gas) = (planned.house, prices_of(hub, call.set().slot), fills.len(), limit);
        let call = Call {
            kind,
            house,
            venue,
            calldata,
            unsigned,
            statements,
            prices,
            accounts,
            house_after,
            fills,
            count,
            gas,
        };
        Ok(Ok(Agreed { call, digest, limit, earlier: true }))
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
    fn of(mut call: proposal::Call, signatures: &[[u8; 64]]) -> Self {
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

/// An earlier proposal as a set to be signed again.
fn earlier(hub: &Hub, standing: &Proposal) -> Option<Unsigned> {
    let call = proposal::Call::decode(&standing.call).ok()?;
    let set = {
        let world = hub.world.read();
        call.typed(|id| world.ledger.accounts.get(&id).map(|account| (account.sequence, account.history)))?
    };
    let (calldata, terms, ahead) = (standing.call.to_vec(), standing.terms.clone(), standing.ahead.clone());
    Some(Unsigned { call, calldata, set, terms, ahead })
}

/// Books with what proves them.
fn openings(hub: &Hub, accounts: &[u64]) -> Vec<Opening> {
    let world = hub.world.read();
    let openings = accounts.iter().map(|account| {
        let held = world.books.get(*account);
        let (previous, digest) = (held.lineage.previous, held.lineage.digest);
        Opening { account: *account, previous, digest, book: BookText::of(&held.book) }
    });
    openings.collect()
}

fn prices_of(hub: &Hub, slot: u64) -> Arc<Prices> {
    let world = hub.world.read();
    Arc::new(world.ledger.prices.with_silent(world.ledger.prices.holding(slot)))
}

/// What a call is for, its venue, and the fills that it settles.
fn taken(call: &proposal::Call) -> (Kind, Address, Vec<FillId>) {
    let proposal::Call::Settle(bundle) = call else { return (Kind::Mark, Address::ZERO, Vec::new()) };
    let fills = bundle.batches.iter().flat_map(|batch| {
        let sequence = |place: u8| batch.first_sequence.saturating_add(place.into());
        batch.fills.iter().map(move |(place, _)| FillId { venue: bundle.venue, sequence: sequence(*place) })
    });
    let kind = if bundle.lifecycle.is_some() { Kind::Expiry } else { Kind::Settle };
    (kind, bundle.venue, fills.collect())
}
