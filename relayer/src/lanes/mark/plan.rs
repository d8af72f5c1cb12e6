//! Which accounts a price move makes it necessary to state without a fill.
use super::policy::{Difference, MarkPolicy};
use crate::margin::{Draft, Plan, Scene, payments};
use crate::state::ledger::Account;
use crate::state::{Books, Waiting};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts looked at in vain, by the slot; not looked at again before the next one.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    slots: BTreeMap<u64, u64>,
}

/// Which of the candidates are stated.
pub struct Choice<'a> {
    pub policy: MarkPolicy,
    /// Accounts that a party asked for.
    pub asked: &'a BTreeSet<u64>,
    /// How many fit into one set.
    pub most: usize,
}

impl Seen {
    pub fn note(&mut self, account: u64, slot: u64) {
        self.slots.insert(account, slot);
    }

    fn knows(&self, account: u64, slot: u64) -> bool {
        self.slots.get(&account).is_some_and(|seen| *seen >= slot)
    }
}

/// Accounts that may need a mark at `slot`: with positions, a requirement, something owed or a claim, and not stated at it.
pub fn candidates(accounts: &BTreeMap<u64, Account>, books: &Books, house: u32, slot: u64, seen: &Seen) -> Vec<u64> {
    let open: BTreeSet<u64> = books.open().collect();
    let candidates = accounts
        .values()
        .filter(|account| account.house == house && account.slot < slot && !account.in_default && !account.closed);
    let candidates = candidates.filter(|account| {
        open.contains(&account.id) || account.requirement > 0 || account.owed > 0 || account.claim.open
    });
    candidates.map(|account| account.id).filter(|id| !seen.knows(*id, slot)).collect()
}

/// Statements of up to so many of the candidates that need one; the others, and those that cannot be stated, are noted.
pub fn plan_marks(scene: &Scene<'_>, candidates: &[u64], choice: &Choice<'_>, seen: &mut Seen) -> Plan {
    let mut plan = Plan::default();
    for id in candidates {
        if plan.drafts.len() >= choice.most {
            break;
        }
        match stated(scene, *id) {
            Ok(draft) if choice.states(scene, &draft) => drop(plan.drafts.insert(*id, draft)),
            Ok(_) => seen.note(*id, scene.prices.slot),
            Err(waiting) => {
                tracing::warn!(
                    account = id,
                    slot = scene.prices.slot,
                    reason = waiting.detail,
                    "account is not marked"
                );
                seen.note(*id, scene.prices.slot);
            }
        }
    }
    plan.apply(scene);
    plan
}

/// The account marked, paid as if it were stated alone.
fn stated(scene: &Scene<'_>, id: u64) -> Result<Draft, Waiting> {
    let mut draft = Draft::mark(scene, id)?;
    let payments = payments(scene, &[(id, &draft)].into())?;
    let holder = draft.before.pledgor;
    draft.close_mark(scene, &payments.get(&id).copied().unwrap_or_default(), |asset| scene.inventory(holder, asset));
    Ok(draft)
}

impl Choice<'_> {
    fn states(&self, scene: &Scene<'_>, draft: &Draft) -> bool {
        self.policy.states(&difference(scene, draft, self.asked.contains(&draft.id())))
    }
}

/// What stating it would change.
fn difference(scene: &Scene<'_>, draft: &Draft, asked_for: bool) -> Difference {
    let (before, after, posting) = (&draft.before, &draft.after, draft.marked_posting(scene));
    let due = |posted| csa::delivery_due(after.required(), posted, after.terms.minimum_transfer_amount);
    let demands = &after.claim.demands;
    let wanted = due(posting.at_most()).saturating_add(after.owed);
    let opens = wanted > demands.asked() && demands.second.amount == 0;
    let owes = after.owed > before.owed;
    let satisfies = before.claim.open && (!after.claim.open || due(posting.fresh) == 0 && after.owed == 0);
    Difference {
        variation: draft.change().unsigned_abs(),
        requirement: after.requirement != before.requirement,
        claim: opens || satisfies || before.claim.overdue(scene.as_of) || !draft.moves.is_empty() || owes,
        asked_for,
        age: if draft.book.is_flat() { 0 } else { after.slot.saturating_sub(before.slot) },
        minimum_transfer_amount: after.terms.minimum_transfer_amount,
    }
}
