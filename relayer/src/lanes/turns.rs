//! Turns: deficit round-robin. Whoever has something due is served a quantum each round, however much others have.
use std::collections::{BTreeMap, VecDeque};

/// Of houses, or of the venues of a house.
#[derive(Clone, Debug)]
pub struct Turns<K> {
    ring: VecDeque<K>,
    /// What is left of each one's turn.
    left: BTreeMap<K, usize>,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self { ring: VecDeque::new(), left: BTreeMap::new() }
    }
}

impl<K: Copy + Ord> Turns<K> {
    /// Those who have something due, in the order of their turns. Who has nothing any more keeps no claim.
    pub fn of(&mut self, due: impl Iterator<Item = K>) -> Vec<K> {
        let due: std::collections::BTreeSet<K> = due.collect();
        self.ring.retain(|key| due.contains(key));
        self.left.retain(|key, _| due.contains(key));
        for key in due {
            if !self.ring.contains(&key) {
                self.ring.push_back(key);
            }
        }
        self.ring.iter().copied().collect()
    }

    /// How much one may take now: a quantum where its turn begins.
    pub fn allowance(&mut self, key: K, quantum: usize) -> usize {
        *self.left.entry(key).or_insert(quantum.max(1))
    }

    /// Somebody took so much. A turn that is used up is over.
    pub fn spend(&mut self, key: K, taken: usize) {
        let left = self.left.get(&key).map_or(0, |left| left.saturating_sub(taken));
        if left > 0 {
            self.left.insert(key, left);
        } else {
            self.pass(key);
        }
    }

    /// Its turn is over.
    pub fn pass(&mut self, key: K) {
        self.left.remove(&key);
        self.ring.retain(|other| *other != key);
        self.ring.push_back(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_one_is_served_as_often_as_a_large_one() {
        let (mut turns, mut served) = (Turns::default(), BTreeMap::from([(1, 0), (2, 0)]));
        // One has a million due, the other 30 each round.
        for _ in 0..10 {
            for key in turns.of([1, 2].into_iter()) {
                let taken = turns.allowance(key, 100).min(if key == 1 { 1_000_000 } else { 30 });
                *served.get_mut(&key).unwrap() += taken;
                turns.spend(key, taken);
            }
            // The small one has nothing more until the next round.
            turns.of([1].into_iter());
        }
        assert_eq!(served, BTreeMap::from([(1, 1_000), (2, 300)]));
    }

    #[test]
    fn what_is_left_of_a_turn_is_used_before_the_next_ones() {
        let mut turns = Turns::default();
        assert_eq!(turns.of([1, 2].into_iter()), [1, 2]);
        assert_eq!(turns.allowance(1, 100), 100);
        turns.spend(1, 60);
        assert_eq!((turns.of([1, 2].into_iter()), turns.allowance(1, 100)), (vec![1, 2], 40));
        turns.spend(1, 40);
        assert_eq!(turns.of([1, 2].into_iter()), [2, 1]);
    }

    #[test]
    fn who_has_nothing_due_keeps_no_claim() {
        let mut turns = Turns::default();
        turns.of([1, 2].into_iter());
        turns.allowance(1, 100);
        turns.spend(1, 1);
        turns.of([2].into_iter());
        assert_eq!((turns.of([1, 2].into_iter()), turns.allowance(1, 100)), (vec![2, 1], 100));
    }
}
