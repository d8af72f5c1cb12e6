//! What a house pays of its debts: of all debts of one moment the same part, whoever asks first.
//!
//! Each `HouseClaimPaid` shows which part is left of the account's debt, so of all. It never rises, and what others have due
//! by it is in the house. Figures are whole lots, so the part is known within bounds; a payment of less than a lot, which no
//! event shows, sets aside for the debts of that moment, and that is not seen.
use super::{Account, Fault, House, Ledger};
use abi::escrow::MarginEscrow::HouseClaimPaid;

/// 1 in 1e-18.
const WHOLE: u128 = 1_000_000_000_000_000_000;
/// By how much of it the part may rise: lots that were set aside unseen.
const SLACK: u128 = 1_000_000;

/// What is left of a debt made at the beginning of the epoch, within bounds; an epoch ends when all debts are covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    epoch: u32,
    least: u128,
    most: u128,
}

impl Default for Part {
    fn default() -> Self {
        Self { epoch: 0, least: WHOLE, most: WHOLE }
    }
}

impl Part {
    /// Once `left` of `lots` is left, rounded up.
    fn after(self, left: u64, lots: u64) -> Self {
        let of = |part: u128, left: u64| part * u128::from(left) / u128::from(lots.max(1));
        Self { least: of(self.least, left.saturating_sub(1)), most: of(self.most, left), ..self }
    }

    fn next(self) -> Self {
        Self { epoch: self.epoch.wrapping_add(1), ..Self::default() }
    }
}

impl Ledger {
    /// A payment shows which part is left.
    pub(super) fn reveal_part(&mut self, event: &HouseClaimPaid) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let (own, lots) = (account.part, event.amount.saturating_add(event.owed));
        let house = self.house(event.house)?;
        let seen = house.part;
        if own.epoch != seen.epoch {
            let what = "what is left of a debt that was covered";
            return if event.owed == 0 { Ok(()) } else { Err(Fault::new(3, what, 0, event.owed)) };
        }
        house.part = if event.owed == 0 {
            seen.next()
        } else {
            let shown = own.after(event.owed, lots);
            Part { most: shown.most.min(seen.most), ..shown }
        };
        let (rose, part) =
            (house.part.epoch == seen.epoch && house.part.least > seen.most + seen.most / SLACK, house.part);
        self.account(event.account)?.part = part;
        let what = "part of the debt that is left, in 1e-18, no more than of other debts";
        if rose { Err(Fault::new(3, what, seen.most, part.least)) } else { Ok(()) }
    }

    /// A debt that changed without a payment stands at the part that is left now, unless that is less than a lot of it.
    pub(super) fn touch_part(&mut self, number: u64, before: u64) -> Result<(), Fault> {
        let house = self.account(number)?.house;
        let part = self.house(house)?.part;
        let account = self.account(number)?;
        account.part = if before == 0 || account.part.epoch != part.epoch {
            part
        } else {
            let unseen = account.part.after(before, before);
            Part { least: unseen.least.min(part.least), ..part }
        };
        Ok(())
    }

    /// What debts have due by the part that is left is in the house.
    pub(crate) fn covered_debts(&self) -> Vec<Fault> {
        let owing = self.houses.iter().filter(|(_, house)| house.owed > 0);
        let short = owing.filter_map(|(number, house)| {
            let due = self.set_aside(*number, house, |part, own| (part.most, own.least));
            let fault =
                |due| Fault::new(3, format!("house {number} holds what its debts have due"), due, house.balance);
            (i128::from(house.balance) < i128::from(due)).then(|| fault(due))
        });
        short.collect()
    }

    /// The most that can be set aside in a house.
    pub(super) fn most_set_aside(&self, number: u32) -> u64 {
        self.houses.get(&number).map_or(0, |house| self.set_aside(number, house, |part, own| (part.least, own.most)))
    }

    fn set_aside(&self, number: u32, house: &House, bounds: impl Fn(Part, Part) -> (u128, u128)) -> u64 {
        let of = |account: &Account| {
            if account.part.epoch != house.part.epoch {
                return account.house_owes;
            }
            let (part, own) = bounds(house.part, account.part);
            let left = (u128::from(account.house_owes) * part).div_ceil(own.max(1));
            account.house_owes.saturating_sub(u64::try_from(left).unwrap_or(u64::MAX))
        };
        let owed = self.accounts.values().filter(|account| account.house == number && account.house_owes > 0);
        owed.map(of).fold(0, u64::saturating_add)
    }

    /// All debts are covered: those of later have no part in what is there.
    pub(super) fn cover_debts(&mut self, number: u32) -> Result<(), Fault> {
        let house = self.house(number)?;
        house.part = house.part.next();
        Ok(())
    }
}
