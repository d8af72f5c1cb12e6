//! From a price to what it called for: by a standing top-up, by a standing substitution, by hand.
use super::{Spread, gas};
use crate::market::BEGIN;
use crate::story::orders::{BY_HAND, LEVEL, SUBSTITUTED, TOPPED_UP};
use abi::SLOT_SECONDS;
use abi::escrow::MarginEscrow::MarginEscrowEvents as Escrow;
use abi::escrow::order;
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents as Registry;
use alloy::primitives::B256;
use anyhow::Result;
use chain::{Event, Recorded};
use localnet::{Net, USDE};
use std::collections::{BTreeMap, BTreeSet};

/// One desk's way to answer; seconds of market time.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Response {
    pub desk: String,
    pub how: &'static str,
    /// Claims opened on it.
    pub claims: u64,
    /// From the slot of the price to the claim's block.
    pub price_to_claim: Spread,
    /// From the claim to its satisfaction.
    pub claim_to_pledge: Spread,
    /// From the price, or the haircut's level, to what came in without a claim.
    pub price_to_order: Spread,
    /// From the price to all that it called for: in its own mark, or once a claim was met.
    pub price_to_cover: Spread,
    /// Of what the desk sent itself.
    pub own_gas: u64,
    /// Of what anybody sent to carry its orders out; what a mark brings comes with the mark.
    pub order_gas: u64,
    /// Moves that orders made.
    pub moved: u64,
}

#[derive(Default)]
struct Times {
    claims: u64,
    to_claim: Vec<u64>,
    to_pledge: Vec<u64>,
    to_order: Vec<u64>,
    to_cover: Vec<u64>,
    moved: u64,
    /// When a claim was issued, and the time of its price.
    open: Option<(u64, u64)>,
    /// Transactions that moved its collateral; those of orders; those that stated it.
    moving: BTreeSet<B256>,
    ordered: BTreeSet<B256>,
    stated: BTreeMap<B256, u64>,
}

/// Of the three desks, from their events.
pub async fn responses(net: &Net, events: &[Recorded]) -> Result<Vec<Response>> {
    let desks = [
        (TOPPED_UP, "standing top-up"),
        (SUBSTITUTED, "standing substitution out of USDe, claims by hand"),
        (BY_HAND, "by hand"),
    ];
    let usde = net.deployment.token(USDE)?;
    let mut all = Vec::new();
    for (place, how) in desks {
        let desk = net.actors.desk[place].name.clone();
        let times = follow(net.deployment.account(&desk)?, usde.index, events);
        let (own_gas, order_gas) = (used(net, times.own()).await?, used(net, times.ordered).await?);
        all.push(Response {
            desk,
            how,
            claims: times.claims,
            price_to_claim: Spread::of(times.to_claim),
            claim_to_pledge: Spread::of(times.to_pledge),
            own_gas,
            order_gas,
            price_to_order: Spread::of(times.to_order),
            price_to_cover: Spread::of(times.to_cover),
            moved: times.moved,
        });
    }
    Ok(all)
}

async fn used(net: &Net, txs: BTreeSet<B256>) -> Result<u64> {
    let mut sum = 0;
    for tx in txs {
        sum += gas::used(&net.provider, tx).await?;
    }
    Ok(sum)
}

impl Times {
    /// What moved its collateral, and neither stated it nor carried an order out.
    fn own(&self) -> BTreeSet<B256> {
        self.moving.iter().filter(|tx| !self.ordered.contains(*tx) && !self.stated.contains_key(*tx)).copied().collect()
    }

    /// What the order brought is all that was missing, where no claim is open.
    fn cover(&mut self, tx: B256, took: u64) {
        self.to_order.push(took);
        self.moved += 1;
        if self.open.is_none() && self.moving.insert(tx) {
            self.to_cover.push(took);
        }
    }
}

fn follow(account: u64, usde: u8, events: &[Recorded]) -> Times {
    let (mut times, mut reached) = (Times::default(), None);
    for Recorded { event, timestamp: now, tx, .. } in events.iter().filter(|recorded| recorded.timestamp >= BEGIN) {
        let priced = times.stated.get(tx).copied().unwrap_or(*now);
        match event {
            Event::Escrow(Escrow::MarginStated(of)) if of.account == account => {
                times.stated.insert(*tx, of.slot * SLOT_SECONDS);
            }
            Event::Escrow(Escrow::ClaimIssued(of)) if of.account == account && times.open.is_none() => {
                times.claims += 1;
                times.to_claim.push(now - priced);
                times.open = Some((*now, priced));
            }
            Event::Escrow(Escrow::ClaimSatisfied(of)) if of.account == account => {
                if let Some((issued, priced)) = times.open.take() {
                    times.to_pledge.push(now - issued);
                    times.to_cover.push(now - priced);
                }
            }
            Event::Escrow(Escrow::ToppedUp(of)) if of.account == account => times.cover(*tx, now - priced),
            Event::Registry(Registry::HaircutMoved(of)) if of.index == usde => {
                let high = of.current.max(of.target) >= LEVEL;
                reached = if high { reached.or(Some(*now)) } else { None };
            }
            Event::Escrow(Escrow::OrderCarriedOut(of)) if of.account == account && of.kind == order::SUBSTITUTE => {
                times.ordered.insert(*tx);
                times.to_order.extend(reached.map(|since| now - since));
            }
            Event::Escrow(Escrow::Substituted(of)) if of.account == account => {
                times.moved += u64::from(times.ordered.contains(tx));
                times.moving.insert(*tx);
            }
            Event::Escrow(Escrow::Pledged(of)) if of.account == account => drop(times.moving.insert(*tx)),
            _ => {}
        }
    }
    times
}
