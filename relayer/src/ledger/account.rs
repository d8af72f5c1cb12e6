//! One margin account.
use abi::escrow::{AccountState, BalanceState, ClaimState, MandateState};
use abi::types::Agreement;
use alloy::primitives::{Address, B256};
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

    /// `C = max(0, requirement + independentAmount − threshold)`.
    pub const fn required(&self, requirement: u64) -> u64 {
        requirement.saturating_add(self.independent_amount).saturating_sub(self.threshold)
    }

    pub const fn accepts(&self, asset: u8) -> bool {
        asset < 16 && self.eligible >> asset & 1 == 1
    }
}

/// Lots of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub lots: u64,
    /// The part valued with the haircut of new pledges.
    pub stressed: u64,
    /// What may still be topped up from inventory.
    pub top_up: u64,
    /// Recalled: the relayer binds nothing new to it, from the notice on.
    pub recalled: bool,
}

impl From<BalanceState> for Balance {
    fn from(state: BalanceState) -> Self {
        Self { lots: state.lots, stressed: state.stressedLots, top_up: state.topUpLots, recalled: state.recallAt != 0 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tranche {
    pub amount: u64,
    pub deadline: u64,
}

/// The open claim, if any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    pub number: u16,
    pub open: bool,
    pub tranches: Vec<Tranche>,
}

impl Claim {
    /// What open tranches ask for.
    pub fn asked(&self) -> u64 {
        self.tranches.iter().fold(0, |sum, tranche| sum.saturating_add(tranche.amount))
    }

    pub fn overdue(&self, now: u64) -> bool {
        self.open && self.tranches.iter().any(|tranche| tranche.deadline < now)
    }
}

impl From<ClaimState> for Claim {
    fn from(state: ClaimState) -> Self {
        let tranches = [state.first, state.second].into_iter().filter(|tranche| tranche.amount > 0);
        let tranches = tranches.map(|tranche| Tranche { amount: tranche.amount, deadline: tranche.deadline });
        Self { number: state.number, open: state.open, tranches: tranches.collect() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: u64,
    pub pledgor: Address,
    pub house: u32,
    pub terms: Terms,
    pub root: B256,
    pub sequence: u64,
    pub requirement: u64,
    pub cumulative_variation: i64,
    pub cumulative_fill_variation: i64,
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
    /// Tokens that each venue's mandate lets a bundle top up.
    pub top_ups: BTreeMap<Address, BTreeSet<Address>>,
    /// Grows with every change.
    pub version: u64,
}

impl Account {
    pub fn new(id: u64, terms: Terms, state: &AccountState) -> Self {
        Self {
            id,
            pledgor: state.pledgor,
            house: state.house,
            terms,
            root: state.root,
            sequence: state.sequence,
            requirement: state.requirement,
            cumulative_variation: state.cumulativeVariation,
            cumulative_fill_variation: state.cumulativeFillVariation,
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
            version: 0,
        }
    }

    pub const fn required(&self) -> u64 {
        self.terms.required(self.requirement)
    }

    pub fn lots(&self, asset: u8) -> u64 {
        self.balances.get(&asset).map_or(0, |balance| balance.lots)
    }
}
