//! Which accounts a price move makes it necessary to state without a fill.
use crate::margin::{Draft, Plan, Scene, payments};
use crate::state::ledger::Account;
use crate::state::{Books, Waiting};
use std::collections::BTreeMap;

/// Accounts looked at in vain, by the slot; not looked at again before the next one.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    slots: BTreeMap<u64, u64>,
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
    let open: std::collections::BTreeSet<u64> = books.open().collect();
    let candidates = accounts
        .values()
        .filter(|account| account.house == house && account.slot < slot && !account.in_default && !account.closed);
    let candidates = candidates.filter(|account| {
        open.contains(&account.id) || account.requirement > 0 || account.owed > 0 || account.claim.open
    });
    candidates.map(|account| account.id).filter(|id| !seen.knows(*id, slot)).collect()
}

/// Statements of up to `most` of the candidates that need one; the others, and those that cannot be stated, are noted.
pub fn plan_marks(scene: &Scene<'_>, candidates: &[u64], most: usize, seen: &mut Seen) -> Plan {
    let mut plan = Plan::default();
    for id in candidates {
        if plan.drafts.len() >= most {
            break;
        }
        match stated(scene, *id) {
            Ok(draft) if is_needed(scene, &draft) => drop(plan.drafts.insert(*id, draft)),
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

/// An account with positions is stated anew after so many slots, half a day, whatever its prices: what it says can be disputed
/// only while the oracle keeps the marks of its slot, a day.
const RESTATE_SLOTS: u64 = 4_320;

/// Whether a statement would change anything: variation, requirement, a claim to open or satisfy, or a standing order to act. An overdue claim
/// can be enforced only on a fresh statement.
fn is_needed(scene: &Scene<'_>, draft: &Draft) -> bool {
    let (before, after, posting) = (&draft.before, &draft.after, draft.marked_posting(scene));
    let due = |posted| csa::delivery_due(after.required(), posted, after.terms.minimum_transfer_amount);
    let demands = &before.claim.demands;
    let wanted = due(posting.at_most()).saturating_add(after.owed);
    let opens = wanted > demands.asked() && demands.second.amount == 0;
    let satisfies = before.claim.open && due(posting.fresh) == 0 && after.owed == 0;
    let overdue = before.claim.overdue(scene.as_of);
    let aged = !draft.book.is_flat() && after.slot >= before.slot.saturating_add(RESTATE_SLOTS);
    let stands = !draft.moves.is_empty();
    draft.change() != 0 || stands || after.requirement != before.requirement || opens || satisfies || overdue || aged
}
