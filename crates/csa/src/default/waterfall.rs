//! Who bears what a failed account owes once its margin is gone: capital locked for it, its bonds, its secured party.

/// A series' cover of one account, in micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// `A`: from which loss on.
    pub attachment: u64,
    /// `E`: up to which.
    pub exhaustion: u64,
    /// `M`: the margin that it was priced for.
    pub margin: u64,
    /// What is left of the series.
    pub principal: u64,
}

/// How a loss is borne, in micro-USD: `loss = capital + Σ bonds + recovery`, to the lot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Borne {
    /// `U`: what was owed.
    pub loss: u64,
    /// `c`: of the capital locked.
    pub capital: u64,
    /// `r`: the claim on the secured party, less with each bond and each payment.
    pub recovery: u64,
}

impl Borne {
    /// Capital first; the rest is a claim until bonds absorb it.
    pub fn of(owed: u64, locked: u64) -> Self {
        let capital = owed.min(locked);
        Self { loss: owed, capital, recovery: owed.saturating_sub(capital) }
    }

    /// What a series absorbs of it; `required` is the account's at its default.
    pub fn absorb_down(&mut self, cover: &Cover, required: u64) -> u64 {
        let covered = cover.of_down(self.loss, required);
        let absorbed = covered.min(cover.principal).min(self.recovery);
        self.recovery = self.recovery.saturating_sub(absorbed);
        absorbed
    }

    /// Pays the claim; how much of `amount` it took.
    pub fn pay(&mut self, amount: u64) -> u64 {
        let paid = amount.min(self.recovery);
        self.recovery = self.recovery.saturating_sub(paid);
        paid
    }
}

impl Cover {
    /// What of a loss it covers, whatever its principal: where more was required than it was priced for, of that part alone.
    pub fn of_down(&self, loss: u64, required: u64) -> u64 {
        let priced = if required > self.margin { crate::custody::part_down(loss, self.margin, required) } else { loss };
        priced.saturating_sub(self.attachment).min(self.exhaustion.saturating_sub(self.attachment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COVER: Cover = Cover { attachment: 100, exhaustion: 400, margin: 1_000, principal: 250 };

    #[test]
    fn capital_then_bonds_then_the_claim() {
        let mut borne = Borne::of(1_000, 100);
        assert_eq!(borne, Borne { loss: 1_000, capital: 100, recovery: 900 });
        assert_eq!((borne.absorb_down(&COVER, 1_000), borne.recovery), (250, 650));
        assert_eq!([borne.pay(600), borne.pay(60), borne.pay(1)], [600, 50, 0]);
    }

    #[test]
    fn a_loss_within_the_capital_reaches_nobody_else() {
        let mut borne = Borne::of(80, 100);
        assert_eq!((borne.capital, borne.recovery, borne.absorb_down(&COVER, 1_000)), (80, 0, 0));
        assert_eq!(Borne::of(0, 100), Borne::default());
    }

    #[test]
    fn exposure_that_grew_is_covered_as_it_was_priced() {
        let covered = [1_000, 1_001, 2_000, 10_000].map(|required| COVER.of_down(500, required));
        assert_eq!(covered, [300, 300, 150, 0]);
        assert_eq!([COVER.of_down(100, 1), COVER.of_down(101, 1), COVER.of_down(0, 0)], [0, 1, 0]);
    }
}
