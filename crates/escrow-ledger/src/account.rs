//! A margin account while an action works on it: slots are loaded when asked for and stored once, by [`Account::save`].
use crate::encode::emit;
use crate::fault::{OrFail, ensure};
use crate::registry::{Valuations, assets, bit};
use crate::storage::{self, Balance, Claims, Hold, HouseLedger, HouseOwes, Slots, Terms};
use abi::escrow::MarginEscrow::{AccountClosed, AccountInDefault, HouseClaimIssued, HouseClaimPaid, UnknownAccount};
use alloc::vec::Vec;
use contract_kit::host;
use csa::{Credits, Debt, Dues, Holding as Counted, Lots, Moved, Posting};

/// An account under way.
pub struct Account {
    /// Its number, from 1.
    pub id: u64,
    /// Where it lies.
    pub slots: Slots,
    /// What both parties agreed, what it holds, and what is open. Saved by [`Account::save`].
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

/// Which of an account's lots count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Those that it holds now.
    Now,
    /// Those that it held when the action began.
    Before,
    /// Those that it holds now, but for variation that may not leave yet.
    Final,
}

impl Account {
    /// Loads an account, whatever state it is in; `UnknownAccount` where there is none.
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

    /// What it holds of an asset now.
    pub fn lots(&mut self, asset: u8) -> Lots {
        self.holding(asset).balance.lots
    }

    /// Sets what it holds of an asset.
    pub fn set_lots(&mut self, asset: u8, lots: Lots) {
        self.holding(asset).balance.lots = lots;
        let others = self.terms.held & !bit(asset);
        self.terms.held = if lots.all == 0 { others } else { others | bit(asset) };
    }

    /// Lots that may leave now.
    pub fn free_lots(&mut self, asset: u8) -> u64 {
        self.holding(asset).balance.free()
    }

    /// Lots that come in while a claim is open and their token has no price shield from nothing; with a price they count.
    pub fn note_late(&mut self, asset: u8, lots: u64, priced: bool) {
        let open = self.terms.claim_open;
        let balance = &mut self.holding(asset).balance;
        balance.late = match (priced, open) {
            (true, _) => 0,
            (false, true) => balance.late.saturating_add(lots.div_ceil(TOKEN)).min(Balance::MOST_LATE),
            (false, false) => balance.late,
        };
    }

    /// What was owed is paid with lots that came in for it.
    pub fn owed_paid(&mut self, asset: u8, paid: u64) {
        let balance = &mut self.holding(asset).balance;
        let left = csa::late_left_up(late_lots(balance.late), paid, balance.lots.all);
        balance.late = (left / TOKEN).min(Balance::MOST_LATE);
    }

    /// What a relayer may still top up under the mandate of a serial number. The balance has room for one mandate's limit.
    pub fn top_up(&mut self, asset: u8, mandate: u16) -> &mut u64 {
        let id = self.id as u32;
        let balance = &mut self.holding(asset).balance;
        if balance.top_up_of != mandate {
            if balance.top_up_of != 0 {
                storage::set_top_up(id, balance.top_up_of, asset, balance.top_up);
            }
            (balance.top_up, balance.top_up_of) = (storage::top_up(id, mandate, asset), mandate);
        }
        &mut balance.top_up
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

    /// What is owed between it and its house, in lots of the settlement token, whose index is `settlement`.
    pub fn dues(&mut self, settlement: u8) -> Dues {
        let debt = if self.terms.house_owes { self.slots.house_owes().debt } else { Debt::default() };
        Dues { held: self.lots(settlement), owed: self.owed(), debt }
    }

    /// Sets what is owed. A house that first comes to owe has the account's resolution time for it.
    pub fn set_dues(&mut self, settlement: u8, dues: &Dues) {
        if dues.debt.lots != 0 || self.terms.house_owes {
            self.set_debt(dues.debt);
        }
        if dues.owed != 0 || self.terms.claim_open || self.claims.is_some() {
            self.claims().owed = dues.owed;
        }
        self.set_lots(settlement, dues.held)
    }

    /// The house has the account's resolution time from when it first owes.
    fn set_debt(&mut self, debt: Debt) {
        let deadline = match (debt.lots, self.terms.house_owes) {
            (0, _) => 0,
            (_, true) => self.slots.house_owes().deadline,
            (_, false) => self.resolution(host::timestamp()),
        };
        self.slots.set_house_owes(HouseOwes { debt, deadline });
        self.terms.house_owes = debt.lots != 0;
    }

    /// The deadline of what is claimed now.
    pub fn resolution(&self, now: u64) -> u64 {
        now.checked_add(self.slots.party().resolution_time.into()).checked()
    }

    /// The secured party recalls a token, not the settlement token, from `at` on; zero withdraws it.
    pub fn recall(&mut self, asset: u8, at: u64) {
        self.holding(asset).balance.hold = Hold::Recall(at);
    }

    /// The house pays variation as far as it is free to, and owes the rest.
    pub fn receive(&mut self, settlement: u8, ledger: &mut HouseLedger, amount: u64) -> Moved {
        self.recover(settlement, ledger);
        self.gain(settlement, ledger, amount, None)
    }

    /// The same of an account that has recovered what was set aside for it, where gains that come together have shares.
    #[inline(never)]
    pub fn gain(&mut self, settlement: u8, ledger: &mut HouseLedger, amount: u64, share: Option<u64>) -> Moved {
        let (mut dues, house) = (self.dues(settlement), self.terms.house);
        let moved = dues.credit(&mut ledger.lots, amount, share).checked();
        if moved.unpaid != 0 {
            emit(&HouseClaimIssued { house, account: self.id, amount: moved.unpaid, owed: dues.debt.lots });
        }
        self.set_dues(settlement, &dues);
        self.hold_back(settlement, moved.paid);
        moved
    }

    /// The account pays variation up to `most` and as far as it holds the token, and owes the rest.
    #[inline(never)]
    pub fn pay(&mut self, settlement: u8, ledger: &mut HouseLedger, amount: u64, most: u64) -> Moved {
        self.recover(settlement, ledger);
        let mut dues = self.dues(settlement);
        let moved = dues.debit(&mut ledger.lots, amount, most).checked();
        self.set_dues(settlement, &dues);
        moved
    }

    /// Takes its part of what the house holds for its debts.
    pub fn recover(&mut self, settlement: u8, ledger: &mut HouseLedger) {
        if !self.terms.house_owes {
            return;
        }
        let mut dues = self.dues(settlement);
        let amount = dues.recover(&mut ledger.lots).checked();
        let (house, account) = (self.terms.house, self.id);
        self.set_dues(settlement, &dues);
        self.hold_back(settlement, amount);
        if amount != 0 {
            emit(&HouseClaimPaid { house, account, amount, owed: dues.debt.lots });
        }
    }

    /// Variation that was paid in: it leaves after its window.
    #[inline(never)]
    pub fn hold_back(&mut self, settlement: u8, paid: u64) {
        if paid != 0 {
            let hold = &mut self.holding(settlement).balance.hold;
            *hold = Hold::Credits(hold.credits().add_up(paid, host::timestamp()));
        }
    }

    /// Lots of an asset that came in since the call began.
    pub fn brought(&mut self, asset: u8) -> u64 {
        let Holding { before, balance, .. } = self.holding(asset);
        balance.lots.all.saturating_sub(before.all)
    }

    /// `C` at a requirement.
    pub fn required(&self, requirement: u64) -> u64 {
        csa::required(requirement, self.terms.independent_amount, self.terms.threshold).checked()
    }

    /// What its lots count for.
    #[inline(never)]
    pub fn posting(&mut self, valuations: &Valuations, required: u64, count: Count) -> Posting {
        let mut sum = Posting::default();
        let now = host::timestamp();
        for asset in assets(if count == Count::Before { self.held_before } else { self.terms.held }) {
            sum.add(&self.counted(asset, valuations, count, now), required, valuations.oldest());
        }
        sum
    }

    /// What it has of one asset, which need not be anything.
    pub fn counted<'v>(&mut self, asset: u8, valuations: &'v Valuations, count: Count, now: u64) -> Counted<'v> {
        let valuation = valuations.get(asset);
        let holding = self.holding(asset);
        let Balance { lots, late, hold, .. } = holding.balance;
        let lots = match count {
            Count::Now => lots,
            Count::Before => holding.before,
            Count::Final => lots.up_to(holding.balance.free()),
        };
        let recalled = matches!(hold, Hold::Recall(at) if at != 0 && at <= now);
        Counted { lots, late: late_lots(late), valuation, ratio: valuations.ratio(asset), recalled }
    }

    /// Stores what was loaded, once, at the end of the action.
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

/// Lots of a token.
pub const TOKEN: u64 = 1_000_000;

/// More than fits is all.
fn late_lots(tokens: u64) -> u64 {
    if tokens == Balance::MOST_LATE { u64::MAX } else { tokens.saturating_mul(TOKEN) }
}

impl Hold {
    /// The credits; none where the asset is recalled.
    pub fn credits(self) -> Credits {
        match self {
            Self::Credits(credits) => credits,
            Self::Recall(_) => Credits::default(),
        }
    }
}

impl Balance {
    /// Lots of an asset that an account has room for.
    pub const MOST_LOTS: u64 = (1 << 52) - 1;
    /// As many whole tokens, or more, are counted as all.
    pub const MOST_LATE: u64 = (1 << Self::LATE_BITS) - 1;

    /// Lots that may leave now.
    pub fn free(&self) -> u64 {
        self.lots.all.saturating_sub(self.hold.credits().held_back(self.lots.all, host::timestamp()))
    }

    /// Lots that came in late, for a view.
    pub fn late_lots(&self) -> u64 {
        late_lots(self.late)
    }
}
