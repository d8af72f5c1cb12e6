//! Which houses and venues have fills to try.
use crate::hub::Hub;
use crate::lanes::back_off::AHEAD;
use alloy::primitives::Address;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Fills of one house and venue that could go.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub fills: usize,
    /// When the first of them was accepted, milliseconds since 1970 of this machine.
    pub since: u64,
    /// When the first of them can settle no more, milliseconds of the chain.
    pub until: u64,
    /// The chain refused some of them before: they go only where they can be tried first.
    pub refused: bool,
}

/// By house and venue. Where a house has bundles in flight, what the chain refused before waits for them: only then can it be
/// tried before it is sent.
pub fn due(hub: &Hub) -> BTreeMap<u32, BTreeMap<Address, Due>> {
    let world = hub.world.read();
    let mut due: BTreeMap<u32, BTreeMap<Address, Due>> = BTreeMap::new();
    for group in hub.queue.iter().filter(|group| group.due(&world.ledger)) {
        let Some(house) = group.accounts().next().and_then(|id| world.ledger.house_of(id)) else { continue };
        let until = group.settles_by(world.ledger.settle_within);
        let since = group.fills().next().map_or(0, |fill| fill.accepted_at);
        let held = due.entry(house.id).or_default().entry(group.batch.venue);
        let held = held.or_insert(Due { fills: 0, since, until, refused: false });
        held.fills += group.places.len();
        held.until = held.until.min(until);
        held.refused |= group.refusals > 0;
    }
    due
}

impl Due {
    /// Whether a bundle goes now that builds on others: it is full, or the last one is a while ago.
    pub fn goes_ahead(&self, room: usize, last: Option<Instant>) -> bool {
        self.fills >= room || last.is_none_or(|last| last.elapsed() >= AHEAD)
    }

    /// Whether fills gather for a fuller bundle. What a bundle costs beside its fills is mostly data, so they gather the longer
    /// the dearer data is beside execution, and at most for half of the time that is left.
    pub fn gathers(&self, room: usize, data_gas: u64, now_ms: u64, chain_ms: u64) -> bool {
        if self.fills >= room {
            return false;
        }
        let waited = now_ms.saturating_sub(self.since);
        let left = self.until.saturating_sub(chain_ms);
        waited < patience(data_gas).min(left / 2)
    }
}

/// Bytes of a bundle beside its fills, and gas of its execution beside them.
const BYTES: u64 = 500;
const GAS: u64 = 100_000;
/// Milliseconds that fills gather where data costs as much as execution, and at most.
const EVEN: u64 = 50;
const LONGEST: Duration = Duration::from_secs(5);

/// Milliseconds; none where data costs less than execution.
fn patience(gas_per_thousand_bytes: u64) -> u64 {
    let data = gas_per_thousand_bytes.saturating_mul(BYTES) / 1_000;
    let longest = u64::try_from(LONGEST.as_millis()).unwrap_or(u64::MAX);
    if data <= GAS { 0 } else { (data.saturating_mul(EVEN) / GAS).min(longest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: Due = Due { fills: 10, since: 1_000, until: 31_000, refused: false };

    #[test]
    fn where_data_is_cheap_nothing_gathers() {
        for gas in [0, 1_000, 200_000] {
            assert!(!DUE.gathers(100, gas, 1_000, 1_000), "{gas}");
        }
    }

    #[test]
    fn the_dearer_data_is_the_longer_fills_gather() {
        // 8,000 gas a byte: 4,000,000 beside the fills, 40 times its execution.
        assert!(DUE.gathers(100, 8_000_000, 2_900, 1_000) && !DUE.gathers(100, 8_000_000, 3_100, 1_000));
        assert!(DUE.gathers(100, 80_000_000, 5_900, 1_000) && !DUE.gathers(100, 80_000_000, 6_100, 1_000));
    }

    #[test]
    fn nobody_waits_for_others_until_his_time_is_over() {
        assert!(!DUE.gathers(100, 80_000_000, 2_000, 29_500), "less than the half of what is left");
        assert!(!DUE.gathers(10, 80_000_000, 1_000, 1_000), "a full bundle");
    }
}
