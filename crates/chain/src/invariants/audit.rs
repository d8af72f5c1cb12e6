//! Walks all events and collects what is broken, where.
use super::per_transaction;
use crate::Recorded;
use crate::ledger::{Fault, Ledger};
use alloy::primitives::{Address, B256};
use std::collections::BTreeMap;
use std::fmt;

/// What is checked; numbers as in the design.
pub const INVARIANTS: [(u8, &str); 9] = [
    (1, "tokens held = books, stakes and gifts, an asset at its ratio"),
    (2, "after fills P >= C, or short before and no shorter; positions move by nothing else"),
    (3, "variation sums to zero; paid = change, or a claim for the rest"),
    (5, "each fill once; statement sequences previous + 1"),
    (6, "a claim ends once, and fails only after deadline and grace"),
    (9, "replayed events reproduce the state"),
    (10, "every increase had its full cure: no default rests on anything else"),
    (11, "what a ruling found is what is stated after it"),
    (12, "a round is what its votes make, a root what a quorum signed"),
];

/// A broken invariant, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Where it showed.
    pub block: u64,
    /// After which transaction.
    pub tx: B256,
    /// What differs.
    pub fault: Fault,
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "invariant {} is broken in block {}, transaction {}: {}",
            self.fault.invariant, self.block, self.tx, self.fault
        )
    }
}

/// The replayed state, how often each invariant was checked, and what is broken.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The state after the last event.
    pub ledger: Ledger,
    /// By number of the invariant.
    pub checks: BTreeMap<u8, u64>,
    /// In order.
    pub breaches: Vec<Breach>,
}

/// Replays `events`, in order from block 0, and checks every invariant but the views of 9 after each transaction.
pub fn audit(escrow: Address, events: &[Recorded]) -> Audit {
    let checks = INVARIANTS.iter().map(|(number, _)| (*number, 0)).collect();
    let mut audit = Audit { ledger: Ledger::new(escrow), checks, breaches: Vec::new() };
    for transaction in events.chunk_by(|one, next| one.tx == next.tx) {
        audit.transaction(transaction);
    }
    audit
}

impl Audit {
    /// Whether nothing is broken.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }

    fn transaction(&mut self, events: &[Recorded]) {
        let before = per_transaction::Before::of(&self.ledger, events);
        let mut faults = Vec::new();
        for recorded in events {
            faults.extend(self.ledger.apply(recorded).err());
        }
        let (found, checks) = per_transaction::check(&before, &mut self.ledger, events);
        faults.extend(found);
        for (number, count) in checks {
            *self.checks.entry(number).or_default() += count;
        }
        let (block, tx) = events.first().map_or((0, B256::ZERO), |first| (first.block, first.tx));
        self.breaches.extend(faults.into_iter().map(|fault| Breach { block, tx, fault }));
    }
}
