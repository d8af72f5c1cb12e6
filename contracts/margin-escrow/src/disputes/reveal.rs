//! The pledgor shows its book, and the kernel decides. Others may show it only once it has, or once the second agent has ruled.
use super::ruling::{decide, ensure_open, ensure_pledgor, expect};
use super::{book, kernel};
use abi::escrow::subject;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::fault::malformed;
use escrow_ledger::storage::{Dispute, Finding, HouseSlots};

/// The account's word, before the packed evidence.
const HEAD: usize = 32;

#[inline(never)]
pub fn reveal(payload: &[u8]) {
    let mut account = Account::open(Args::new(payload).u64(0));
    let shown = payload.get(HEAD..).unwrap_or_else(|| malformed(HEAD));
    let dispute = expect(&account);
    ensure_may_show(&account, &dispute);
    ensure_open(&account, &dispute);
    if dispute.subject == subject::BOOK {
        book::show(&mut account, &dispute, shown)
    } else {
        let found = kernel::figure(&account, &dispute, shown);
        decide(&mut account, &dispute, found)
    }
    account.save()
}

fn ensure_may_show(account: &Account, dispute: &Dispute) {
    if dispute.finding == Finding::Nothing || !appeals(account.terms.house) {
        ensure_pledgor(account)
    }
}

/// Whether the caller is on the other side.
fn appeals(house: u32) -> bool {
    let house = HouseSlots::of(house);
    let (agents, caller) = (house.agents(), host::sender());
    [agents.agent, agents.second, house.secured_party()].contains(&caller)
}
