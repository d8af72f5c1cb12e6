//! All figures of the run in one place.
use super::gas::{self, Spread};
use super::requirements::{Requirements, requirements};
use super::responses::{Response, responses};
use super::{Claims, Haircuts, Latency};
use crate::story::{Moves, Offered, Ruled};
use abi::escrow::MarginEscrow::MarginEscrowEvents as Escrow;
use alloy::primitives::B256;
use anyhow::Result;
use chain::invariants::{Audit, audit, compare};
use chain::{Event, EventReader, Recorded};
use localnet::Net;
use std::collections::{BTreeMap, BTreeSet};

/// What only the run itself knows.
pub struct Inputs {
    pub offered: Vec<Offered>,
    pub moves: Moves,
    /// Gas of what the keeper sent, standing orders among it.
    pub keeper_gas: u64,
    /// Gas of each slot: its rounds, the root of its marks and the registry's sync.
    pub slots: Vec<u64>,
    pub latency: Latency,
    pub seconds: u64,
    pub last_time: u64,
    /// The account that nobody minds.
    pub unminded: u64,
    /// Lots of tokenized cash recalled.
    pub recalled: u64,
    pub disputes: Vec<Ruled>,
}

/// Gas of the whole evening, by what it was spent on.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Spent {
    /// Slots: rounds, roots of marks, and the registry's sync.
    pub prices: u64,
    pub marks: u64,
    pub settlements: u64,
    /// What desks sent themselves.
    pub desks: u64,
    /// What the keeper sent.
    pub keeper: u64,
}

pub struct Figures {
    pub responses: Vec<Response>,
    pub spent: Spent,
    pub fills_offered: u64,
    pub fills_settled: u64,
    pub fills_waiting: u64,
    pub fills_lapsed: u64,
    pub bundles: u64,
    pub bundle_gas: Spread,
    pub fills_per_bundle: Spread,
    /// Gas of all bundles over all fills.
    pub gas_per_fill: u64,
    pub marks: u64,
    pub mark_gas: Spread,
    pub slot_gas: Spread,
    pub claims: Claims,
    pub haircuts: Haircuts,
    pub requirements: Requirements,
    pub moves: Moves,
    pub latency: Latency,
    pub audit: Audit,
    pub blocks: u64,
    pub seconds: u64,
    pub unminded: u64,
    pub recalled: u64,
    pub disputes: Vec<Ruled>,
}

/// Reads all events once, replays them, and asks for the receipts of bundles and marks.
pub async fn measure(net: &Net, inputs: Inputs) -> Result<Figures> {
    let reader = EventReader::new(net.provider.clone(), &net.deployment);
    let blocks = reader.latest_block().await?;
    let events = reader.read(0, blocks).await?;
    let mut audit = audit(net.deployment.escrow()?, &events);
    compare(&net.provider, &mut audit).await?;
    let bundles = bundles(&events);
    let gas_of = |txs: Vec<B256>| gas_of(net, txs);
    let bundle_gas = gas_of(bundles.keys().copied().collect()).await?;
    let mark_gas = gas_of(marks(&events, &bundles)).await?;
    let sum = |figures: &[u64]| figures.iter().sum::<u64>();
    let spent = Spent {
        prices: sum(&inputs.slots),
        marks: sum(&mark_gas),
        settlements: sum(&bundle_gas),
        desks: inputs.moves.gas,
        keeper: inputs.keeper_gas,
    };
    let fills_settled: u64 = bundles.values().sum();
    let fills_offered = inputs.offered.iter().map(|batch| batch.fills).sum();
    let fills_lapsed = audit.ledger.lapsed.len() as u64;
    Ok(Figures {
        responses: responses(net, &events).await?,
        spent,
        fills_offered,
        fills_settled,
        fills_waiting: fills_offered - fills_settled - fills_lapsed,
        fills_lapsed,
        bundles: bundles.len() as u64,
        gas_per_fill: bundle_gas.iter().sum::<u64>().checked_div(fills_settled).unwrap_or(0),
        bundle_gas: Spread::of(bundle_gas),
        fills_per_bundle: Spread::of(bundles.into_values().collect()),
        marks: mark_gas.len() as u64,
        mark_gas: Spread::of(mark_gas),
        slot_gas: Spread::of(inputs.slots),
        claims: Claims::of(&events, inputs.last_time),
        haircuts: Haircuts::of(&events, &net.deployment),
        requirements: requirements(&events),
        moves: inputs.moves,
        latency: inputs.latency,
        audit,
        blocks,
        seconds: inputs.seconds,
        unminded: inputs.unminded,
        recalled: inputs.recalled,
        disputes: inputs.disputes,
    })
}

/// Fills by transaction of `settle`.
fn bundles(events: &[Recorded]) -> BTreeMap<B256, u64> {
    let mut bundles = BTreeMap::new();
    for recorded in events {
        if let Event::Escrow(Escrow::FillsSettled(settled)) = &recorded.event {
            *bundles.entry(recorded.tx).or_default() += settled.taken.count_ones() as u64;
        }
    }
    bundles
}

fn marks(events: &[Recorded], bundles: &BTreeMap<B256, u64>) -> Vec<B256> {
    let stated = events.iter().filter(|recorded| matches!(recorded.event, Event::Escrow(Escrow::MarginStated(_))));
    let txs: BTreeSet<B256> = stated.map(|recorded| recorded.tx).filter(|tx| !bundles.contains_key(tx)).collect();
    txs.into_iter().collect()
}

async fn gas_of(net: &Net, txs: Vec<B256>) -> Result<Vec<u64>> {
    let mut figures = Vec::with_capacity(txs.len());
    for tx in txs {
        figures.push(gas::used(&net.provider, tx).await?);
    }
    Ok(figures)
}
