//! A set: its accounts as they will be stated.
use super::draft::Draft;
use super::pay::{payments, settle_up};
use super::scene::Scene;
use crate::state::fill::{Fill, FillId};
use crate::state::ledger::House;
use crate::state::{FillGroup, Waiting};
use alloy::primitives::Address;
use std::collections::BTreeMap;

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
        // Accounts of one pledgor share its inventory, in the set's order.
        let mut taken: BTreeMap<(Address, u8), u64> = BTreeMap::new();
        for (id, draft) in &mut self.drafts {
            let Some(payment) = payments.get(id) else { continue };
            let holder = draft.before.pledgor;
            draft.close_mark(scene, payment, |asset| {
                let taken = taken.get(&(holder, asset)).copied().unwrap_or(0);
                scene.inventory(holder, asset).saturating_sub(taken)
            });
            for (asset, lots) in &draft.moves {
                *taken.entry((holder, *asset)).or_default() += lots;
            }
        }
    }

    /// The house after the set; `None` where a figure is out of range.
    pub fn house_after(&self, scene: &Scene<'_>) -> Option<House> {
        let drafts = self.drafts.iter().map(|(id, draft)| (*id, draft)).collect();
        let (lots, _) = settle_up(scene, &drafts).ok()?;
        let cumulative_variation = self.house_variation(scene.house.cumulative_variation)?;
        Some(House { lots, cumulative_variation, ..scene.house.clone() })
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
