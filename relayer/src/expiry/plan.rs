//! Which accounts of a house the next expiry bundle takes.
use crate::bundle::{Draft, Plan, Scene};
use crate::risk::{Reason, Waiting};

/// A plan without fills, and the accounts it leaves.
#[derive(Clone, Debug, Default)]
pub struct ExpiryPlan {
    pub plan: Plan,
    pub left: Vec<(u64, Waiting)>,
}

/// States `candidates` without their expired positions, at most `most`: whoever pays goes first, and whoever receives as
/// far as the house can pay. The others are left, to be marked.
pub fn plan_expiry(scene: &Scene<'_>, candidates: &[u64], most: usize) -> ExpiryPlan {
    let (mut drafts, mut left) = (Vec::new(), Vec::new());
    for id in candidates {
        match stated(scene, *id) {
            Ok(draft) => drafts.push(draft),
            Err(waiting) => left.push((*id, waiting)),
        }
    }
    drafts.sort_by_key(|draft| draft.paid);
    let (mut plan, mut held) = (Plan::default(), i128::from(scene.house.balance));
    for draft in drafts.into_iter().take(most) {
        let after = held - i128::from(draft.paid);
        if after < 0 {
            let detail = format!("house {} would pay {} micro-USD and holds {held}", scene.house.id, draft.paid);
            let missing = u64::try_from(-after).unwrap_or(u64::MAX);
            left.push((draft.id(), Waiting::short(Reason::HouseUncovered, draft.id(), missing, detail)));
        } else {
            held = after;
            plan.drafts.insert(draft.id(), draft);
        }
    }
    ExpiryPlan { plan, left }
}

fn stated(scene: &Scene<'_>, id: u64) -> Result<Draft, Waiting> {
    let mut draft = Draft::open(scene, id)?;
    draft.close_expiry(scene)?;
    Ok(draft)
}
