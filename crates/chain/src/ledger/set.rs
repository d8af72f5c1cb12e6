//! The set that events are of: what it settles, and which part of its gains the house paid.
use super::Fault;
use super::fault::equal;
use alloy::primitives::{Address, B256};

/// What a set settles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Bundle {
    /// It is a mark.
    #[default]
    Nothing,
    /// Of this venue.
    Fills(Address),
    /// A lifecycle event of this digest; it applies as a mark does.
    Event(B256),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    pub bundle: Bundle,
    /// The last account stated.
    last: u64,
    credits: Vec<Credit>,
}

#[derive(Clone, Copy, Debug)]
struct Credit {
    due: u128,
    paid: u128,
    /// The house owes the account after it.
    short: bool,
}

impl Set {
    /// A new set where the bundle is another than the last statement's.
    pub fn begin(&mut self, bundle: Bundle) {
        if self.bundle != bundle {
            *self = Self { bundle, ..Self::default() };
        }
    }

    /// Accounts ascend within a set.
    pub fn follow(&mut self, account: u64) {
        if account <= self.last {
            *self = Self::default();
        }
        self.last = account;
    }

    /// Notes what a statement's change paid; lots.
    pub fn credit(&mut self, change: i64, paid: i64, owed: u64) {
        if change > 0 {
            let (due, paid) = (change.unsigned_abs().into(), paid.unsigned_abs().into());
            self.credits.push(Credit { due, paid, short: owed > 0 });
        }
    }

    /// A house that could not pay all gains paid the same part of each, rounded down.
    pub fn end(&mut self) -> Result<(), Fault> {
        let credits = std::mem::take(self).credits;
        let Some(short) = credits.iter().find(|credit| credit.short) else { return Ok(()) };
        let same = |credit: &Credit| {
            let (one, other) = (credit.paid * short.due, short.paid * credit.due);
            let (more, less) = (one > other + credit.due, one + short.due < other);
            let unequal = more || (credit.short && less);
            !unequal
        };
        let of = |credit: &Credit| format!("{} of {}", credit.paid, credit.due);
        let unequal = credits.iter().find(|credit| !same(credit));
        unequal.map_or(Ok(()), |credit| equal(3, "the same part of each gain", of(short), of(credit)))
    }
}
