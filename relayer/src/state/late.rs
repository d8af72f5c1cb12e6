//! Lapse: fills whose `settleBy` has passed, gathered by venue until one transaction takes them.
//!
//! A lapse moves no margin and is in no hurry: it goes when nothing is to settle, or once a venue's fills have waited
//! for [`LATEST`].
use super::FillGroup;
use super::fill::{Batch, Fill, FillId, Taken};
use alloy::primitives::Address;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long fills gather for one transaction.
const GATHER: Duration = Duration::from_secs(1);
/// How long fills wait while there is always something to settle.
const LATEST: Duration = Duration::from_secs(30);
/// Between two transactions of one venue.
const PAUSE: Duration = Duration::from_secs(2);

/// Fills of one transaction at most, and the batches and accounts they may be of.
pub const MOST_FILLS: usize = 256;
const MOST_BATCHES: usize = 100;
const MOST_ACCOUNTS: usize = 255;

#[derive(Debug, Default)]
pub struct Late {
    venues: BTreeMap<Address, Overdue>,
}

/// What one venue's fills in time left behind.
#[derive(Debug)]
struct Overdue {
    /// Batch and place by sequence.
    fills: BTreeMap<u64, (Arc<Batch>, u8)>,
    since: Instant,
    again: Option<Instant>,
}

impl Late {
    pub fn add(&mut self, group: &FillGroup) {
        let overdue = self.venues.entry(group.batch.venue);
        let overdue = overdue.or_insert_with(|| Overdue { fills: BTreeMap::new(), since: Instant::now(), again: None });
        let places = group.places.iter().zip(group.fills());
        overdue.fills.extend(places.map(|(place, fill)| (fill.id.sequence, (Arc::clone(&group.batch), *place))));
    }

    /// Drops the fills for which `gone` holds.
    pub fn remove(&mut self, gone: impl Fn(FillId) -> bool) {
        for (venue, overdue) in &mut self.venues {
            overdue.fills.retain(|sequence, _| !gone(FillId { venue: *venue, sequence: *sequence }));
        }
        self.venues.retain(|_, overdue| !overdue.fills.is_empty());
    }

    pub fn holds(&self, id: FillId) -> bool {
        self.venues.get(&id.venue).is_some_and(|overdue| overdue.fills.contains_key(&id.sequence))
    }

    /// Venues whose fills have gathered long enough.
    pub fn gathered(&self) -> Vec<Address> {
        self.waiting_for(GATHER)
    }

    /// Venues whose fills can wait no longer.
    pub fn overdue(&self) -> Vec<Address> {
        self.waiting_for(LATEST)
    }

    fn waiting_for(&self, least: Duration) -> Vec<Address> {
        let now = Instant::now();
        let due = |overdue: &Overdue| {
            now.duration_since(overdue.since) >= least && overdue.again.is_none_or(|again| now >= again)
        };
        self.venues.iter().filter(|(_, overdue)| due(overdue)).map(|(venue, _)| *venue).collect()
    }

    /// What the venue's next transaction takes: the lowest sequences, up to `most`.
    pub fn next(&self, venue: Address, most: usize) -> Vec<Taken> {
        let mut batches: BTreeMap<u64, Taken> = BTreeMap::new();
        let mut accounts: BTreeSet<u64> = BTreeSet::new();
        let fills = self.venues.get(&venue).into_iter().flat_map(|overdue| overdue.fills.values());
        for (batch, place) in fills.take(most) {
            accounts.extend(batch.fills.get(usize::from(*place)).into_iter().flat_map(Fill::accounts));
            let known = batches.contains_key(&batch.first_sequence);
            if accounts.len() > MOST_ACCOUNTS || (!known && batches.len() == MOST_BATCHES) {
                break;
            }
            let taken = batches.entry(batch.first_sequence).or_insert_with(|| (Arc::clone(batch), BTreeSet::new()));
            taken.1.insert(*place);
        }
        batches.into_values().collect()
    }

    /// Leaves the venue's fills for a while.
    pub fn rest(&mut self, venue: Address) {
        if let Some(overdue) = self.venues.get_mut(&venue) {
            overdue.again = Some(Instant::now() + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;
    use risk::{Instrument, Price, Quantity, Underlying};

    const VENUE: Address = Address::repeat_byte(7);

    /// Fills between accounts `from(i)` and the next.
    fn batch(first_sequence: u64, count: u64, from: impl Fn(u64) -> u64) -> Arc<Batch> {
        let fill = |place| Fill {
            id: FillId { venue: VENUE, sequence: first_sequence + place },
            buyer: from(place),
            seller: from(place) + 1,
            matched_at: 1_000,
            settle_by: 31_000,
            group: 0,
            salt: B256::ZERO,
            instrument: Instrument::perpetual(Underlying::BTC),
            quantity: Quantity::from_raw(5),
            price: Price::from_raw(11),
            accepted_at: 77,
        };
        let fills: Vec<Fill> = (0..count).map(fill).collect();
        let leaves = fills.iter().map(Fill::leaf).collect();
        let (venue, previous_batch_hash, hash) = (VENUE, B256::ZERO, B256::ZERO);
        Arc::new(Batch { venue, first_sequence, previous_batch_hash, hash, signature: [0; 64], fills, leaves })
    }

    fn late(batches: &[Arc<Batch>]) -> Late {
        let mut late = Late::default();
        for batch in batches {
            let places = (0..batch.fills.len()).map(|place| place as u8).collect();
            late.add(&FillGroup {
                batch: Arc::clone(batch),
                places,
                waiting: None,
                tried: None,
                flying: false,
                refusals: 0,
                cancelled: false,
            });
        }
        late
    }

    fn sizes(taken: &[Taken]) -> Vec<(u64, usize)> {
        taken.iter().map(|(batch, places)| (batch.first_sequence, places.len())).collect()
    }

    #[test]
    fn a_transaction_takes_the_lowest_sequences() {
        let late = late(&[batch(301, 200, |_| 1), batch(1, 200, |_| 1)]);
        assert_eq!(sizes(&late.next(VENUE, MOST_FILLS)), [(1, 200), (301, 56)]);
        assert!(late.next(Address::ZERO, MOST_FILLS).is_empty());
    }

    #[test]
    fn a_transaction_names_no_more_accounts_than_its_bytes_can() {
        let taken = late(&[batch(1, 200, |place| place * 2)]).next(VENUE, MOST_FILLS);
        assert_eq!(sizes(&taken), [(1, 127)]);
    }

    #[test]
    fn many_small_batches_go_in_several_transactions() {
        let batches: Vec<_> = (0..150).map(|at| batch(at * 10, 1, |_| 1)).collect();
        assert_eq!(late(&batches).next(VENUE, MOST_FILLS).len(), MOST_BATCHES);
    }

    #[test]
    fn what_has_ended_is_gone() {
        let mut late = late(&[batch(1, 3, |_| 1)]);
        late.remove(|fill| fill.sequence != 2);
        assert_eq!(sizes(&late.next(VENUE, MOST_FILLS)), [(1, 1)]);
        assert!(late.holds(FillId { venue: VENUE, sequence: 2 }));
        late.remove(|_| true);
        assert!(late.next(VENUE, MOST_FILLS).is_empty() && late.gathered().is_empty());
    }

    #[test]
    fn fills_gather_before_they_lapse() {
        let mut late = late(&[batch(1, 3, |_| 1)]);
        assert!(late.gathered().is_empty());
        late.venues.get_mut(&VENUE).unwrap().since -= GATHER;
        assert_eq!((late.gathered(), late.overdue()), (vec![VENUE], vec![]));
        late.venues.get_mut(&VENUE).unwrap().since -= LATEST;
        assert_eq!(late.overdue(), [VENUE]);
        late.rest(VENUE);
        assert!(late.overdue().is_empty());
    }
}
