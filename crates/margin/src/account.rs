//! A margin account while an action works on it: slots are loaded when asked for and stored once, by [`Account::save`].
use crate::csa::{self, Lots};
use crate::encode::emit;
use crate::fault::{OrFail, ensure};
use crate::ledger::{Dues, Moved};
use crate::registry::{Valuations, assets, bit};
use crate::storage::{Balance, Claims, Hold, HouseOwes, Ledger, Slots, Terms};
use crate::window::Credits;
use abi::escrow::MarginEscrow::{AccountClosed, AccountInDefault, HouseClaimIssued, UnknownAccount};
use alloc::vec::Vec;
use contract_kit::host;

pub struct Account {
    pub id: u64,
    pub slots: Slots,
    pub terms: Terms,
    /// What it held when the action began.
    held_before: u16,
    claims: Option<Claims>,
    holdings: Vec<Holding>,
}

struct Holding {
    asset: u8,
    before: Lots,
    balance: Balance,
}

/// An account's collateral at given valuations, in micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posting {
    /// `P`.
    pub posted: u64,
    /// The part of it with fresh valuations: a token without a fresh price can neither back new risk nor block it.
    pub fresh: u64,
    /// The most that the rest can come to, whatever its price is now.
    pub stale_at_most: u64,
    /// `Σ V`, before concentration limits.
    pub value: u64,
    /// What would be credited for what is recalled and counts for nothing any more.
    pub recalled: u64,
}

impl Posting {
    /// `P` at the highest prices that stale valuations leave room for.
    pub fn at_most(&self) -> u64 {
        self.fresh.saturating_add(self.stale_at_most)
    }
}

impl Account {
    pub fn open(id: u64) -> Self {
        let unknown = || UnknownAccount { account: id };
        let slots = Slots::of(u32::try_from(id).ok().or_fail(unknown));
        let terms = slots.terms();
        ensure(terms.house != 0, unknown);
        Self { id, slots, terms, held_before: terms.held, claims: None, holdings: Vec::with_capacity(4) }
    }

    /// One that has not left for a successor.
    pub fn here(id: u64) -> Self {
        let account = Self::open(id);
        ensure(!account.terms.closed, || AccountClosed { account: id });
        account
    }

    /// For an action, which an account in default is frozen for.
    pub fn acting(id: u64) -> Self {
        let account = Self::here(id);
        ensure(!account.terms.in_default, || AccountInDefault { account: id });
        account
    }

    fn holding(&mut self, asset: u8) -> &mut Holding {
        let at = match self.holdings.iter().position(|holding| holding.asset == asset) {
            Some(at) => at,
            None => {
                let balance = self.slots.balance(asset);
                self.holdings.push(Holding { asset, before: balance.lots, balance });
                self.holdings.len().saturating_sub(1)
            }
        };
        self.holdings.get_mut(at).checked()
    }

    pub fn lots(&mut self, asset: u8) -> Lots {
        self.holding(asset).balance.lots
    }

    pub fn set_lots(&mut self, asset: u8, lots: Lots) {
        self.holding(asset).balance.lots = lots;
        let others = self.terms.held & !bit(asset);
        self.terms.held = if lots.all == 0 { others } else { others | bit(asset) };
    }

    /// Lots that may leave now.
    pub fn free_lots(&mut self, asset: u8) -> u64 {
        self.holding(asset).balance.free()
    }

    /// What a relayer may still top up.
    pub fn top_up(&mut self, asset: u8) -> &mut u64 {
        &mut self.holding(asset).balance.top_up
    }

    /// The slot of claims, whether one is open or not.
    pub fn claims(&mut self) -> &mut Claims {
        let slots = self.slots;
        self.claims.get_or_insert_with(|| slots.claims())
    }

    /// Between actions nothing is owed without an open claim; within a mark the claim comes after.
    pub fn owed(&mut self) -> u64 {
        if self.terms.claim_open || self.claims.is_some() { self.claims().owed } else { 0 }
    }

    pub fn dues(&mut self, settlement: u8) -> Dues {
        let house_owes = if self.terms.house_owes { self.slots.house_owes().lots } else { 0 };
        Dues { held: self.lots(settlement), owed: self.owed(), house_owes }
    }

    pub fn set_dues(&mut self, settlement: u8, dues: &Dues) {
        if dues.house_owes != 0 || self.terms.house_owes {
            self.set_house_owes(dues.house_owes);
        }
        if dues.owed != 0 || self.terms.claim_open || self.claims.is_some() {
            self.claims().owed = dues.owed;
        }
        self.set_lots(settlement, dues.held)
    }

    /// The house has the account's resolution time from when it first owes.
    fn set_house_owes(&mut self, lots: u64) {
        let deadline = match (lots, self.terms.house_owes) {
            (0, _) => 0,
            (_, true) => self.slots.house_owes().deadline,
            (_, false) => self.resolution(host::timestamp()),
        };
        self.slots.set_house_owes(HouseOwes { lots, deadline });
        self.terms.house_owes = lots != 0;
    }

    /// The deadline of what is claimed now.
    pub fn resolution(&self, now: u64) -> u64 {
        now.checked_add(self.slots.party().resolution_time.into()).checked()
    }

    /// The secured party recalls a token, not the settlement token, from `at` on; zero withdraws it.
    pub fn recall(&mut self, asset: u8, at: u64) {
        self.holding(asset).balance.hold = Hold::Recall(at);
    }

    /// The house pays variation as far as it holds the token, and owes the rest.
    #[inline(never)]
    pub fn receive(&mut self, settlement: u8, ledger: &mut Ledger, amount: u64) -> Moved {
        let (mut dues, house) = (self.dues(settlement), self.terms.house);
        let moved = dues.credit(ledger, amount).checked();
        if moved.unpaid != 0 {
            emit(&HouseClaimIssued { house, account: self.id, amount: moved.unpaid, owed: dues.house_owes });
        }
        self.set_dues(settlement, &dues);
        self.hold_back(settlement, moved.paid);
        moved
    }

    /// Variation that was paid in: it leaves after its window.
    #[inline(never)]
    pub fn hold_back(&mut self, settlement: u8, paid: u64) {
        if paid != 0 {
            let hold = &mut self.holding(settlement).balance.hold;
            *hold = Hold::Credits(hold.credits().add_up(paid, host::timestamp()));
        }
    }

    /// `C` at a requirement.
    pub fn required(&self, requirement: u64) -> u64 {
        csa::required(requirement, self.terms.independent_amount, self.terms.threshold).checked()
    }

    /// What it holds now.
    pub fn posting(&mut self, valuations: &Valuations, required: u64) -> Posting {
        self.value(valuations, required, true)
    }

    /// What it held when the action began.
    pub fn posting_before(&mut self, valuations: &Valuations, required: u64) -> Posting {
        self.value(valuations, required, false)
    }

    #[inline(never)]
    fn value(&mut self, valuations: &Valuations, required: u64, now: bool) -> Posting {
        let mut sum = Posting::default();
        for asset in assets(if now { self.terms.held } else { self.held_before }) {
            let valuation = valuations.get(asset);
            let holding = self.holding(asset);
            let lots = if now { holding.balance.lots } else { holding.before };
            let value = valuations.borne_down(asset, csa::value_down(lots, valuation));
            let credit = csa::credit_down(value, valuation.concentrationLimit, required);
            if is_recalled(&holding.balance) {
                sum.recalled = sum.recalled.saturating_add(credit);
                continue;
            }
            sum.value = sum.value.saturating_add(value);
            sum.posted = sum.posted.saturating_add(credit);
            if valuations.is_fresh(valuation) {
                sum.fresh = sum.fresh.saturating_add(credit);
            } else {
                let most = csa::credit_down(csa::value_at_most(lots), valuation.concentrationLimit, required);
                sum.stale_at_most = sum.stale_at_most.saturating_add(most);
            }
        }
        sum
    }

    pub fn save(&self) {
        self.slots.set_terms(&self.terms);
        for holding in &self.holdings {
            self.slots.set_balance(holding.asset, &holding.balance);
        }
        if let Some(claims) = &self.claims {
            self.slots.set_claims(claims);
        }
    }
}

fn is_recalled(balance: &Balance) -> bool {
    matches!(balance.hold, Hold::Recall(at) if at != 0 && at <= host::timestamp())
}

impl Hold {
    pub fn credits(self) -> Credits {
        match self {
            Self::Credits(credits) => credits,
            Self::Recall(_) => Credits::default(),
        }
    }
}

impl Balance {
    /// Lots that may leave now.
    pub fn free(&self) -> u64 {
        self.lots.all.saturating_sub(self.hold.credits().held_back(self.lots.all, host::timestamp()))
    }
}
