//! What account and house owe each other. Never both stand, so that one number says it: `owed − houseOwes`, which moves by
//! what is paid less the change of variation, and by interest.
//!
//! The escrow emits a statement at the end of its call: `OwedPaid` and `HouseClaimIssued` of that call come before it and
//! already say what is owed after it.
use super::fault::{equal, put, shift, take};
use super::{Account, Fault, House, Ledger};
use abi::escrow::MarginEscrow::{HouseClaimIssued, HouseClaimPaid, OwedPaid};
use std::ops::RangeInclusive;

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
        let moved = paid.unsigned_abs();
        let right = moves.bounds(asked, debit, if debit { cash } else { free });
        let fault = || {
            Fault::new(
                3,
                "variation paid",
                if debit { -i128::from(*right.start()) } else { (*right.start()).into() },
                paid,
            )
        };
        let is_right = right.contains(&moved) && (paid == 0 || (paid < 0) == debit);
        let variation = if is_right { Ok(()) } else { Err(fault()) };
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
        let brought = self.accounts.get(&event.account).map_or(0, |account| self.brought(account));
        let account = self.account(event.account)?;
        account.announced.charged = 0;
        let kept = account.kept(brought, now).min(event.amount.saturating_add(event.owed));
        let held = equal(3, "what is paid leaves what is held back", true, event.owed >= kept);
        let owed = take(&mut account.owed.clone(), event.amount, "what the account owes");
        let lots = account.debit(event.amount);
        account.holdings.entry(account.settlement).or_default().pay_owed(event.amount);
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

impl Moves {
    /// What may move of what is asked, where so much is there.
    fn bounds(self, asked: u64, debit: bool, there: u64) -> RangeInclusive<u64> {
        match self {
            Self::Whole => asked..=asked,
            Self::UpTo(_) if !debit => 0..=asked,
            Self::UpTo(most) => asked.min(most).min(there)..=asked.min(most).min(there),
            Self::Present => asked.min(there)..=asked.min(there),
        }
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
