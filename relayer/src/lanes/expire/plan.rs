//! Which accounts of a house the next expiry bundle takes.
use crate::margin::{Draft, Plan, Scene};
use crate::state::Waiting;

/// A plan without fills, and the accounts it leaves.
#[derive(Clone, Debug, Default)]
pub struct ExpiryPlan {
    pub plan: Plan,
    pub left: Vec<(u64, Waiting)>,
}

/// States `candidates` without their expired positions, at most `most`: whoever pays goes first, so that the house has what
/// it then pays. Those whose marks are not there are left.
pub fn plan_expiry(scene: &Scene<'_>, candidates: &[u64], most: usize) -> ExpiryPlan {
    let (mut drafts, mut left) = (Vec::new(), Vec::new());
    for id in candidates {
        match Draft::expire(scene, *id) {
            Ok(draft) => drafts.push(draft),
            Err(waiting) => left.push((*id, waiting)),
        }
    }
    drafts.sort_by_key(Draft::change);
    let drafts = drafts.into_iter().take(most).map(|draft| (draft.id(), draft)).collect();
    let mut plan = Plan { drafts };
    plan.apply(scene);
    ExpiryPlan { plan, left }
}
