//! Requirements as stated, from events.
use abi::escrow::MarginEscrow::MarginEscrowEvents as Escrow;
use chain::{Event, Recorded};
use std::collections::BTreeMap;

/// By account: chain time and what it must hold from then on, micro-USD.
pub type Requirements = BTreeMap<u64, Vec<(u64, u64)>>;

/// Every one that was stated, in the order of the events.
pub fn requirements(events: &[Recorded]) -> Requirements {
    let mut found = Requirements::new();
    for recorded in events {
        if let Event::Escrow(Escrow::MarginStated(stated)) = &recorded.event {
            found.entry(stated.account).or_default().push((recorded.timestamp, stated.requirement));
        }
    }
    found
}

/// The highest and when.
pub fn highest(path: &[(u64, u64)]) -> Option<(u64, u64)> {
    path.iter().copied().max_by_key(|(_, amount)| *amount)
}
