//! A dispute and a shield, as the events have them.
use super::Account;
use alloy::primitives::B256;

/// A dispute, and what was on the books when it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    /// It is not ruled yet.
    pub open: bool,
    /// Disputes of the account are numbered from 1.
    pub number: u32,
    /// See [`abi::escrow::subject`].
    pub subject: u8,
    /// What the pledgor says is wrong, micro-USD; held back while it is open.
    pub amount: u64,
    /// The history that it is about.
    pub history: B256,
    /// The root behind it.
    pub root: B256,
    /// Slot of the disputed statement.
    pub slot: u64,
    /// Micro-USD, as the disputed statement has it.
    pub requirement: u64,
    /// Lots, as the disputed statement has it.
    pub variation: i64,
    /// Seconds since 1970.
    pub opened: u64,
    /// Seconds since 1970: when the window closes.
    pub until: u64,
    /// What each side stands for.
    pub stakes: Stakes,
    /// What was found last, in this dispute or an earlier one.
    pub found: B256,
    /// By how many steps of the book; zero: the second agent's word, or nobody's.
    pub steps: u32,
    /// Somebody found something in this dispute.
    pub stands: bool,
}

/// What each side stands for, in lots of the settlement token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    /// The pledgor's.
    pub pledgor: u64,
    /// The calculation agent's.
    pub agent: u64,
    /// Out of the house's balance.
    pub house: u64,
    /// What the house will owe; nothing of it is there.
    pub owed: u64,
}

/// What upheld rulings found wrong: until then nothing rests on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shield {
    /// Micro-USD.
    pub amount: u64,
    /// Seconds since 1970.
    pub until: u64,
}

impl Dispute {
    /// Lots that lie in it.
    pub fn held(&self) -> u64 {
        let Stakes { pledgor, agent, house, .. } = self.stakes;
        if self.open { pledgor.saturating_add(agent).saturating_add(house) } else { 0 }
    }
}

impl Account {
    /// What it disputes, and what upheld rulings found wrong: of margin and of what is owed.
    pub fn held_back(&self, now: u64) -> u64 {
        let disputed = if self.dispute.open { self.dispute.amount } else { 0 };
        let found = if now > self.shield.until { 0 } else { self.shield.amount };
        disputed.saturating_add(found)
    }

    /// What a payment of what it owes leaves: what it disputes, and what was found wrong but for what a pledge brought for it.
    pub(super) fn kept(&self, brought: u64, now: u64) -> u64 {
        let disputed = if self.dispute.open { self.dispute.amount } else { 0 };
        let found = self.held_back(now).saturating_sub(disputed);
        let rest = self.owed.saturating_sub(disputed).saturating_sub(brought);
        disputed.saturating_add(found.min(rest))
    }
}
