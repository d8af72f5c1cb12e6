//! The slots of an account's dispute.
use super::{Fields, Slots, Word};
use crate::fault::Field;
use alloy_primitives::B256;
use contract_kit::host;
use contract_kit::word::Part;

const DISPUTE: u8 = 7;
const HISTORY: u8 = 8;
const FOUND: u8 = 9;
const STAKES: u8 = 10;

/// A dispute, and what was on the books when it was opened; history, stakes and what was found lie beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    /// From 1; zero: nothing was ever disputed.
    pub number: u32,
    /// Of [`abi::escrow::subject`].
    pub subject: u8,
    /// Micro-USD that are held back.
    pub amount: u64,
    /// Slot of the disputed statement.
    pub slot: u64,
    /// Micro-USD, as the disputed statement has it.
    pub requirement: u64,
    /// Seconds since 1970.
    pub opened: u64,
    /// Seconds since 1970: when the window closes.
    pub until: u64,
    /// What stands so far.
    pub finding: Finding,
}

/// What stands until the window is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finding {
    /// Nobody has shown anything.
    #[default]
    Nothing,
    /// The second agent's word.
    Agent,
    /// The kernel's, on so many steps of the book: the stated one is right.
    Right(u16),
    /// It is wrong.
    Steps(u16),
    /// The same, where nobody has shown what is behind the stated root.
    Unknown(u16),
}

/// What each side stands for, in whole tokens, the disputed variation, and the shield.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    /// The pledgor's, which it paid in.
    pub pledgor: u64,
    /// The calculation agent's.
    pub agent: u64,
    /// Out of the house's balance.
    pub house: u64,
    /// What the house will owe.
    pub owed: u64,
    /// Cumulative variation of the disputed statement, lots of the settlement token.
    pub variation: i64,
    /// What earlier rulings still keep from a default.
    pub shield: Shield,
}

/// What upheld rulings found wrong, in whole USD: no default rests on it until then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shield {
    /// Whole USD.
    pub usd: u64,
    /// Seconds since 1970.
    pub until: u64,
}

impl Slots {
    /// Loads the account's last dispute; number zero where there was none.
    pub fn dispute(self) -> Dispute {
        Dispute::take(self.0.load(DISPUTE))
    }

    /// Stores a dispute.
    pub fn set_dispute(self, dispute: &Dispute) {
        self.0.store(DISPUTE, &dispute.put());
    }

    /// The history that a dispute is about.
    pub fn disputed_history(self) -> B256 {
        host::load(self.0.at(HISTORY))
    }

    /// Stores the history that a dispute is about.
    pub fn set_disputed_history(self, history: B256) {
        host::store(self.0.at(HISTORY), history);
    }

    /// What the finding was of: the requirement, variation or root that stands so far.
    pub fn found(self) -> B256 {
        host::load(self.0.at(FOUND))
    }

    /// Stores what was found.
    pub fn set_found(self, found: B256) {
        host::store(self.0.at(FOUND), found);
    }

    /// Loads the stakes of the account's last dispute, and its shield.
    pub fn stakes(self) -> Stakes {
        Stakes::take(self.0.load(STAKES))
    }

    /// Stores stakes and shield.
    pub fn set_stakes(self, stakes: &Stakes) {
        self.0.store(STAKES, &stakes.put());
    }
}

impl Finding {
    fn word(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Agent => 1,
            Self::Right(steps) => 2 | u64::from(steps) << 3,
            Self::Steps(steps) => 3 | u64::from(steps) << 3,
            Self::Unknown(steps) => 4 | u64::from(steps) << 3,
        }
    }

    fn of(word: u64) -> Self {
        let steps = (word >> 3) as u16;
        match word & 7 {
            0 => Self::Nothing,
            1 => Self::Agent,
            2 => Self::Right(steps),
            3 => Self::Steps(steps),
            _ => Self::Unknown(steps),
        }
    }

    /// Whether what was stated is wrong by it.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Agent | Self::Steps(_) | Self::Unknown(_))
    }

    /// Steps of the book that were followed.
    pub fn steps(self) -> u16 {
        match self {
            Self::Right(steps) | Self::Steps(steps) | Self::Unknown(steps) => steps,
            Self::Nothing | Self::Agent => 0,
        }
    }
}

impl Part for Finding {
    fn take(word: &mut Word, bits: u32) -> Self {
        Self::of(word.take(bits))
    }

    fn fit(&self, fields: &mut Fields, bits: u32) {
        fields.fit(self.word(), bits);
    }

    fn put(&self, fields: &mut Fields, _: Field, bits: u32) {
        self.fit(fields, bits)
    }
}

slot! {
    Dispute {
        number: u32 = 24 or "dispute",
        subject: u8 = 2,
        amount: u64 = 50 or "amount",
        slot: u64 = 30 or "slot",
        requirement: u64 = 50 or "requirement",
        opened: u64 = 34,
        until: u64 = 34,
        finding: Finding = 19,
    }
}

impl Part for Shield {
    fn take(word: &mut Word, _: u32) -> Self {
        Self { usd: word.take(38), until: word.take(34) }
    }

    fn fit(&self, fields: &mut Fields, _: u32) {
        fields.fit(self.usd, 38).fit(self.until, 34);
    }

    fn put(&self, fields: &mut Fields, _: Field, bits: u32) {
        self.fit(fields, bits)
    }
}

slot! {
    Stakes {
        pledgor: u64 = 32 or "stake",
        agent: u64 = 32 or "stake",
        house: u64 = 32 or "stake",
        owed: u64 = 32 or "stake",
        variation: i64 = 56 or "cumulativeVariation",
        shield: Shield = 72,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_survives_the_round_trip() {
        for finding in
            [Finding::Nothing, Finding::Agent, Finding::Right(1), Finding::Steps(u16::MAX), Finding::Unknown(7)]
        {
            let dispute = Dispute {
                number: (1 << 24) - 1,
                subject: abi::escrow::subject::BOOK,
                amount: (1 << 50) - 1,
                slot: (1 << 30) - 1,
                requirement: (1 << 50) - 2,
                opened: 3,
                until: (1 << 34) - 1,
                finding,
            };
            assert_eq!(Dispute::take(Word::of(&dispute.put())), dispute);
        }
    }

    #[test]
    fn stakes_survive_the_round_trip() {
        let shield = Shield { usd: (1 << 38) - 1, until: (1 << 34) - 1 };
        let stakes = Stakes { pledgor: 1, agent: (1 << 32) - 1, house: 3, owed: 4, variation: -(1 << 55), shield };
        assert_eq!(Stakes::take(Word::of(&stakes.put())), stakes);
    }
}
