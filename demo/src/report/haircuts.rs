//! Prices as the oracle found them and haircuts as the registry moved them, from events.
use abi::SLOT_SECONDS;
use abi::oracle::PriceOracle::PriceOracleEvents as Oracle;
use abi::packed::TakenSlot;
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents as Registry;
use chain::{Deployment, Event, Recorded};
use std::collections::BTreeMap;

/// One round of an asset's feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Begin of the slot, in seconds.
    pub time: u64,
    /// Median, 1e-8 USD.
    pub price: u64,
    /// ppm.
    pub dispersion: u32,
    /// Source groups that made the median.
    pub votes: u8,
    /// Source groups too far from it.
    pub dropped: u8,
}

/// Haircut of one asset over time, ppm.
#[derive(Clone, Debug, Default)]
pub struct Path {
    /// In calm, before any move.
    pub base: u32,
    /// Chain time, haircut of existing collateral, haircut of new pledges.
    pub steps: Vec<(u64, u32, u32)>,
}

#[derive(Clone, Debug, Default)]
pub struct Haircuts {
    /// By symbol.
    pub paths: BTreeMap<String, Path>,
    /// By feed name.
    pub rounds: BTreeMap<String, Vec<Reading>>,
}

impl Haircuts {
    /// In the order of the events; tokens that the deployment does not name are left out.
    pub fn of(events: &[Recorded], deployment: &Deployment) -> Self {
        let symbols: BTreeMap<u8, &String> =
            deployment.tokens.iter().map(|(symbol, token)| (token.index, symbol)).collect();
        let mut found = Self::default();
        for recorded in events {
            match &recorded.event {
                Event::Registry(Registry::AssetListed(listed)) => {
                    let path = Path { base: listed.baseHaircut, steps: Vec::new() };
                    symbols.get(&listed.index).map(|symbol| found.paths.insert((*symbol).clone(), path));
                }
                Event::Registry(Registry::HaircutMoved(moved)) => {
                    let path = symbols.get(&moved.index).and_then(|symbol| found.paths.get_mut(*symbol));
                    let step = (moved.slot * SLOT_SECONDS, moved.current, moved.current.max(moved.target));
                    path.into_iter().for_each(|path| path.steps.push(step));
                }
                Event::Oracle(Oracle::SlotTaken(event)) => {
                    let taken = chain::events::taken(event);
                    for (feed, round) in taken.iter().flat_map(TakenSlot::rounds) {
                        let reading = Reading {
                            time: round.slot * SLOT_SECONDS,
                            price: round.price,
                            dispersion: round.dispersion,
                            votes: round.votes,
                            dropped: round.dropped,
                        };
                        found.rounds.entry(reporter::feed::name(&feed)).or_default().push(reading);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Haircut of an asset in force at a time.
    pub fn at(&self, symbol: &str, time: u64) -> u32 {
        let Some(path) = self.paths.get(symbol) else { return 0 };
        path.steps.iter().take_while(|(from, _, _)| *from <= time).last().map_or(path.base, |(_, current, _)| *current)
    }

    /// Of existing collateral, in ppm.
    pub fn highest(&self, symbol: &str) -> u32 {
        let Some(path) = self.paths.get(symbol) else { return 0 };
        path.steps.iter().map(|(_, current, _)| *current).max().unwrap_or(path.base).max(path.base)
    }

    /// Of new pledges, in ppm.
    pub fn highest_for_new(&self, symbol: &str) -> u32 {
        let Some(path) = self.paths.get(symbol) else { return 0 };
        path.steps.iter().map(|(_, _, new)| *new).max().unwrap_or(path.base).max(path.base)
    }

    /// The lowest median of a feed between two times.
    pub fn lowest_round(&self, feed: &str, from: u64, to: u64) -> Option<Reading> {
        let rounds = self.rounds.get(feed)?.iter().filter(|reading| (from..to).contains(&reading.time));
        rounds.min_by_key(|reading| reading.price).copied()
    }
}
