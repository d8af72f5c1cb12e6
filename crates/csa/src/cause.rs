//! Why margin is missing.
use crate::posting::Posting;
use abi::escrow::cause;

/// An account as a review finds it, and what brought it there; micro-USD.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// What counts after the change.
    pub posting: Posting,
    /// `C` after the change, micro-USD.
    pub required: u64,
    /// `C` as it was before.
    pub required_before: u64,
    /// What counted and went away as variation.
    pub paid_out: u64,
}

/// Without a recall nothing would be missing; else the larger of what was paid out as variation and the rise of what is
/// required; else what is there counts for less.
pub fn of(change: &Change) -> u8 {
    let Posting { posted, recalled, value, .. } = change.posting;
    let rise = change.required.saturating_sub(change.required_before);
    if recalled != 0 && posted.saturating_add(recalled) >= change.required {
        cause::RECALL
    } else if change.paid_out > rise {
        cause::VARIATION
    } else if rise != 0 {
        cause::INITIAL
    } else if value >= change.required {
        cause::CONCENTRATION
    } else {
        cause::HAIRCUT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTING: Posting = Posting { posted: 90, fresh: 90, stale_at_most: 0, value: 95, recalled: 0 };
    const CALM: Change = Change { posting: POSTING, required: 100, required_before: 100, paid_out: 0 };

    #[test]
    fn margin_is_missing_for_one_reason() {
        assert_eq!(of(&CALM), cause::HAIRCUT);
        assert_eq!(of(&Change { required_before: 99, ..CALM }), cause::INITIAL);
        assert_eq!(of(&Change { posting: Posting { value: 100, ..POSTING }, ..CALM }), cause::CONCENTRATION);
    }

    #[test]
    fn variation_that_was_paid_out_of_margin_is_the_cause() {
        assert_eq!(of(&Change { paid_out: 1, ..CALM }), cause::VARIATION);
        assert_eq!(of(&Change { paid_out: 6, required_before: 95, ..CALM }), cause::VARIATION);
        assert_eq!(of(&Change { paid_out: 5, required_before: 95, ..CALM }), cause::INITIAL);
    }

    #[test]
    fn a_recall_is_the_cause_where_it_took_what_is_missing() {
        let of = |recalled, required_before| {
            of(&Change { posting: Posting { recalled, ..POSTING }, required_before, ..CALM })
        };
        assert_eq!((of(10, 100), of(10, 60)), (cause::RECALL, cause::RECALL));
        assert_eq!((of(9, 100), of(9, 60)), (cause::HAIRCUT, cause::INITIAL));
    }
}
