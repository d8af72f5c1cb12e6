//! Which of the queued fills the next bundle takes.
use super::draft::{Draft, Scene};
use super::pay::{Payment, covered, payments};
use super::queue::FillGroup;
use crate::config::Limits;
use crate::fill::{Fill, FillId};
use crate::risk::{Waiting, sides};
use alloy::primitives::Address;
use risk::Quantity;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts of a set as they will be stated.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub drafts: BTreeMap<u64, Draft>,
}

impl Plan {
    /// Pays what the statements bring, as a mark or an expiry does.
    pub fn apply(&mut self, scene: &Scene<'_>) {
        let Ok(payments) = payments(scene, &self.drafts.iter().map(|(id, draft)| (*id, draft)).collect()) else {
            return;
        };
        for (id, payment) in &payments {
            if let Some(draft) = self.drafts.get_mut(id) {
                draft.close_mark(scene, payment);
            }
        }
    }

    /// The house's cumulative variation after the set; `None` where it is out of range.
    pub fn house_variation(&self, before: i64) -> Option<i64> {
        let changes = self.drafts.values().map(|draft| i128::from(draft.change()));
        i64::try_from(i128::from(before) - changes.sum::<i128>()).ok()
    }
}

/// A plan with fills of one venue.
#[derive(Clone, Debug)]
pub struct SettlePlan {
    pub venue: Address,
    pub plan: Plan,
    /// Groups taken, in order of the queue.
    pub groups: Vec<FillGroup>,
    /// Groups tried and left, with the reason: by their first fill.
    pub left: Vec<(FillId, Waiting)>,
}

impl SettlePlan {
    pub fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.groups.iter().flat_map(FillGroup::fills)
    }
}

/// Gas of a bundle, from above: measured figures of the contract's snapshot with room to spare.
mod gas {
    pub const BUNDLE: u64 = 400_000;
    pub const ACCOUNT: u64 = 60_000;
    pub const FILL: u64 = 1_500;
    pub const BATCH: u64 = 40_000;
}

/// Goes through `queue` and takes every group of `venue` that all its accounts can carry.
pub fn plan_settle<'a>(
    scene: &Scene<'_>,
    venue: Address,
    queue: impl Iterator<Item = &'a FillGroup>,
    limits: &Limits,
) -> SettlePlan {
    let mut settle = SettlePlan { venue, plan: Plan::default(), groups: Vec::new(), left: Vec::new() };
    let (mut fills, mut batches) = (0usize, BTreeSet::new());
    for group in queue {
        let known = batches.contains(&group.batch.first_sequence);
        let accounts: BTreeSet<u64> = group.accounts().filter(|id| !settle.plan.drafts.contains_key(id)).collect();
        let size = Size {
            fills: fills + group.places.len(),
            accounts: settle.plan.drafts.len() + accounts.len(),
            batches: batches.len() + usize::from(!known),
        };
        // A group larger than the wish goes alone.
        let (alone, wished) = (fills == 0, size.fills <= limits.fills_in_bundle);
        if !(size.within(limits) && (wished || alone)) {
            continue;
        }
        match take(scene, venue, &settle.plan, group) {
            Ok(drafts) => {
                settle.plan.drafts.extend(drafts);
                settle.groups.push(group.clone());
                batches.insert(group.batch.first_sequence);
                fills = size.fills;
            }
            Err(waiting) => settle.left.extend(group.fills().next().map(|fill| (fill.id, waiting))),
        }
    }
    settle
}

struct Size {
    fills: usize,
    accounts: usize,
    batches: usize,
}

impl Size {
    fn within(&self, limits: &Limits) -> bool {
        let gas = gas::BUNDLE
            + gas::ACCOUNT * self.accounts as u64
            + gas::FILL * self.fills as u64
            + gas::BATCH * self.batches as u64;
        self.accounts <= limits.accounts_in_set.min(255) && self.batches <= 255 && gas <= limits.gas
    }
}

/// The drafts after `group`, if all accounts and the house can carry it.
fn take(scene: &Scene<'_>, venue: Address, plan: &Plan, group: &FillGroup) -> Result<BTreeMap<u64, Draft>, Waiting> {
    let mut drafts = BTreeMap::new();
    for fill in group.fills() {
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
    scene.ledger.inventory(holder, asset).saturating_sub(used.fold(0, u64::saturating_add))
}
