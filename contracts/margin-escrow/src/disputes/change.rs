//! An account's last statements as they are shown: signed by the agents, without a gap, up to the one on the books.
use super::evidence::same;
use super::words::{integer, number};
use abi::packed::{Change, Malformed, ShownSet, span_digest};
use abi::types::MarginStatement;
use alloy_primitives::B256;
use margin::account::Account;
use margin::authority;
use margin::fault::{OrFail, malformed};
use margin::field;
use margin::storage::{DisputedChange, HouseSlots};

/// Statements while they are read.
struct Read {
    sequence: u64,
    root: B256,
    slot: u64,
    variation: i64,
    fills_digest: B256,
}

/// What the shown statements changed.
#[inline(never)]
pub fn of(account: &Account, shown: &[u8]) -> DisputedChange {
    let shown = Change::decode(shown).unwrap_or_else(|Malformed(at)| malformed(at));
    let Change { sequence, root, slot, variation, .. } = shown;
    let mut read = Read { sequence, root, slot, variation, fills_digest: B256::ZERO };
    let (house, domain) = (HouseSlots::of(account.terms.house), authority::domain());
    for set in &shown.sets {
        read.follow(account.id, house, &domain, set);
    }
    read.ensure_last(account);
    DisputedChange {
        first: sequence.saturating_add(1),
        last: read.sequence,
        first_slot: shown.sets.first().map_or(0, |set| set.slot),
        previous_root: root,
        previous_slot: slot,
        fills_digest: read.fills_digest,
        variation: read.variation.checked_sub(variation).checked(),
    }
}

impl Read {
    /// The next statement, with what it follows from, is one that the agents signed.
    fn follow(&mut self, account: u64, house: HouseSlots, domain: &B256, set: &ShownSet) {
        let stated = &set.statement;
        self.sequence = self.sequence.checked_add(1).checked();
        let statement = MarginStatement {
            account,
            sequence: self.sequence,
            previousRoot: self.root,
            previousSlot: self.slot,
            previousVariation: self.variation,
            newRoot: stated.new_root,
            fillsDigest: stated.fills_digest,
            requirement: stated.requirement,
            cumulativeVariation: stated.cumulative_variation,
            cumulativeFillVariation: stated.cumulative_fill_variation,
        };
        let hash = set.hash(house.id, house.parameters(), &statement).unwrap_or_else(|| malformed(set.place.into()));
        authority::by_agents(domain, &house.agents(), &hash, &set.signature, set.second_signature.as_ref());
        (self.root, self.slot, self.variation) = (stated.new_root, set.slot, stated.cumulative_variation);
        self.fills_digest = span_digest(self.fills_digest, stated.fills_digest);
    }

    /// It is the statement on the books, and nothing of it was corrected.
    fn ensure_last(&self, account: &Account) {
        let state = account.slots.state();
        same(field!("sequence"), number(state.sequence), number(self.sequence));
        same(field!("root"), account.slots.root(), self.root);
        same(field!("slot"), number(state.slot), number(self.slot));
        same(field!("cumulativeVariation"), integer(state.cumulative_variation), integer(self.variation));
    }
}

/// The oldest slot whose marks variation is computed from; none where there are no positions. What came too late is not
/// computed at all.
pub fn marks_since(account: &Account, change: &DisputedChange) -> u64 {
    let marked = |root: B256, slot: u64| if root.is_zero() { u64::MAX } else { slot };
    let before = if change.came_too_late() { B256::ZERO } else { change.previous_root };
    marked(before, change.previous_slot).min(marked(account.slots.root(), account.slots.state().slot))
}
