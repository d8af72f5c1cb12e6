//! One margin account.
use super::{Asset, House};
use abi::escrow::{AccountState, BalanceState, ClaimState, MandateState};
use abi::types::Agreement;
use alloy::primitives::{Address, B256};
use csa::{Debt, Demands, Dues, Holding, Lots, Posting, Tranche};
use std::collections::{BTreeMap, BTreeSet};

/// CSA terms that decide what is required; micro-USD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    pub threshold: u64,
    pub independent_amount: u64,
    pub minimum_transfer_amount: u64,
    pub eligible: u16,
}

impl Terms {
    pub const fn of(agreement: &Agreement) -> Self {
        Self {
            threshold: agreement.threshold,
            independent_amount: agreement.independentAmount,
            minimum_transfer_amount: agreement.minimumTransferAmount,
            eligible: agreement.eligibleAssets,
        }
    }

    /// `C`.
    pub fn required(&self, requirement: u64) -> u64 {
        csa::required(requirement, self.independent_amount, self.threshold).unwrap_or(u64::MAX)
    }

    pub const fn accepts(&self, asset: u8) -> bool {
        asset < 16 && self.eligible >> asset & 1 == 1
    }
}

/// Lots of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub lots: Lots,
    /// Lots that came in while a claim was open and the asset had no price.
    pub late: u64,
    /// From when it counts for nothing; zero: it is not recalled.
    pub recall_at: u64,
}

impl From<BalanceState> for Balance {
    fn from(state: BalanceState) -> Self {
        let lots = Lots { all: state.lots, stressed: state.stressedLots };
        Self { lots, late: state.lateLots, recall_at: state.recallAt }
    }
}

/// The open claim, if any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    pub number: u16,
    pub open: bool,
    pub demands: Demands,
}

impl Claim {
    /// Whether the deadline of its first demand has passed.
    pub const fn overdue(&self, now: u64) -> bool {
        self.open && self.demands.first.amount > 0 && now > self.demands.first.deadline
    }
}

impl From<ClaimState> for Claim {
    fn from(state: ClaimState) -> Self {
        let demand = |of: abi::escrow::Tranche| Tranche { amount: of.amount, deadline: of.deadline, cause: of.cause };
        let demands = Demands { first: demand(state.first), second: demand(state.second) };
        Self { number: state.number, open: state.open, demands }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: u64,
    pub pledgor: Address,
    pub house: u32,
    pub terms: Terms,
    /// See [`abi::history`].
    pub history: B256,
    pub sequence: u64,
    pub requirement: u64,
    pub cumulative_variation: i64,
    pub slot: u64,
    pub as_of: u64,
    pub owed: u64,
    pub house_owes: u64,
    /// Frozen until its close-out: in no set and no bundle.
    pub in_default: bool,
    /// It has left for a successor of the escrow: in no set and no bundle.
    pub closed: bool,
    pub claim: Claim,
    pub balances: BTreeMap<u8, Balance>,
    pub mandates: BTreeMap<Address, MandateState>,
    /// Lots that a bundle may still top up under each venue's mandate.
    pub top_ups: BTreeMap<(Address, u8), u64>,
    /// The pledgor's standing top-up.
    pub standing: Standing,
    /// Of an account with a standing top-up.
    pub held_back: HeldBack,
    /// Grows with every change.
    pub version: u64,
}

/// A standing top-up in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Seconds since 1970; zero: there is none.
    pub valid_until: u64,
    /// Asset and lots that may still come of it today, in the pledgor's order.
    pub left: Vec<(u8, u64)>,
}

/// What an open dispute and upheld rulings hold back of what an order would bring; micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    pub disputed: u64,
    pub ruled: u64,
    /// Seconds since 1970: until when what was ruled is.
    pub until: u64,
}

impl HeldBack {
    pub const fn all(&self, now: u64) -> u64 {
        self.disputed.saturating_add(self.ruled_at(now))
    }

    /// Of what is owed.
    pub fn kept(&self, owed: u64, now: u64) -> u64 {
        let rest = owed.saturating_sub(self.disputed);
        if owed == 0 { 0 } else { self.disputed.saturating_add(self.ruled_at(now).min(rest)) }
    }

    const fn ruled_at(&self, now: u64) -> u64 {
        if now > self.until { 0 } else { self.ruled }
    }
}

/// What counts of collateral: what has a valuation of `oldest` or a later slot is fresh; what is recalled by `now` counts for nothing.
#[derive(Clone, Copy, Debug)]
pub struct Valued {
    pub oldest: u64,
    pub now: u64,
}

/// Tokens that each venue's mandate lets a bundle top up.
pub type TopUps = BTreeMap<Address, BTreeSet<Address>>;

impl Account {
    pub fn new(id: u64, terms: Terms, state: &AccountState) -> Self {
        Self {
            id,
            pledgor: state.pledgor,
            house: state.house,
            terms,
            history: state.history,
            sequence: state.sequence,
            requirement: state.requirement,
            cumulative_variation: state.cumulativeVariation,
            slot: state.slot,
            as_of: state.asOf,
            owed: state.owed,
            house_owes: state.houseOwes,
            in_default: state.inDefault,
            closed: state.closed,
            claim: Claim::default(),
            balances: BTreeMap::new(),
            mandates: BTreeMap::new(),
            top_ups: BTreeMap::new(),
            standing: Standing::default(),
            held_back: HeldBack::default(),
            version: 0,
        }
    }

    /// `C`.
    pub fn required(&self) -> u64 {
        self.terms.required(self.requirement)
    }

    #[cfg(test)]
    pub fn lots(&self, asset: u8) -> u64 {
        self.balances.get(&asset).map_or(0, |balance| balance.lots.all)
    }

    /// What it holds counts for against `required`. Nobody asks where nothing is required.
    pub fn posting(&self, assets: &BTreeMap<u8, Asset>, required: u64, valued: Valued) -> Posting {
        if required == 0 {
            return Posting::default();
        }
        let held = self.balances.iter().filter(|(_, balance)| balance.lots.all > 0);
        let held = held.filter_map(|(index, balance)| Some(assets.get(index)?.holding(balance, valued.now)));
        csa::posting(held, required, valued.oldest)
    }

    /// What it and its house owe each other, and what it can pay with. How much of the house's debts is set aside for it the
    /// chain tells no one: as if nothing were.
    pub fn dues(&self, house: &House) -> Dues {
        let held = self.balances.get(&house.settlement).map(|balance| balance.lots).unwrap_or_default();
        let debt = Debt { lots: self.house_owes, unpaid: house.lots.unpaid, epoch: house.lots.epoch };
        Dues { held, owed: self.owed, debt }
    }

    pub fn set_dues(&mut self, house: &House, dues: &Dues) {
        self.balances.entry(house.settlement).or_default().lots = dues.held;
        (self.owed, self.house_owes) = (dues.owed, dues.debt.lots);
    }
}

impl Asset {
    /// As the arithmetic has it, with what is recalled by `now`.
    pub fn holding(&self, balance: &Balance, now: u64) -> Holding<'_> {
        let Balance { lots, late, recall_at } = *balance;
        let recalled = recall_at != 0 && recall_at <= now;
        Holding { lots, late, valuation: &self.valuation, ratio: self.ratio, recalled }
    }

    /// Micro-USD after haircut, before concentration limits; of an impaired asset the share that is left.
    pub fn value(&self, lots: Lots) -> u64 {
        csa::share_down(csa::value::value_down(lots, &self.valuation), self.ratio)
    }
}
