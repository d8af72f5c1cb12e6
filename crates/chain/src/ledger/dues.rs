//! What account and house owe each other. Never both stand, so that one number says it: `owed − houseOwes`, which moves by
//! what is paid less the change of variation, and by interest.
//!
//! The escrow emits a statement at the end of its call: `OwedPaid` and `HouseClaimIssued` of that call come before it and
//! already say what is owed after it.
use super::delivered::Counting;
use super::fault::{equal, put, shift, take};
use super::interest::Interest;
use super::rulings::Correction;
use super::{Account, Fault, House, Ledger};
use abi::escrow::MarginEscrow::{HouseClaimIssued, HouseClaimPaid, OwedPaid};

/// What events said that others of the same transaction must bring about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Announced {
    /// What the account owes.
    pub owed: Option<u64>,
    /// What the house could not pay, and what it owes then.
    pub unpaid: Option<(u64, u64)>,
    /// What a late delivery or a rejected dispute bears, until it is charged.
    pub interest: Option<Interest>,
    /// Interest just charged: a `HouseClaimPaid` right after it came before it.
    pub charged: u64,
    /// A ruling took from the demands, and what is left must be said.
    pub reduced: bool,
    /// What a ruling must put right.
    pub correction: Option<Correction>,
}

/// How much of what is asked must move at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moves {
    /// All of it.
    Whole,
    /// Of a debit what is there, up to so much; of a credit any part.
    UpTo(u64),
    /// What is there, of a debit or a credit.
    Present,
}

impl Ledger {
    /// The account owes its house so much more, or is owed so much less.
    pub(super) fn owe(&mut self, number: u64, more: i128) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(number)?);
        let before = account.house_owes;
        let net = i128::from(account.owed) - i128::from(before) + more;
        account.owed = u64::try_from(net).unwrap_or_default();
        account.house_owes = u64::try_from(-net).unwrap_or_default();
        if before == 0 {
            account.house_owes_since = now;
        }
        let (owes, house) = (account.house_owes, account.house);
        let debt = i128::from(owes) - i128::from(before);
        let house = self.house(house)?;
        house.owed = u64::try_from(i128::from(house.owed) + debt).unwrap_or_default();
        self.touch_part(number, before)
    }

    /// Variation that became due, and what of it moved now: positive to the account.
    pub(super) fn vary(&mut self, number: u64, change: i64, paid: i64, moves: Moves) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(number)?);
        let (house, debit, cash) = (account.house, change < 0, account.cash());
        let set_off = change.unsigned_abs().min(if debit { account.house_owes } else { account.owed });
        let asked = change.unsigned_abs() - set_off;
        let free = self.house(house)?.free();
        let least = match moves {
            Moves::Whole => asked,
            Moves::UpTo(most) => {
                if debit {
                    asked.min(most).min(cash)
                } else {
                    0
                }
            }
            Moves::Present => asked.min(if debit { cash } else { free }),
        };
        let most = if debit || matches!(moves, Moves::Present) { least } else { asked };
        let moved = paid.unsigned_abs();
        let right = (least..=most).contains(&moved) && (paid == 0 || (paid < 0) == debit);
        let expected = if debit { -i128::from(least) } else { least.into() };
        let variation = if right { Ok(()) } else { Err(Fault::new(3, "variation paid", expected, paid)) };
        self.owe(number, i128::from(paid) - i128::from(change))?;
        let balance = self.house(house)?.pay(paid.into());
        let account = self.account(number)?;
        let lots = if paid < 0 { account.debit(moved) } else { account.credit(moved, now) };
        let unpaid = if debit { 0 } else { asked.saturating_sub(moved) };
        variation.and(lots).and(balance).and(self.account(number)?.dues_as_announced(unpaid))
    }

    /// What is not paid of what it owes is not there, or held back.
    pub(super) fn pay_owed(&mut self, event: &OwedPaid) -> Result<(), Fault> {
        let (now, settling) = (self.now, self.settles());
        self.deliver_from(event.account)?;
        let account = self.account(event.account)?;
        account.announced.charged = 0;
        let kept = account.held_back(now).min(event.amount.saturating_add(event.owed));
        let held = equal(3, "what is paid leaves what is held back", true, event.owed >= kept);
        let owed = take(&mut account.owed.clone(), event.amount, "what the account owes");
        let lots = account.debit(event.amount);
        let most = settling || event.owed <= kept || account.cash() == 0;
        self.owe(event.account, -i128::from(event.amount))?;
        let account = self.account(event.account)?;
        account.announced.owed = (account.owed != event.owed).then_some(event.owed);
        let house = shift(&mut self.house(event.house)?.balance, event.amount.into(), "balance of the house");
        let most = equal(3, "all that is there is paid", true, most);
        owed.and(lots).and(house).and(held).and(most).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn issue_house(&mut self, event: &HouseClaimIssued) -> Result<(), Fault> {
        self.account(event.account)?.announced.unpaid = Some((event.amount, event.owed));
        Ok(())
    }

    pub(super) fn pay_house(&mut self, event: &HouseClaimPaid) -> Result<(), Fault> {
        let now = self.now;
        self.deliver_from(event.account)?;
        let account = self.account(event.account)?;
        // Interest charged by the same call is set off after it.
        let charged = i128::from(account.announced.charged);
        let debt = i128::from(account.house_owes) - i128::from(account.owed) + charged;
        let owes = equal(3, "what the house owes the account", debt, i128::from(event.amount) + i128::from(event.owed));
        let lots = account.credit(event.amount, now);
        let part = self.reveal_part(event);
        self.owe(event.account, event.amount.into())?;
        let balance = self.house(event.house)?.pay(event.amount.into());
        owes.and(part).and(lots).and(balance).map_err(|fault| fault.of(event.account))
    }
}

impl House {
    /// Lots leave its balance, or come in where below zero.
    fn pay(&mut self, lots: i128) -> Result<(), Fault> {
        self.paid_out = self.paid_out.saturating_add(u64::try_from(lots).unwrap_or_default());
        shift(&mut self.balance, -lots, "balance of the house")
    }
}

impl Account {
    /// Holds what was announced against what came.
    pub(crate) fn confirm(&mut self) -> Result<(), Fault> {
        let Announced { owed, unpaid, interest, reduced, correction, .. } = std::mem::take(&mut self.announced);
        let found = correction.map_or("nothing".into(), |found| found.to_string());
        let checks = [
            equal(3, "late interest not charged", 0, interest.unwrap_or_default().least),
            equal(3, "what the account owes", self.owed, owed.unwrap_or(self.owed)),
            equal(3, "a claim on the house that nothing brought about", 0, unpaid.map_or(0, |(amount, _)| amount)),
            equal(10, "what a ruling leaves of demands is said", false, reduced && self.claim.open),
            equal(11, "what is put right, as found", found, "nothing".into()),
        ];
        self.counting = Counting::Nothing;
        checks.into_iter().collect()
    }

    /// Holds what the house could not pay against what it said.
    fn dues_as_announced(&mut self, unpaid: u64) -> Result<(), Fault> {
        let expected = (unpaid > 0).then_some((unpaid, self.house_owes));
        let announced = self.announced.unpaid.take();
        let text =
            |of: Option<(u64, u64)>| of.map_or("none".into(), |(amount, owed)| format!("{amount}, {owed} in all"));
        let claimed = equal(3, "a claim on the house for variation it did not pay", text(expected), text(announced));
        let owed = self.announced.owed.take().unwrap_or(self.owed);
        claimed.and(equal(3, "what the account owes", self.owed, owed))
    }

    /// Takes settlement lots: ordinary first, stressed last.
    pub(super) fn debit(&mut self, amount: u64) -> Result<(), Fault> {
        let holding = self.holdings.entry(self.settlement).or_default();
        let taken = take(&mut holding.lots, amount, "settlement lots");
        holding.stressed = holding.stressed.min(holding.lots);
        taken
    }

    /// Variation comes in, and is held back for its window.
    pub(super) fn credit(&mut self, amount: u64, now: u64) -> Result<(), Fault> {
        self.window.credit(amount, now);
        put(&mut self.holdings.entry(self.settlement).or_default().lots, amount, "settlement lots")
    }
}
