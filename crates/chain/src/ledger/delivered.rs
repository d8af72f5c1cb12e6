//! What of an account's demands a call delivered: what was missing before it, less what is missing after it, at the same
//! valuations. What an account held before is kept from the first event of a call that may deliver.
use super::set::Bundle;
use super::{Account, Fault, Holding, Ledger};
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS};
use std::collections::BTreeMap;

/// From when on what is delivered counts.
#[derive(Clone, Debug, Default)]
pub(super) enum Counting {
    /// Nothing of the transaction could deliver.
    #[default]
    Nothing,
    From(Before),
    /// A ruling: what it moves counts to no demand.
    Ruled,
    /// It was counted; what else the transaction brings is not known apart.
    Over,
}

/// An account before a call.
#[derive(Clone, Debug)]
pub(super) struct Before {
    holdings: BTreeMap<u8, Holding>,
    required: u64,
    owed: u64,
    /// What a statement of the call settles.
    stated: Option<Bundle>,
    /// The call pledges or substitutes.
    pledges: bool,
    /// The house owed the account: what is late is late by the house.
    house_owes: bool,
    /// What the call delivered before its standing order brought the rest.
    so_far: u64,
    /// A standing order brings something.
    ordered: bool,
}

impl Ledger {
    /// A call that pledges or substitutes begins.
    pub(super) fn pledge_from(&mut self, number: u64) -> Result<(), Fault> {
        let account = self.account(number)?;
        account.counting = Counting::From(Before { pledges: true, ..account.before() });
        Ok(())
    }

    /// An event that may be the first of its call.
    pub(super) fn deliver_from(&mut self, number: u64) -> Result<(), Fault> {
        let account = self.account(number)?;
        if matches!(account.counting, Counting::Nothing) {
            account.counting = Counting::From(account.before());
        }
        Ok(())
    }

    /// A standing order brings something: what its call took from the margin before is no less of a delivery.
    pub(super) fn order_from(&mut self, number: u64) -> Result<(), Fault> {
        let held = self.accounts.get(&number).map_or(0, |account| self.delivered(account).unwrap_or(0));
        let account = self.account(number)?;
        let now = account.before();
        match &mut account.counting {
            Counting::From(before) if !before.ordered => {
                let (holdings, required, owed) = (now.holdings, now.required, now.owed);
                *before = Before { holdings, required, owed, so_far: held, ordered: true, ..before.clone() };
            }
            Counting::Nothing => account.counting = Counting::From(Before { ordered: true, ..now }),
            _ => {}
        }
        Ok(())
    }

    /// The account's statement: of a call of its own, or of one that paid and topped up before.
    pub(super) fn stated_now(&mut self, number: u64, bundle: Bundle) -> Result<(), Fault> {
        let account = self.account(number)?;
        let same = match &account.counting {
            Counting::From(before) if !before.pledges && before.stated.is_none() => before.clone(),
            _ => account.before(),
        };
        account.counting = Counting::From(Before { stated: Some(bundle), ..same });
        Ok(())
    }

    /// A bundle is a call of its own.
    pub(super) fn count_anew(&mut self) {
        self.accounts.values_mut().for_each(|account| account.counting = Counting::Nothing);
    }

    /// What was delivered, where it is known.
    pub(super) fn delivered(&self, account: &Account) -> Option<u64> {
        let before = match &account.counting {
            Counting::Nothing | Counting::Ruled => return Some(0),
            Counting::Over => return None,
            Counting::From(before) => before,
        };
        let (required, settles) = (account.required(), matches!(before.stated, Some(Bundle::Fills(_))));
        let prices = self.prices(if settles { FRESH_SLOTS } else { MARK_SLOTS });
        // A mark holds both sides against what is required now; where fills leave nothing required and nothing was owed, nobody
        // values what was.
        let (then, valued) =
            if settles { (before.required, required != 0 || before.owed != 0) } else { (required, true) };
        let fresh = |holdings, required| if valued { prices.posting(holdings, required).fresh } else { 0 };
        let missing = |required: u64, holdings, owed: u64| {
            required.saturating_sub(fresh(holdings, required)).saturating_add(owed)
        };
        let was = missing(then, &before.holdings, before.owed);
        let since = was.saturating_sub(missing(required, &account.holdings, account.owed));
        Some(before.so_far.saturating_add(since))
    }

    /// Lots of the settlement token that a pledge or substitution of this call brought.
    pub(super) fn brought(&self, account: &Account) -> u64 {
        let Counting::From(before @ Before { pledges: true, .. }) = &account.counting else { return 0 };
        let held = before.holdings.get(&account.settlement).map_or(0, |holding| holding.lots);
        account.cash().saturating_sub(held)
    }

    /// What was delivered was counted; but for fills of an account that is late, which a mark or a pledge counts.
    pub(crate) fn is_counted(&self, account: &Account) -> bool {
        let Counting::From(before) = &account.counting else { return true };
        let late = self.now > account.claim.tranches[0].deadline;
        let later = late && matches!(before.stated, Some(Bundle::Fills(_)));
        let frozen = account.in_default || account.closed || !account.claim.open;
        frozen || later || account.claim.asked() == 0 || self.delivered(account) == Some(0)
    }
}

impl Counting {
    /// Whether what was delivered came from the house, or would have, had it paid in time.
    pub fn by_house(&self) -> bool {
        matches!(self, Self::From(Before { house_owes: true, pledges: false, .. }))
    }
}

impl Account {
    fn before(&self) -> Before {
        let (holdings, required) = (self.holdings.clone(), self.required());
        let house_owes = self.house_owes > 0;
        let (owed, so_far) = (self.owed, 0);
        Before { holdings, required, owed, stated: None, pledges: false, house_owes, so_far, ordered: false }
    }
}
