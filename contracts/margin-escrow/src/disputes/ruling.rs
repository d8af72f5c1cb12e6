//! What a ruling does: the stakes go to the side that was right, and what was wrong is corrected.
use super::correct;
use super::words::{integer, number};
use abi::escrow::MarginEscrow::{DisputeRuled, NoDispute, NotPledgor, RulingOpen, RulingOver};
use abi::escrow::{DISPUTE_BOND, DISPUTE_TOLERANCE, ruling};
use alloy_primitives::B256;
use contract_kit::host;
use margin::account::Account;
use margin::encode::emit;
use margin::fault::{OrFail, ensure};
use margin::registry::asset_at;
use margin::storage::{Dispute, HouseSlots};
use margin::{dispute, inventory};

/// What the statement should have said, as somebody computed it who may.
#[derive(Clone, Copy)]
pub enum Found {
    Requirement(u64),
    /// Since the statement before the first disputed one.
    Variation(i64),
    /// None: another one than stated, but nobody knows which.
    Root(Option<B256>),
}

pub fn ensure_pledgor(account: &Account) {
    let caller = host::sender();
    ensure(caller == account.slots.party().pledgor, || NotPledgor { account: account.id, caller })
}

pub fn expect(account: &Account) -> Dispute {
    dispute::pending(account).or_fail(|| NoDispute { account: account.id })
}

/// Until its end a ruling is open, and after it only closed.
pub fn ensure_open(account: &Account, dispute: &Dispute) {
    let until = dispute.until;
    ensure(host::timestamp() <= until, || RulingOver { account: account.id, until })
}

pub fn ensure_over(account: &Account, dispute: &Dispute) {
    let until = dispute.until;
    ensure(host::timestamp() > until, || RulingOpen { account: account.id, until })
}

/// The pledgor was right, or not; what was wrong is corrected either way.
pub fn decide(account: &mut Account, dispute: &Dispute, found: Found) {
    let outcome = if found.upholds(account, dispute) { ruling::UPHELD } else { ruling::REJECTED };
    conclude(account, dispute, outcome, found.word());
    if !account.terms.in_default && !account.terms.closed {
        correct::correct(account, dispute, found)
    }
}

impl Found {
    /// The figure is wrong by what the pledgor named, to within the tolerance.
    fn upholds(self, account: &Account, dispute: &Dispute) -> bool {
        let wrong_by = i128::from(dispute.amount).saturating_sub(DISPUTE_TOLERANCE.into());
        match self {
            Self::Requirement(found) => i128::from(dispute.requirement).saturating_sub(found.into()) >= wrong_by,
            Self::Variation(found) => {
                let stated = account.slots.disputed_change().variation;
                i128::from(found).saturating_sub(stated.into()) >= wrong_by
            }
            Self::Root(found) => found != Some(account.slots.disputed_root()),
        }
    }

    fn word(self) -> B256 {
        match self {
            Self::Requirement(found) => number(found),
            Self::Variation(found) => integer(found),
            Self::Root(found) => found.unwrap_or_default(),
        }
    }
}

/// Both stakes to the side that was right.
pub fn conclude(account: &mut Account, dispute: &Dispute, outcome: u8, found: B256) {
    let agents = HouseSlots::of(account.terms.house).agents();
    let for_pledgor = matches!(outcome, ruling::UPHELD | ruling::MARKS_UNAVAILABLE);
    let winner = if for_pledgor { account.slots.party().pledgor } else { agents.agent };
    let stakes = DISPUTE_BOND.saturating_add(dispute.agent_stake);
    inventory::put(winner, &asset_at(agents.settlement), stakes);
    account.terms.disputed = false;
    let (account, number) = (account.id, dispute.number);
    emit(&DisputeRuled { account, number, ruling: outcome, found, winner, stakes })
}
