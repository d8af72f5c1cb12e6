//! From a price to what it called for: by a standing top-up, by a standing substitution, by hand.
use super::Spread;
use crate::story::orders::{BY_HAND, LEVEL, SUBSTITUTED, TOPPED_UP};
use abi::SLOT_SECONDS;
use abi::escrow::MarginEscrow::MarginEscrowEvents as Escrow;
use abi::escrow::order;
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents as Registry;
use alloy::primitives::B256;
use anyhow::Result;
use chain::{Event, Recorded};
use localnet::{Net, USDE};
use std::collections::BTreeMap;

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
    /// Moves that orders made.
    pub moved: u64,
}

#[derive(Default)]
struct Times {
    claims: u64,
    to_claim: Vec<u64>,
    to_pledge: Vec<u64>,
    to_order: Vec<u64>,
    moved: u64,
    open: Option<u64>,
}

/// Of the three desks, from their events.
pub fn responses(net: &Net, events: &[Recorded]) -> Result<Vec<Response>> {
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
        all.push(Response {
            desk,
            how,
            claims: times.claims,
            price_to_claim: Spread::of(times.to_claim),
            claim_to_pledge: Spread::of(times.to_pledge),
            price_to_order: Spread::of(times.to_order),
            moved: times.moved,
        });
    }
    Ok(all)
}

fn follow(account: u64, usde: u8, events: &[Recorded]) -> Times {
    let (mut times, mut stated) = (Times::default(), BTreeMap::<B256, u64>::new());
    let (mut reached, mut ordered) = (None, B256::ZERO);
    for Recorded { event, timestamp: now, tx, .. } in events {
        let priced = stated.get(tx).copied().unwrap_or(*now);
        match event {
            Event::Escrow(Escrow::MarginStated(of)) if of.account == account => {
                stated.insert(*tx, of.slot * SLOT_SECONDS);
            }
            Event::Escrow(Escrow::ClaimIssued(of)) if of.account == account && times.open.is_none() => {
                times.claims += 1;
                times.to_claim.push(now - priced);
                times.open = Some(*now);
            }
            Event::Escrow(Escrow::ClaimSatisfied(of)) if of.account == account => {
                times.to_pledge.extend(times.open.take().map(|issued| now - issued));
            }
            Event::Escrow(Escrow::ToppedUp(of)) if of.account == account => {
                times.to_order.push(now - priced);
                times.moved += 1;
            }
            Event::Registry(Registry::HaircutMoved(of)) if of.index == usde => {
                let high = of.current.max(of.target) >= LEVEL;
                reached = if high { reached.or(Some(*now)) } else { None };
            }
            Event::Escrow(Escrow::OrderCarriedOut(of)) if of.account == account && of.kind == order::SUBSTITUTE => {
                ordered = *tx;
                times.to_order.extend(reached.map(|since| now - since));
            }
            Event::Escrow(Escrow::Substituted(of)) if of.account == account && ordered == *tx => times.moved += 1,
            _ => {}
        }
    }
    times
}
