//! Turns: deficit round-robin. Whoever has something due is served a quantum each round, however much others have.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Of houses, or of the venues of a house.
#[derive(Clone, Debug)]
pub struct Turns<K> {
    ring: VecDeque<K>,
    /// What is left to each one, from this turn and the ones before.
    left: BTreeMap<K, usize>,
    /// Whose turn has begun.
    begun: BTreeSet<K>,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self { ring: VecDeque::new(), left: BTreeMap::new(), begun: BTreeSet::new() }
    }
}

impl<K: Copy + Ord> Turns<K> {
    /// Those who have something due, in the order of their turns. Who has nothing any more keeps no claim.
    pub fn of(&mut self, due: impl Iterator<Item = K>) -> Vec<K> {
        let due: BTreeSet<K> = due.collect();
        self.ring.retain(|key| due.contains(key));
        self.left.retain(|key, _| due.contains(key));
        self.begun.retain(|key| due.contains(key));
        for key in due {
            if !self.ring.contains(&key) {
                self.ring.push_back(key);
            }
        }
        self.ring.iter().copied().collect()
    }

    /// How much one may take now: with each turn a quantum more, up to two.
    pub fn allowance(&mut self, key: K, quantum: usize) -> usize {
        let left = self.left.entry(key).or_default();
        if self.begun.insert(key) {
            *left = left.saturating_add(quantum.max(1)).min(quantum.max(1) * 2);
        }
        *left
    }

    /// Somebody took so much. A turn is over where nothing was taken, or less than half a quantum is left: that is for the next
    /// turn.
    pub fn spend(&mut self, key: K, taken: usize, quantum: usize) {
        let left = self.left.entry(key).or_default();
        *left = left.saturating_sub(taken);
        if taken == 0 || *left * 2 < quantum.max(1) {
            self.begun.remove(&key);
            self.ring.retain(|other| *other != key);
            self.ring.push_back(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds in which one has more than enough and takes at most `most` at once, and the other 30 each.
    fn rounds(count: usize, most: usize) -> [usize; 2] {
        let (mut turns, mut served) = (Turns::default(), [0, 0]);
        for _ in 0..count {
            let mut small = 30;
            while small > 0 {
                let key = turns.of([0, 1].into_iter())[0];
                let allowed = turns.allowance(key, 100);
                let taken = allowed.min(if key == 0 { most } else { small });
                small -= if key == 0 { 0 } else { taken };
                served[key] += taken;
                turns.spend(key, taken, 100);
            }
            turns.of([0].into_iter());
        }
        served
    }

    #[test]
    fn a_small_one_is_served_in_each_round_however_much_the_other_has() {
        let [large, small] = rounds(10, usize::MAX);
        assert_eq!(small, 300);
        assert!((900..=2_000).contains(&large), "{large}");
    }

    #[test]
    fn what_is_left_of_a_turn_is_used_in_the_next() {
        let mut turns = Turns::default();
        assert_eq!(turns.of([1, 2].into_iter()), [1, 2]);
        assert_eq!(turns.allowance(1, 100), 100);
        turns.spend(1, 30, 100);
        assert_eq!((turns.of([1, 2].into_iter()), turns.allowance(1, 100)), (vec![1, 2], 70));
        turns.spend(1, 40, 100);
        assert_eq!(turns.of([1, 2].into_iter()), [2, 1]);
        assert_eq!(turns.allowance(1, 100), 130);
    }

    #[test]
    fn who_has_nothing_due_keeps_no_claim() {
        let mut turns = Turns::default();
        turns.of([1, 2].into_iter());
        turns.allowance(1, 100);
        turns.spend(1, 1, 100);
        turns.of([2].into_iter());
        assert_eq!((turns.of([1, 2].into_iter()), turns.allowance(1, 100)), (vec![2, 1], 100));
    }
}
