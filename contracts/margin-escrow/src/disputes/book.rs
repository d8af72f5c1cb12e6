//! What fills and lifecycle events make of a book, step by step: the kernel follows them from any earlier point to the disputed one.
//!
//! Whoever starts earlier knows better: an earlier step may have been wrong too. So a finding stands until somebody has followed more steps,
//! or the window is over; what both parties signed cannot be followed, and nobody starts before it.
use super::evidence::{self, Followed, same};
use super::ruling::finds;
use abi::escrow::MarginEscrow::NotTheStatement;
use alloy_primitives::B256;
use escrow_ledger::account::Account;
use escrow_ledger::fault::{ensure, word};
use escrow_ledger::field;
use escrow_ledger::storage::{Dispute, Finding};

#[inline(never)]
pub fn show(account: &mut Account, dispute: &Dispute, shown: &[u8]) {
    let followed = evidence::follow(account.id, shown);
    same(field!("history"), account.slots.disputed_history(), followed.end);
    let (finding, found) = judge(&followed);
    let known = |finding: Finding| !matches!(finding, Finding::Nothing | Finding::Agent | Finding::Unknown(_));
    let better = (known(finding), finding.steps()) > (known(dispute.finding), dispute.finding.steps());
    let first = matches!(dispute.finding, Finding::Nothing | Finding::Agent);
    let (stated, shown) = (B256::from(alloy_primitives::U256::from(dispute.finding.steps())), followed.root);
    ensure(followed.steps != 0 && (first || better), || NotTheStatement {
        field: word(field!("steps")),
        stated,
        shown,
    });
    finds(account, dispute, finding, found)
}

/// The book behind the stated root is shown, so that another is wrong; or no position is new, so that the book before has every salt.
/// Where neither is, whoever stated the root can show what is behind it.
fn judge(followed: &Followed) -> (Finding, B256) {
    let Followed { stated, after, root, salted, steps, .. } = *followed;
    ensure(after == stated || after.is_zero(), || NotTheStatement {
        field: word(field!("root")),
        stated,
        shown: after,
    });
    if salted && root == stated {
        (Finding::Right(steps), stated)
    } else if salted {
        (Finding::Steps(steps), root)
    } else if after.is_zero() {
        (Finding::Unknown(steps), B256::ZERO)
    } else {
        (Finding::Steps(steps), B256::ZERO)
    }
}
