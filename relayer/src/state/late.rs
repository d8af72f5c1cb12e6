//! Lapse: fills whose `settleBy` has passed, gathered by venue until one transaction takes them.
//!
//! A lapse moves no margin and is in no hurry: it goes when nothing is to settle, or once a venue's fills have waited
//! for [`LATEST`]. The relayer pays for it: what its venue or the accounts are to blame for lapses within the venue's
//! [`Allowance`] alone, and waits for more.
use super::FillGroup;
use super::allowance::Allowance;
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

#[derive(Debug)]
pub struct Late {
    venues: BTreeMap<Address, Overdue>,
    /// What each venue has used is known while the process runs.
    allowances: BTreeMap<Address, Allowance>,
    /// Fills of a venue an hour.
    most: u32,
}

/// What one venue's fills in time left behind.
#[derive(Debug)]
struct Overdue {
    /// By sequence.
    fills: BTreeMap<u64, Held>,
    since: Instant,
    again: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    batch: Arc<Batch>,
    place: u8,
    /// Its lapse is charged to the venue.
    charged: bool,
}

impl Late {
    /// Of each venue `most` fills an hour are lapsed that it is charged for.
    pub fn new(most: u32) -> Self {
        Self { venues: BTreeMap::new(), allowances: BTreeMap::new(), most }
    }

    /// What is to lapse is found anew; what venues have used stays used.
    pub fn forget(&mut self) {
        self.venues.clear();
    }

    pub fn add(&mut self, group: &FillGroup) {
        let overdue = self.venues.entry(group.batch.venue);
        let overdue = overdue.or_insert_with(|| Overdue { fills: BTreeMap::new(), since: Instant::now(), again: None });
        let charged = group.is_charged();
        for (place, fill) in group.places.iter().zip(group.fills()) {
            overdue.fills.insert(fill.id.sequence, Held { batch: Arc::clone(&group.batch), place: *place, charged });
        }
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
        let due = |venue: &Address, overdue: &Overdue| {
            let waited = now.duration_since(overdue.since) >= least;
            let payable = overdue.fills.values().any(|held| !held.charged) || self.left(*venue, now) > 0;
            waited && payable && overdue.again.is_none_or(|again| now >= again)
        };
        self.venues.iter().filter(|(venue, overdue)| due(venue, overdue)).map(|(venue, _)| *venue).collect()
    }

    /// Fills that the venue may still be charged for.
    fn left(&self, venue: Address, now: Instant) -> usize {
        self.allowances.get(&venue).map_or(self.most as usize, |allowance| allowance.left(self.most, now))
    }

    /// What the venue's next transaction takes: the lowest sequences that its allowance has room for, up to `most`.
    pub fn next(&self, venue: Address, most: usize) -> Vec<Taken> {
        let mut left = self.left(venue, Instant::now());
        let mut payable = |held: &Held| {
            let payable = !held.charged || left > 0;
            left = left.saturating_sub(usize::from(held.charged));
            payable
        };
        let mut batches: BTreeMap<u64, Taken> = BTreeMap::new();
        let mut accounts: BTreeSet<u64> = BTreeSet::new();
        let fills = self.venues.get(&venue).into_iter().flat_map(|overdue| overdue.fills.values());
        for Held { batch, place, .. } in fills.filter(|held| payable(held)).take(most) {
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

    /// The venue is charged for what is its own of these.
    pub fn charge(&mut self, venue: Address, taken: &[Taken]) {
        let Some(overdue) = self.venues.get(&venue) else { return };
        let sequences = taken.iter().flat_map(|(batch, places)| {
            places.iter().map(|place| batch.first_sequence.saturating_add(u64::from(*place)))
        });
        let charged = sequences.filter(|sequence| overdue.fills.get(sequence).is_some_and(|held| held.charged)).count();
        if charged > 0 {
            let now = Instant::now();
            self.allowances.entry(venue).or_insert_with(|| Allowance::new(now)).spend(charged, self.most, now);
        }
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
    use crate::state::{Reason, Waiting};
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
        late_within(10_000, batches)
    }

    /// All short of margin.
    fn late_within(most: u32, batches: &[Arc<Batch>]) -> Late {
        let mut late = Late::new(most);
        batches.iter().for_each(|batch| late.add(&group(batch, Reason::MarginShort)));
        late
    }

    fn group(batch: &Arc<Batch>, reason: Reason) -> FillGroup {
        let waiting = Some(Waiting::new(reason, 1, ""));
        let places = (0..batch.fills.len()).map(|place| place as u8).collect();
        let batch = Arc::clone(batch);
        FillGroup { batch, places, waiting, tried: None, flying: false, refusals: 0, cancelled: false }
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
    fn a_venue_lapses_no_more_than_its_allowance() {
        let mut late = late_within(100, &[batch(1, 200, |_| 1)]);
        late.venues.get_mut(&VENUE).unwrap().since -= LATEST;
        let taken = late.next(VENUE, MOST_FILLS);
        assert_eq!(sizes(&taken), [(1, 100)]);
        late.charge(VENUE, &taken);
        late.remove(|fill| fill.sequence <= 100);
        assert!(late.next(VENUE, MOST_FILLS).is_empty() && late.overdue().is_empty(), "the rest waits");
        late.forget();
        late.add(&group(&batch(201, 3, |_| 1), Reason::MarginShort));
        assert!(late.next(VENUE, MOST_FILLS).is_empty(), "what was used stays used");
    }

    #[test]
    fn a_venue_is_not_charged_for_what_the_relayer_lacked() {
        let mut late = late_within(2, &[batch(1, 3, |_| 1)]);
        late.add(&group(&batch(11, 4, |_| 1), Reason::PricesStale));
        let taken = late.next(VENUE, MOST_FILLS);
        assert_eq!(sizes(&taken), [(1, 2), (11, 4)]);
        late.charge(VENUE, &taken);
        assert_eq!(sizes(&late.next(VENUE, MOST_FILLS)), [(11, 4)], "and that lapses without allowance too");
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
