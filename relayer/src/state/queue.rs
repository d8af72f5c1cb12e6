//! Fills that are accepted and not settled.
use super::Waiting;
use super::fill::{Batch, Fill, FillId};
use super::ledger::Ledger;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Fills that settle together: one, or a group of a batch.
#[derive(Clone, Debug)]
pub struct FillGroup {
    pub batch: Arc<Batch>,
    /// Places in the batch, ascending.
    pub places: Vec<u8>,
    pub waiting: Option<Waiting>,
    /// [`Ledger::stamp`] of the last attempt that failed, and when to try again even if it does not change.
    pub tried: Option<(u64, Instant)>,
    /// In a transaction whose fate is not known yet.
    pub flying: bool,
    /// How often in a row the chain refused it for a reason that its accounts here do not show: it goes only where that is
    /// tried first.
    pub refusals: u32,
    /// Taken back by the venue: it waits for its time to be over, and lapses.
    pub cancelled: bool,
}

impl FillGroup {
    pub fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.places.iter().filter_map(|place| self.batch.fills.get(usize::from(*place)))
    }

    pub fn accounts(&self) -> impl Iterator<Item = u64> + '_ {
        self.fills().flat_map(Fill::accounts)
    }

    /// The earliest time by which one of its fills must settle, milliseconds; see [`Fill::settles_by`].
    pub fn settles_by(&self, within: u64) -> u64 {
        self.fills().map(|fill| fill.settles_by(within)).min().unwrap_or(0)
    }

    /// What it waited for.
    pub fn waited_for(&self) -> String {
        self.waiting.as_ref().map_or("settleBy passed".to_owned(), |waiting| waiting.detail.clone())
    }

    /// Whether its venue or its accounts are to blame where its time passes, so that its lapse counts as the venue's.
    pub fn is_charged(&self) -> bool {
        match &self.waiting {
            Some(waiting) => self.cancelled || waiting.reason.is_of_the_parties(),
            None => self.cancelled || self.fills().all(Fill::had_no_time),
        }
    }

    pub fn holds(&self, id: FillId) -> bool {
        self.fills().any(|fill| fill.id == id)
    }

    /// Whether anything that could let it settle has changed since it last failed, or it is time to look again:
    /// mandates' days and deadlines pass without an event.
    pub fn due(&self, ledger: &Ledger) -> bool {
        !self.cancelled
            && !self.flying
            && self.tried.is_none_or(|(stamp, again)| stamp != ledger.stamp(self.accounts()) || Instant::now() >= again)
    }

    /// Leaves it waiting until something changes or `pause` is over.
    pub fn wait(&mut self, ledger: &Ledger, waiting: Waiting, pause: Duration) {
        self.waiting = Some(waiting);
        self.tried = Some((ledger.stamp(self.accounts()), Instant::now() + pause));
    }
}

/// In the order of acceptance.
#[derive(Debug, Default)]
pub struct Queue {
    groups: VecDeque<FillGroup>,
}

impl Queue {
    /// Adds the fills of a batch for which `live` holds.
    pub fn push(&mut self, batch: &Arc<Batch>, live: impl Fn(&Fill) -> bool) {
        let mut numbered: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
        let mut single = Vec::new();
        for (place, fill) in (0..=u8::MAX).zip(&batch.fills).filter(|(_, fill)| live(fill)) {
            match fill.group {
                0 => single.push(vec![place]),
                group => numbered.entry(group).or_default().push(place),
            }
        }
        for places in single.into_iter().chain(numbered.into_values()) {
            let batch = Arc::clone(batch);
            self.groups.push_back(FillGroup {
                batch,
                places,
                waiting: None,
                tried: None,
                flying: false,
                refusals: 0,
                cancelled: false,
            });
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &FillGroup> {
        self.groups.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut FillGroup> {
        self.groups.iter_mut()
    }

    /// Notes one more refusal of some groups; the most that any of them has.
    pub fn refuse(&mut self, named: impl Fn(&FillGroup) -> bool) -> u32 {
        let named = self.groups.iter_mut().filter(|group| named(group));
        named.fold(0, |most, group| {
            group.refusals = group.refusals.saturating_add(1);
            most.max(group.refusals)
        })
    }

    /// Fills whose groups are in flight from here on, or are not any more.
    pub fn fly(&mut self, fills: &[FillId], flying: bool) {
        let fills: BTreeSet<FillId> = fills.iter().copied().collect();
        for group in &mut self.groups {
            if group.fills().next().is_some_and(|fill| fills.contains(&fill.id)) {
                group.flying = flying;
            }
        }
    }

    /// Takes out the groups for which `gone` holds.
    pub fn remove(&mut self, gone: impl Fn(&FillGroup) -> bool) -> Vec<FillGroup> {
        let (out, kept) = std::mem::take(&mut self.groups).into_iter().partition(gone);
        self.groups = kept;
        Vec::from(out as VecDeque<FillGroup>)
    }
}
