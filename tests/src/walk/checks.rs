//! What a step may not do, beside the invariants that events show.
use crate::actors::DESKS;
use crate::world::World;
use abi::escrow::{AccountState, ClaimState, Tranche};

/// Actions that a pause stops.
pub const STOPPED_BY_A_PAUSE: [&str; 6] =
    ["settle", "lifecycle", "release", "release with consent", "transfer", "standing return"];

/// Accounts and claims before a step.
pub struct Before(Vec<(AccountState, ClaimState)>);

impl Before {
    pub fn of(w: &World) -> Self {
        Self(DESKS.iter().map(|desk| (w.state(*desk), w.claim(*desk))).collect())
    }

    pub fn check(&self, w: &World, action: &str) {
        for (desk, (state, claim)) in DESKS.iter().zip(&self.0) {
            let (now, claim_now) = (w.state(*desk), w.claim(*desk));
            let settles = matches!(action, "settle" | "lifecycle");
            let corrects = action == "close dispute" && now.sequence == state.sequence;
            assert!(settles || corrects || now.history == state.history, "{action} changed positions of {}", desk.0);
            assert!(now.sequence >= state.sequence && now.sequence <= state.sequence + 1, "sequence after {action}");
            assert!(now.asOf >= state.asOf && now.slot >= state.slot, "{action} took {} back in time", desk.0);
            assert!(now.owed == 0 || now.houseOwes == 0, "{} and its house owe each other", desk.0);
            if action == "settle" && now.sequence > state.sequence {
                margin_holds(state, &now);
            }
            if state.inDefault {
                assert!(now.inDefault && now.sequence == state.sequence, "{action} moved {} in default", desk.0);
            }
            assert!(!now.inDefault || claim_now.open, "{} is in default without a claim", desk.0);
            deadlines_hold(claim, &claim_now);
        }
    }
}

/// Invariant 2.
fn margin_holds(before: &AccountState, now: &AccountState) {
    let short = |state: &AccountState| state.required.saturating_sub(state.posted) + state.owed;
    let reduced = short(before) > 0 && now.required <= before.required && short(now) <= short(before);
    assert!(short(now) == 0 || reduced, "settled short:\n{before:?}\n{now:?}");
}

/// Invariant 6: a demand's deadline never moves and what it asks never grows; the second takes the first's place; a claim is
/// terminal once.
fn deadlines_hold(before: &ClaimState, now: &ClaimState) {
    assert!(now.number >= before.number);
    if !before.open || now.number != before.number {
        return;
    }
    let kept = |was: &Tranche, is: &Tranche| was.deadline == is.deadline && is.amount <= was.amount;
    let first = now.first.amount == 0 || kept(&before.first, &now.first);
    let moved_up = before.second.amount != 0 && kept(&before.second, &now.first);
    let anew = before.first.amount == 0 || now.first.deadline >= before.first.deadline;
    assert!(!now.open || first || moved_up || anew, "a demand changed: {before:?} to {now:?}");
    assert!(
        !now.open || before.second.amount == 0 || !first || now.second.amount == 0 || kept(&before.second, &now.second)
    );
    assert!(now.open || (now.first.amount, now.second.amount) == (0, 0));
}
