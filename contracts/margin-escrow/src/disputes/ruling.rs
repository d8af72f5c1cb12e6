//! What a ruling does: the stakes go to the side that was right, what was found takes the place of what was stated, and an
//! upheld one binds for a day.
use super::words::{integer, number};
use super::{correct, stakes};
use crate::house::books;
use abi::escrow::MarginEscrow::{
    DisputeExtended, DisputeFound, DisputeRuled, NoDispute, NotPledgor, RulingOpen, RulingOver,
};
use abi::escrow::{ANSWER_SECONDS, BINDING_SECONDS, DISPUTE_TOLERANCE, ruling, subject};
use alloy_primitives::{B256, U256};
use contract_kit::host;
use csa::value::usd_up;
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure};
use escrow_ledger::storage::{Dispute, Finding, Shield, Stakes};
use escrow_ledger::{claims, dispute};

/// Most that has room in its field.
const MOST_USD: u64 = (1 << 38) - 1;

/// What should have been stated, as somebody computed it who may.
#[derive(Clone, Copy)]
pub enum Found {
    Requirement(u64),
    Variation(i64),
    /// The root of the book, zero where nobody knows which; and whether the stated one is wrong.
    Book(B256, bool),
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

/// Stands until more is shown, or the window is over. What turns the ruling leaves the other side time to answer.
pub fn finds(account: &mut Account, dispute: &Dispute, finding: Finding, found: B256) {
    let turns = finding.is_wrong() != dispute.finding.is_wrong();
    let answered = if turns { host::timestamp().saturating_add(ANSWER_SECONDS) } else { 0 };
    let until = dispute.until.max(answered);
    account.slots.set_dispute(&Dispute { finding, until, ..*dispute });
    account.slots.set_found(found);
    let (account, number, steps) = (account.id, dispute.number, finding.steps().into());
    emit(&DisputeFound { account, dispute: number, found, steps });
    if until != dispute.until {
        emit(&DisputeExtended { account, dispute: number, until })
    }
}

/// The pledgor was right, or not; what was wrong is corrected either way.
pub fn decide(account: &mut Account, dispute: &Dispute, found: Found) {
    let wrong = found.wrong_by(account, dispute);
    let upheld = match found {
        Found::Book(..) => wrong.is_some(),
        _ => wrong.is_some_and(|wrong| {
            wrong > DISPUTE_TOLERANCE && wrong >= dispute.amount.saturating_sub(DISPUTE_TOLERANCE)
        }),
    };
    conclude(account, dispute, if upheld { ruling::UPHELD } else { ruling::REJECTED }, found.word());
    if account.terms.in_default || account.terms.closed {
        return;
    }
    if upheld {
        bind(account, wrong.unwrap_or_default());
    }
    correct::correct(account, dispute, found);
    if upheld {
        reduced(account)
    }
}

/// What is left of the demands of a claim that is still open.
pub fn reduced(account: &mut Account) {
    if account.terms.claim_open {
        claims::reduced(account)
    }
}

/// No default rests on what was found wrong, whatever is stated again; and what a claim asked of it is asked no more.
pub fn bind(account: &mut Account, wrong: u64) {
    let (now, stakes) = (host::timestamp(), account.slots.stakes());
    let before = if now > stakes.shield.until { 0 } else { stakes.shield.usd };
    let usd = before.saturating_add(usd_up(wrong)).min(MOST_USD);
    let shield = Shield { usd, until: now.saturating_add(BINDING_SECONDS) };
    account.slots.set_stakes(&Stakes { shield, ..stakes });
    excuse(account, wrong)
}

/// The oldest first: what is asked anew has a full cure.
pub fn excuse(account: &mut Account, amount: u64) {
    if account.terms.claim_open {
        account.claims().demands.deliver(amount);
    }
}

impl Found {
    /// What stands of a dispute that was not decided at once.
    pub fn standing(account: &Account, dispute: &Dispute) -> Self {
        let found = account.slots.found();
        let [low, ..] = U256::from_be_bytes(found.0).into_limbs();
        match dispute.subject {
            subject::REQUIREMENT => Self::Requirement(low),
            subject::VARIATION => Self::Variation(low as i64),
            _ => Self::Book(found, !matches!(dispute.finding, Finding::Right(_))),
        }
    }

    /// In the pledgor's favour; none where what was stated is not wrong in its favour.
    fn wrong_by(self, account: &Account, dispute: &Dispute) -> Option<u64> {
        match self {
            Self::Requirement(found) => dispute.requirement.checked_sub(found),
            Self::Variation(found) => {
                let stated = account.slots.stakes().variation;
                found.checked_sub(stated).and_then(|wrong| u64::try_from(wrong).ok())
            }
            Self::Book(_, wrong) => wrong.then_some(dispute.amount),
        }
    }

    fn word(self) -> B256 {
        match self {
            Self::Requirement(found) => number(found),
            Self::Variation(found) => integer(found),
            Self::Book(found, _) => found,
        }
    }
}

/// Both stakes to the side that was right. Who was wrong pays late interest on what it held back.
pub fn conclude(account: &mut Account, dispute: &Dispute, outcome: u8, found: B256) {
    account.terms.disputed = false;
    let (winner, stakes) = stakes::give(account, outcome);
    emit(&DisputeRuled { account: account.id, dispute: dispute.number, ruling: outcome, found, winner, stakes });
    let live = !account.terms.in_default && !account.terms.closed;
    if live && matches!(outcome, ruling::REJECTED | ruling::UNPROVEN) {
        let (house, settlement, mut ledger) = books(account);
        let (now, rate) = (host::timestamp(), account.slots.party().late_interest);
        let interest = csa::interest_up(dispute.amount, rate, now.saturating_sub(dispute.opened));
        claims::charge(account, interest, settlement, &mut ledger, now);
        house.set_ledger(&ledger)
    }
}
