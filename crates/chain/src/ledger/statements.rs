//! Statements: history, requirement, variation paid, what fills cost.
use super::dues::Moves;
use super::fault::{at_most, equal};
use super::set::Bundle;
use super::{Account, Fault, Ledger};
use abi::escrow::MarginEscrow::{HouseStated, MarginStated};
use abi::history;

/// Micro-USD of a token, and seconds of a day.
const TOKEN: u64 = 1_000_000;
const DAY: u64 = 86_400;

impl Ledger {
    /// Takes a statement's figures, and checks each: sequence and history, what was paid, what fills cost, what was posted.
    pub(super) fn state(&mut self, event: &MarginStated) -> Result<(), Fault> {
        self.set.follow(event.account);
        self.deliver_from(event.account)?;
        self.stated_now(event.account, self.set.bundle)?;
        let account = self.account(event.account)?;
        let follows = account.follows(event);
        let (change, moved) =
            (event.cumulativeVariation.saturating_sub(account.cumulative_variation), account.history != event.history);
        account.announced.charged = 0;
        let variation = self.pay_variation(event, change);
        let history = self.remember(event);
        let fills = self.charge_mandate(event, moved);
        let margin = self.posted_as_stated(event);
        follows.and(history).and(fills).and(variation).and(margin).map_err(|fault| fault.of(event.account))
    }

    /// Fills are paid whole; of what else changes, what is there.
    fn pay_variation(&mut self, event: &MarginStated, change: i64) -> Result<(), Fault> {
        let settles = self.settles();
        let (left, cap) = self.account(event.account)?.under_cap(event, change, settles);
        let moves = if settles { Moves::Whole } else { Moves::UpTo(left) };
        let paid = self.vary(event.account, change, event.paid, moves);
        let owed = self.account(event.account)?.house_owes;
        self.set.credit(change, event.paid, owed);
        cap.and(paid)
    }

    fn remember(&mut self, event: &MarginStated) -> Result<(), Fault> {
        let bundle = self.set.bundle;
        let account = self.account(event.account)?;
        let history = account.history_follows(event, bundle);
        account.take_over(event);
        history
    }

    /// The escrow's `P` is the replayed one; where nothing is required it computes none.
    fn posted_as_stated(&self, event: &MarginStated) -> Result<(), Fault> {
        match self.accounts.get(&event.account) {
            Some(account) if account.required() > 0 => {
                let posted = self.prices(0).posting(&account.holdings, account.required()).posted;
                equal(9, "posted, as stated", posted, event.posted)
            }
            _ => Ok(()),
        }
    }

    /// What fills cost stays within the mandate's caps; without fills they cost nothing.
    fn charge_mandate(&mut self, event: &MarginStated, moved: bool) -> Result<(), Fault> {
        let Bundle::Fills(venue) = self.set.bundle else {
            return equal(2, "fill variation of a statement without fills", 0, event.fillVariation);
        };
        if !moved {
            return equal(2, "fill variation of an account without fills", 0, event.fillVariation);
        }
        let mandate = self.mandates.entry((event.account, venue)).or_default();
        let today = event.asOf / DAY;
        let cap = mandate.requirement_cap;
        if event.fillVariation < 0 {
            let spent = if mandate.day == today { mandate.used } else { 0 };
            (mandate.used, mandate.day) = (spent.saturating_add(event.fillVariation.unsigned_abs()), today);
        }
        let within = at_most(2, "requirement under the mandate", cap, event.requirement);
        let used = if event.fillVariation < 0 { mandate.used } else { 0 };
        within.and(at_most(2, "what fills cost in a day under the mandate", mandate.fill_variation_cap, used))
    }

    pub(super) fn state_house(&mut self, event: &HouseStated) -> Result<(), Fault> {
        let shares = self.set.end();
        let house = self.house(event.house)?;
        house.cumulative_variation = event.cumulativeVariation;
        let stated = i64::try_from(event.balance).unwrap_or(i64::MAX);
        let balance = equal(3, &format!("balance of house {} after the set", event.house), house.balance, stated);
        house.balance = stated;
        balance.and(shares)
    }

    /// Whether fills are settled.
    pub(super) fn settles(&self) -> bool {
        matches!(self.set.bundle, Bundle::Fills(_))
    }

    /// A bundle is a call of its own.
    pub(super) fn begin(&mut self, bundle: Bundle) {
        self.set.begin(bundle);
        self.count_anew();
    }
}

impl Account {
    fn follows(&self, event: &MarginStated) -> Result<(), Fault> {
        let forward = event.slot >= self.slot && event.asOf >= self.as_of;
        equal(9, "statement of an account that has left", false, self.closed)
            .and(equal(6, "statement of an account in default", false, self.in_default))
            .and(equal(5, "sequence of the statement", self.sequence.saturating_add(1), event.sequence))
            .and(equal(9, "neither slot nor time goes back", true, forward))
    }

    /// Positions move by fills or an event only; each step of a history follows from the one before.
    fn history_follows(&self, event: &MarginStated, bundle: Bundle) -> Result<(), Fault> {
        let before = self.history;
        match bundle {
            Bundle::Nothing => {
                let root = equal(2, "root of a statement that settles nothing", true, event.root.is_zero());
                root.and(equal(2, "history after a statement that settles nothing", before, event.history))
            }
            Bundle::Event(digest) => {
                equal(9, "history after the event", history::after(before, event.root, digest), event.history)
            }
            // Which fills were its own is not public.
            Bundle::Fills(_) => {
                let (moved, bit) = (before != event.history, event.history.0[31] & 1 == event.root.0[31] & 1);
                let moves = equal(9, "a history that changed with its root", true, moved || event.root.is_zero());
                moves.and(equal(9, "the history says whether there are positions", true, !moved || bit))
            }
        }
    }

    fn take_over(&mut self, event: &MarginStated) {
        if self.history != event.history {
            self.root = event.root;
        }
        self.history = event.history;
        self.sequence = event.sequence;
        self.requirement = event.requirement;
        self.cumulative_variation = event.cumulativeVariation;
        self.slot = event.slot;
        self.as_of = event.asOf;
    }

    /// What is left of the day's cap, which bounds what statements take. Where fills settle, all that is due lies within it.
    fn under_cap(&mut self, event: &MarginStated, change: i64, settles: bool) -> (u64, Result<(), Fault>) {
        if event.asOf / DAY != self.as_of / DAY {
            self.debited = 0;
        }
        let (due, taken) = if change < 0 { (change.unsigned_abs(), event.paid.unsigned_abs()) } else { (0, 0) };
        let left = (self.agreement.variationCap / TOKEN).saturating_sub(self.debited).saturating_mul(TOKEN);
        self.debited = self.debited.saturating_add(taken.div_ceil(TOKEN));
        (left, at_most(3, "a debit of fills under the day's cap", left, if settles { due } else { 0 }))
    }
}
