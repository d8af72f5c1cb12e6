//! When an account is stated without a fill. Every account is computed in every slot; a statement costs gas. Pure.

/// As long as the oracle keeps a slot's marks, less half a day for a dispute of it: 12 hours of 10 seconds. What an account's
/// last statement says can be disputed only while those marks are kept, so no policy waits longer.
pub const MOST_SLOTS: u64 = 4_320;

/// When accounts are stated without a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkPolicy {
    /// In every slot that changes anything.
    EverySlot,
    /// When it matters to somebody.
    WhenItMatters {
        /// Micro-USD of variation, up or down, that are paid at once; `None`: the agreement's minimum transfer amount.
        trigger: Option<u64>,
        /// Slots after which an account with positions is stated anyway, at most [`MOST_SLOTS`].
        most_slots: u64,
    },
}

impl Default for MarkPolicy {
    fn default() -> Self {
        Self::WhenItMatters { trigger: None, most_slots: 360 }
    }
}

/// What a statement would change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Micro-USD of variation, up or down.
    pub variation: u64,
    /// The requirement is another one.
    pub requirement: bool,
    /// A claim opens, grows or ends, more is owed, or a standing order acts in its place; or it is overdue and can be enforced by a fresh statement
    /// alone.
    pub claim: bool,
    /// A party asked for it.
    pub asked_for: bool,
    /// Slots since the last statement; zero of an account without positions.
    pub age: u64,
    /// The agreement's, micro-USD.
    pub minimum_transfer_amount: u64,
}

impl MarkPolicy {
    /// Whether an account is stated.
    pub const fn states(self, of: &Difference) -> bool {
        let (moves, oldest) = match self {
            Self::EverySlot => (of.variation != 0 || of.requirement, MOST_SLOTS),
            Self::WhenItMatters { trigger, most_slots } => {
                let trigger = match trigger {
                    Some(trigger) => trigger,
                    None => of.minimum_transfer_amount,
                };
                (of.variation != 0 && of.variation >= trigger, most_slots)
            }
        };
        moves || of.claim || of.asked_for || of.age >= oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USD: u64 = 1_000_000;
    const SMALL: Difference = Difference {
        variation: 999 * USD,
        requirement: true,
        claim: false,
        asked_for: false,
        age: 1,
        minimum_transfer_amount: 1_000 * USD,
    };

    #[test]
    fn a_small_move_waits_and_a_large_one_does_not() {
        let policy = MarkPolicy::default();
        assert!(MarkPolicy::EverySlot.states(&SMALL) && !policy.states(&SMALL));
        assert!(policy.states(&Difference { variation: 1_000 * USD, ..SMALL }));
        let hundred = MarkPolicy::WhenItMatters { trigger: Some(100 * USD), most_slots: 360 };
        assert!(hundred.states(&SMALL) && !hundred.states(&Difference { variation: 99 * USD, ..SMALL }));
    }

    #[test]
    fn nothing_that_moved_is_no_reason_even_without_a_least_amount() {
        let still = Difference { variation: 0, requirement: false, minimum_transfer_amount: 0, ..SMALL };
        assert!(!MarkPolicy::default().states(&still) && !MarkPolicy::EverySlot.states(&still));
    }

    #[test]
    fn claims_and_parties_do_not_wait() {
        let policy = MarkPolicy::default();
        assert!(policy.states(&Difference { claim: true, ..SMALL }));
        assert!(policy.states(&Difference { asked_for: true, ..SMALL }));
    }

    #[test]
    fn no_statement_grows_old() {
        let policy = MarkPolicy::default();
        assert!(!policy.states(&Difference { age: 359, ..SMALL }) && policy.states(&Difference { age: 360, ..SMALL }));
        let still = Difference { variation: 0, requirement: false, ..SMALL };
        assert!(MarkPolicy::EverySlot.states(&Difference { age: MOST_SLOTS, ..still }));
    }
}
