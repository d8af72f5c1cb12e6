//! What a reporter set must be. Pure.
use crate::storage::RING;
use abi::{
    PPM,
    oracle::{Reporter, ReporterSet},
};
use alloc::vec::Vec;

/// More do not fit into a report's bitmap.
pub const MAX_REPORTERS: usize = 32;

/// A quorum that the source groups can reach, a band below 100 %, an age that the ring covers, and reporters who are somebody, once.
pub fn valid(set: &ReporterSet) -> bool {
    let quorum = usize::from(set.quorum);
    let mut groups: Vec<u16> = Vec::new();
    for reporter in &set.reporters {
        if !groups.contains(&reporter.group) {
            groups.push(reporter.group);
        }
    }
    (1..=groups.len()).contains(&quorum)
        && set.reporters.len() <= MAX_REPORTERS
        && set.bandPpm < PPM
        && u64::from(set.maxAgeSlots) < RING
        && distinct(&set.reporters)
}

fn distinct(reporters: &[Reporter]) -> bool {
    let mut rest = reporters;
    while let Some((first, others)) = rest.split_first() {
        if first.signer.is_zero() || others.iter().any(|other| other.signer == first.signer) {
            return false;
        }
        rest = others;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    fn set(count: u8) -> ReporterSet {
        let reporter = |n| Reporter { signer: Address::repeat_byte(n), group: u16::from(n) };
        ReporterSet { quorum: 3, bandPpm: 20_000, maxAgeSlots: 6, reporters: (1..=count).map(reporter).collect() }
    }

    fn refused(change: impl Fn(&mut ReporterSet)) -> bool {
        let mut set = set(5);
        change(&mut set);
        !valid(&set)
    }

    #[test]
    fn ordinary_sets_are_valid() {
        assert!(valid(&set(5)) && valid(&set(3)) && valid(&set(32)));
    }

    #[test]
    fn quorum_is_reachable_and_not_zero() {
        assert!(refused(|set| set.quorum = 0));
        assert!(refused(|set| set.quorum = 6));
        assert!(refused(|set| set.reporters.iter_mut().for_each(|reporter| reporter.group = 1)));
        assert!(!valid(&set(0)));
    }

    #[test]
    fn bounds_hold() {
        assert!(refused(|set| set.bandPpm = PPM));
        assert!(refused(|set| set.maxAgeSlots = 8_640));
        assert!(!refused(|set| set.maxAgeSlots = 8_639));
        assert!(!valid(&set(33)));
    }

    #[test]
    fn signers_are_somebody_and_differ() {
        assert!(refused(|set| set.reporters[1].signer = Address::ZERO));
        assert!(refused(|set| set.reporters[4].signer = set.reporters[0].signer));
    }
}
