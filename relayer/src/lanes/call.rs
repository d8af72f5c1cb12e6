//! A set as a call, with what its events are expected to say.
use super::encode::Stamp;
use crate::hub::Hub;
use crate::margin::{Plan, Scene};
use crate::state::fill::FillId;
use crate::state::ledger::{House, Prices};
use crate::state::{Expected, Kind, World};
use crate::submit::{Call, Unsigned, notes};
use abi::types::StatementSet;
use alloy::primitives::Address;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The chain and what is in flight, for sets of one house. `None` for a house that is not known.
pub fn house_of(hub: &Hub, world: &World, house: u32) -> Option<House> {
    hub.flights.house(house).or_else(|| world.ledger.houses.get(&house)).cloned()
}

/// What a set of `house` is computed with.
pub fn scene<'a>(hub: &'a Hub, world: &'a World, house: &'a House, prices: &'a Arc<Prices>) -> Scene<'a> {
    let (ledger, books, settlements) = (&world.ledger, &world.books, &world.settlements);
    let (risk, keys, as_of) = (&hub.config.risk, &hub.config.keys, ledger.head.timestamp);
    Scene { ledger, books, ahead: &hub.flights, house, prices, settlements, risk, keys, as_of }
}

pub fn stamp(hub: &Hub, slot: u64) -> Stamp {
    let valid_until = hub.estimated_now().saturating_add(hub.config.limits.set_validity);
    Stamp { slot, as_of: hub.head().timestamp, valid_until }
}

/// A set, alone or with fills.
pub fn of_set(
    kind: Kind,
    scene: &Scene<'_>,
    plan: &Plan,
    unsigned: Unsigned,
    gas: u64,
    fills: Vec<FillId>,
    venue: Address,
) -> Call {
    Call {
        kind,
        house: scene.house.id,
        venue,
        statements: notes(&unsigned.set),
        prices: Arc::clone(scene.prices),
        accounts: expected(plan, &unsigned.set),
        house_after: plan.house_after(scene),
        count: fills.len(),
        fills,
        gas,
        calldata: unsigned.calldata.clone(),
        unsigned: Some(unsigned),
    }
}

fn expected(plan: &Plan, set: &StatementSet) -> BTreeMap<u64, Expected> {
    let accounts = set.statements.iter().filter_map(|statement| {
        let draft = plan.drafts.get(&statement.account)?;
        let mut after = draft.after.clone();
        if !statement.fillsDigest.is_zero() {
            after.history = abi::history::after(statement.previousHistory, statement.newRoot, statement.fillsDigest);
        }
        let (book, moves) = (draft.book.clone(), draft.moves.clone());
        Some((statement.account, Expected { after, book, paid: draft.paid, posted: draft.posted, moves }))
    });
    accounts.collect()
}
