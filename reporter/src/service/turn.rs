//! Who posts when: of several reporters that hold the same votes, one pays.
//!
//! **The rule.** In slot `s` of `n` reporters, the one at place `p` of the set has rank `(p + s) mod n`. Rank 0 posts as soon as all
//! reporters that voted in the last two slots have voted, and three seconds into the slot at the latest; each further rank tries `4/n`
//! seconds after the one before it, and each rank once more four seconds later. Whoever finds on chain, at its turn, rounds of
//! as many reports as it holds, posts nothing. So a slot without a fault costs one post; a reporter that is dead costs a part of a second;
//! votes that come late are brought by whoever's turn comes next; and no reporter sends more than three transactions with rounds a slot.

/// When a reporter signs, milliseconds into the slot: its sources have had a second.
pub const SIGN: u64 = 1_000;
const FIRST: u64 = 3_000;
const CYCLE: u64 = 4_000;
/// Tries at fixed times.
const TRIES: u64 = 2;
/// A try at less than this before the end of the slot could not be seen through.
const LAST: u64 = 9_900;

/// One reporter's turns in one slot.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    rank: u64,
    reporters: u64,
    early: bool,
    tried: u64,
}

impl Turns {
    pub fn new(slot: u64, place: u8, reporters: usize) -> Self {
        let reporters = (reporters as u64).max(1);
        Self { rank: (u64::from(place) + slot) % reporters, reporters, early: false, tried: 0 }
    }

    pub fn is_first(&self) -> bool {
        self.rank == 0
    }

    /// Whether a try is due so many milliseconds into the slot; each is due once. A try that was slept through is left.
    pub fn due(&mut self, millis: u64, all_voted: bool) -> bool {
        if self.is_first() && all_voted && !self.early && self.tried == 0 && millis >= SIGN {
            self.early = true;
            return true;
        }
        let passed = (0..TRIES).filter(|number| self.at(*number) <= millis).count() as u64;
        let due = passed > self.tried && millis <= LAST;
        self.tried = self.tried.max(passed);
        due
    }

    fn at(&self, number: u64) -> u64 {
        FIRST + self.rank * CYCLE / self.reporters + number * CYCLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(slot: u64, place: u8, reporters: usize, all_voted_at: u64) -> Vec<u64> {
        let mut turns = Turns::new(slot, place, reporters);
        (0..10_000).step_by(100).filter(|millis| turns.due(*millis, *millis >= all_voted_at)).collect()
    }

    #[test]
    fn five_reporters_take_turns() {
        let first: Vec<u64> = (0..5).map(|place| times(0, place, 5, u64::MAX)[0]).collect();
        assert_eq!(first, [3_000, 3_800, 4_600, 5_400, 6_200]);
        let next: Vec<u64> = (0..5).map(|place| times(1, place, 5, u64::MAX)[0]).collect();
        assert_eq!(next, [3_800, 4_600, 5_400, 6_200, 3_000]);
        assert_eq!(times(0, 4, 5, u64::MAX), [6_200], "10.2 s is past the end");
        assert_eq!(times(0, 3, 5, u64::MAX), [5_400, 9_400]);
    }

    #[test]
    fn the_first_does_not_wait_for_those_that_are_silent() {
        assert_eq!(times(0, 0, 5, 1_200), [1_200, 3_000, 7_000]);
        assert_eq!(times(0, 1, 5, 1_200), [3_800, 7_800]);
        assert_eq!(times(0, 0, 1, 0), [1_000, 3_000, 7_000]);
    }

    #[test]
    fn what_was_slept_through_is_left() {
        let mut turns = Turns::new(0, 0, 5);
        assert!(turns.due(8_000, false));
        assert!(!turns.due(8_100, false));
    }
}
