//! The slots of an account's dispute.
use super::{Fields, Slots, Word};
use abi::escrow::DISPUTE_SLOTS;
use alloy_primitives::B256;
use contract_kit::host;

const DISPUTE: u8 = 7;
const ROOT: u8 = 8;
const PREVIOUS_ROOT: u8 = 9;
const FILLS_DIGEST: u8 = 10;
const CHANGE: u8 = 11;

/// A dispute, and the statement that it is about; its root lies beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    /// Of [`abi::escrow::subject`]; zero: nothing was ever disputed.
    pub subject: u8,
    /// The claim; without one, the account's last.
    pub number: u16,
    pub amount: u64,
    pub slot: u64,
    pub sequence: u64,
    pub requirement: u64,
    pub until: u64,
    pub agent_stake: u64,
}

/// What a dispute of variation or root is about besides: what the statements followed from, and what they did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisputedChange {
    /// Sequences of the first and the last statement, zero: none was ever disputed; slot of the first.
    pub first: u64,
    pub last: u64,
    pub first_slot: u64,
    pub previous_root: B256,
    pub previous_slot: u64,
    pub fills_digest: B256,
    pub variation: i64,
}

impl Slots {
    pub fn dispute(self) -> Dispute {
        Dispute::take(self.0.load(DISPUTE))
    }

    pub fn set_dispute(self, dispute: &Dispute) {
        self.0.store(DISPUTE, &dispute.put());
    }

    /// The root that a dispute is about.
    pub fn disputed_root(self) -> B256 {
        host::load(self.0.at(ROOT))
    }

    pub fn set_disputed_root(self, root: B256) {
        host::store(self.0.at(ROOT), root);
    }

    pub fn disputed_change(self) -> DisputedChange {
        let (previous_root, fills_digest) = (host::load(self.0.at(PREVIOUS_ROOT)), host::load(self.0.at(FILLS_DIGEST)));
        let mut word = self.0.load(CHANGE);
        let (first, last, first_slot, previous_slot) = (word.take(28), word.take(28), word.take(28), word.take(28));
        let variation = word.take_signed(64);
        DisputedChange { first, last, first_slot, previous_root, previous_slot, fills_digest, variation }
    }

    pub fn set_disputed_change(self, change: &DisputedChange) {
        host::store(self.0.at(PREVIOUS_ROOT), change.previous_root);
        host::store(self.0.at(FILLS_DIGEST), change.fills_digest);
        let mut fields = Fields::default();
        fields.put(field!("sequence"), change.first, 28).put(field!("sequence"), change.last, 28);
        fields.put(field!("slot"), change.first_slot, 28).put(field!("slot"), change.previous_slot, 28);
        fields.fit(change.variation as u64, 64);
        self.0.store(CHANGE, &fields);
    }
}

impl DisputedChange {
    /// The first statement came so late that the marks it follows from were gone: nobody could ever check it.
    pub fn came_too_late(&self) -> bool {
        let gap = self.first_slot.saturating_sub(self.previous_slot);
        !self.previous_root.is_zero() && gap > DISPUTE_SLOTS
    }
}

impl Dispute {
    fn take(mut word: Word) -> Self {
        Self {
            number: word.take(16) as u16,
            amount: word.take(50),
            slot: word.take(28),
            sequence: word.take(28),
            requirement: word.take(50),
            until: word.take(34),
            agent_stake: word.take(30),
            subject: word.take(2) as u8,
        }
    }

    fn put(&self) -> Fields {
        let mut fields = Fields::default();
        fields.fit(self.number.into(), 16).put(field!("amount"), self.amount, 50).put(field!("slot"), self.slot, 28);
        fields.put(field!("sequence"), self.sequence, 28).put(field!("requirement"), self.requirement, 50);
        fields.put(field!("until"), self.until, 34).put(field!("agentStake"), self.agent_stake, 30);
        fields.fit(self.subject.into(), 2);
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_survives_the_round_trip() {
        let dispute = Dispute {
            subject: abi::escrow::subject::ROOT,
            number: u16::MAX,
            amount: (1 << 50) - 1,
            slot: (1 << 28) - 1,
            sequence: 3,
            requirement: (1 << 50) - 2,
            until: (1 << 34) - 1,
            agent_stake: abi::escrow::DISPUTE_BOND,
        };
        assert_eq!(Dispute::take(Word::of(&dispute.put())), dispute);
    }
}
