//! Whether a bundle may leave an account as it does.

/// One account's margin, before or after a bundle, at the same valuations; micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// `C`.
    pub required: u64,
    /// `P`, at the last prices.
    pub posted: u64,
    /// What counts of it and has a fresh price.
    pub fresh: u64,
    /// Variation and interest that it owes, micro-USD.
    pub owed: u64,
}

impl Side {
    /// What is missing by fresh prices: of `C`, and all that is owed.
    pub fn missing(&self) -> u64 {
        self.required.saturating_sub(self.fresh).saturating_add(self.owed)
    }

    /// The same at the last prices.
    fn lacking(&self) -> u64 {
        self.required.saturating_sub(self.posted).saturating_add(self.owed)
    }
}

/// What becomes of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is missing, and nothing owed.
    Covered,
    /// It was short before, and neither `C` nor what is missing has risen.
    NotWorse,
    /// The same of an account past a deadline, where less would be missing than before.
    Overdue,
    /// It lacks margin, and more of it than before.
    Short,
}

/// An account that has its margin is covered. One that was short may lower its risk: `C` must not rise, nor what is missing, neither by
/// fresh prices nor by the last ones. Past a deadline (`overdue`) less must be missing than before.
pub fn verdict(before: Side, after: Side, overdue: bool) -> Verdict {
    let (was, is) = (before.missing(), after.missing());
    if is == 0 {
        Verdict::Covered
    } else if was == 0 || after.required > before.required || is > was || after.lacking() > before.lacking() {
        Verdict::Short
    } else if overdue && is == was {
        Verdict::Overdue
    } else {
        Verdict::NotWorse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Side = Side { required: 100, posted: 70, fresh: 70, owed: 5 };

    fn side(required: u64, fresh: u64, owed: u64) -> Side {
        Side { required, posted: fresh, fresh, owed }
    }

    #[test]
    fn who_is_covered_may_do_anything() {
        assert_eq!(verdict(Side::default(), side(100, 100, 0), true), Verdict::Covered);
        assert_eq!(verdict(SHORT, side(900, 900, 0), false), Verdict::Covered);
    }

    #[test]
    fn who_is_short_may_not_become_shorter() {
        assert_eq!(verdict(side(100, 100, 0), side(100, 99, 0), false), Verdict::Short);
        assert_eq!(verdict(SHORT, side(100, 70, 6), false), Verdict::Short);
        assert_eq!(verdict(SHORT, side(101, 80, 0), false), Verdict::Short, "more is required, though less is missing");
        assert_eq!(verdict(SHORT, SHORT, false), Verdict::NotWorse);
        assert_eq!(verdict(SHORT, side(90, 70, 5), false), Verdict::NotWorse);
    }

    #[test]
    fn without_a_price_nothing_leaves_either() {
        let stale = |posted| Side { required: 100, posted, fresh: 0, owed: 0 };
        assert_eq!(verdict(stale(90), stale(90), false), Verdict::NotWorse);
        assert_eq!(verdict(stale(90), stale(89), false), Verdict::Short);
    }

    #[test]
    fn past_a_deadline_only_what_cures_goes_on() {
        assert_eq!(verdict(SHORT, SHORT, true), Verdict::Overdue);
        assert_eq!(verdict(SHORT, side(99, 70, 5), true), Verdict::NotWorse);
    }
}
