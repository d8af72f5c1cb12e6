//! Which of the queued fills the next bundle takes.
use crate::config::Limits;
use crate::margin::{Draft, Payment, Plan, Scene, SettlePlan, covered, payments};
use crate::state::fill::Fill;
use crate::state::{FillGroup, Waiting, sides};
use alloy::primitives::Address;
use risk::Quantity;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Groups that are stated together first. Where they cannot be, each half is tried.
const TOGETHER: usize = 64;

/// Groups for which there is no room, after which the bundle is taken for full.
const PASSED: usize = 64;

/// How much a bundle holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    pub fills: usize,
    pub accounts: usize,
    pub batches: usize,
}

/// Gas of a bundle, from above: measured figures of the contract's snapshot with room to spare.
mod gas {
    pub const BUNDLE: u64 = 400_000;
    pub const ACCOUNT: u64 = 60_000;
    pub const FILL: u64 = 1_500;
    pub const BATCH: u64 = 40_000;
}

/// Bytes of its calldata. What a batch adds beside: a hash for each run of fills that is left out.
mod bytes {
    pub const BUNDLE: usize = 400;
    pub const ACCOUNT: usize = 70;
    pub const FILL: usize = 48;
    pub const BATCH: usize = 200;
}

impl Size {
    /// Gas of its execution, from above.
    pub const fn gas(&self) -> u64 {
        gas::BUNDLE
            + gas::ACCOUNT * self.accounts as u64
            + gas::FILL * self.fills as u64
            + gas::BATCH * self.batches as u64
    }

    const fn bytes(&self) -> usize {
        bytes::BUNDLE + bytes::ACCOUNT * self.accounts + bytes::FILL * self.fills + bytes::BATCH * self.batches
    }

    fn within(&self, limits: &Limits) -> bool {
        self.accounts <= limits.accounts_in_set.min(255)
            && self.batches <= 255
            && self.gas() <= limits.gas
            && self.bytes() <= limits.calldata
    }
}

/// Goes through `queue` and takes every group of `venue` that all its accounts can carry, as far as there is room.
pub fn plan_settle<'a>(
    scene: &Scene<'_>,
    venue: Address,
    queue: impl Iterator<Item = &'a FillGroup>,
    limits: &Limits,
) -> SettlePlan {
    let mut planner = Planner::new(venue);
    let mut together = Vec::new();
    let mut passed = 0;
    for group in queue {
        if !planner.reserve(group, limits) {
            passed += 1;
            if passed == PASSED {
                break;
            }
            continue;
        }
        together.push(group);
        if together.len() == TOGETHER {
            planner.take(scene, &std::mem::take(&mut together));
        }
    }
    planner.take(scene, &together);
    planner.settle
}

struct Planner {
    settle: SettlePlan,
    /// Of what is taken and what is about to be.
    fills: usize,
    accounts: BTreeSet<u64>,
    batches: BTreeSet<u64>,
}

impl Planner {
    fn new(venue: Address) -> Self {
        let settle = SettlePlan { venue, plan: Plan::default(), groups: Vec::new(), left: Vec::new() };
        Self { settle, fills: 0, accounts: BTreeSet::new(), batches: BTreeSet::new() }
    }

    /// Whether there is room for one more group. One that is larger than the wish goes alone.
    fn reserve(&mut self, group: &FillGroup, limits: &Limits) -> bool {
        let new = |id: &u64| !self.accounts.contains(id);
        let accounts: BTreeSet<u64> = group.accounts().filter(new).collect();
        let size = Size {
            fills: self.fills + group.places.len(),
            accounts: self.accounts.len() + accounts.len(),
            batches: self.batches.len() + usize::from(!self.batches.contains(&group.batch.first_sequence)),
        };
        let (alone, wished) = (self.fills == 0, size.fills <= limits.fills_in_bundle);
        if !(size.within(limits) && (wished || alone)) {
            return false;
        }
        self.fills = size.fills;
        self.accounts.extend(accounts);
        self.batches.insert(group.batch.first_sequence);
        true
    }

    /// Takes groups together; where they cannot go so, half and half, until those that cannot go are alone.
    fn take(&mut self, scene: &Scene<'_>, groups: &[&FillGroup]) {
        match groups {
            [] => {}
            [group] => match take(scene, self.settle.venue, &self.settle.plan, groups) {
                Ok(drafts) => self.keep(drafts, groups),
                Err(waiting) => self.settle.left.extend(group.fills().next().map(|fill| (fill.id, waiting))),
            },
            _ => match take(scene, self.settle.venue, &self.settle.plan, groups) {
                Ok(drafts) => self.keep(drafts, groups),
                Err(_) => {
                    let (first, second) = groups.split_at(groups.len() / 2);
                    self.take(scene, first);
                    self.take(scene, second);
                }
            },
        }
    }

    fn keep(&mut self, drafts: BTreeMap<u64, Draft>, groups: &[&FillGroup]) {
        self.settle.plan.drafts.extend(drafts);
        self.settle.groups.extend(groups.iter().map(|group| (*group).clone()));
    }
}

/// What a plan holds in the end.
pub fn size(settle: &SettlePlan) -> Size {
    let batches: BTreeSet<u64> = settle.groups.iter().map(|group| group.batch.first_sequence).collect();
    Size { fills: settle.fills().count(), accounts: settle.plan.drafts.len(), batches: batches.len() }
}

/// The drafts after `groups`, if all accounts and the house can carry them.
fn take(
    scene: &Scene<'_>,
    venue: Address,
    plan: &Plan,
    groups: &[&FillGroup],
) -> Result<BTreeMap<u64, Draft>, Waiting> {
    let mut drafts = BTreeMap::new();
    for fill in groups.iter().flat_map(|group| group.fills()) {
        let changes = sides(fill).map_err(|error| Waiting::refused(fill.buyer, error))?;
        for (account, change) in changes {
            apply(scene, plan, &mut drafts, fill, (account, change))?;
        }
    }
    drafts.values_mut().try_for_each(|draft| draft.fill(scene, venue))?;
    let payments = covered_payments(scene, plan, &drafts)?;
    for id in drafts.keys().copied().collect::<Vec<_>>() {
        let Some(mut draft) = drafts.remove(&id) else { continue };
        let (holder, payment) = (draft.before.pledgor, payments.get(&id).copied().unwrap_or_default());
        draft
            .close_settle(scene, venue, &payment, |asset| inventory_left(scene, plan, &drafts, (id, holder), asset))?;
        drafts.insert(id, draft);
    }
    Ok(drafts)
}

/// What the set moves with `fresh` in it; an error where an account or the house cannot pay.
fn covered_payments(
    scene: &Scene<'_>,
    plan: &Plan,
    fresh: &BTreeMap<u64, Draft>,
) -> Result<BTreeMap<u64, Payment>, Waiting> {
    let set: BTreeMap<u64, &Draft> = plan.drafts.iter().chain(fresh).map(|(id, draft)| (*id, draft)).collect();
    let payments = payments(scene, &set)?;
    let mut of_all = set.iter().filter_map(|(id, draft)| Some((*draft, payments.get(id)?)));
    of_all.try_for_each(|(draft, payment)| covered(scene, draft, payment))?;
    Ok(payments)
}

fn apply(
    scene: &Scene<'_>,
    plan: &Plan,
    drafts: &mut BTreeMap<u64, Draft>,
    fill: &Fill,
    (account, change): (u64, Quantity),
) -> Result<(), Waiting> {
    let draft = match drafts.entry(account) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => {
            let planned = plan.drafts.get(&account).cloned();
            entry.insert(planned.map_or_else(|| Draft::open(scene, account), Ok)?)
        }
    };
    draft.admit(fill)?;
    draft.take(scene, fill, change)
}

/// Inventory that other accounts of the same pledgor have not used in this bundle.
fn inventory_left(
    scene: &Scene<'_>,
    plan: &Plan,
    fresh: &BTreeMap<u64, Draft>,
    (id, holder): (u64, Address),
    asset: u8,
) -> u64 {
    let planned = plan.drafts.iter().filter(|(other, _)| !fresh.contains_key(other));
    let others = planned.chain(fresh).filter(|(other, draft)| **other != id && draft.before.pledgor == holder);
    let used = others.flat_map(|(_, draft)| &draft.moves).filter(|(index, _)| *index == asset).map(|(_, lots)| *lots);
    scene.inventory(holder, asset).saturating_sub(used.fold(0, u64::saturating_add))
}
