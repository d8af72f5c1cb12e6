//! Accounts that leave for a successor of the escrow.
use super::fault::equal;
use super::{Account, Asset, Fault, Ledger, Orders};
use abi::escrow::MarginEscrow::Migrated;
use abi::lots;
use std::collections::BTreeMap;

impl Ledger {
    /// With its replayed last state; each `Released` that follows takes one token's whole units.
    pub(super) fn migrate(&mut self, event: &Migrated) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let checks = [
            equal(9, "account left twice", false, account.closed),
            equal(9, "agreement that it left under", account.agreement_hash, event.agreementHash),
            equal(9, "history that it left with", account.history, event.history),
            equal(9, "sequence that it left with", account.sequence, event.sequence),
            equal(9, "requirement that it left with", account.requirement, event.requirement),
            equal(9, "variation that it left with", account.cumulative_variation, event.cumulativeVariation),
            equal(9, "slot and time that it left with", account.slot + account.as_of, event.slot + event.asOf),
            equal(3, "what its house owed it when it left", 0, account.house_owes),
            equal(
                6,
                "an open claim that it left with, out of no default",
                false,
                account.claim.open && !account.in_default,
            ),
            equal(6, "an open dispute that it left with", false, account.dispute.open),
        ];
        account.closed = true;
        account.orders = Orders::default();
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }
}

impl Account {
    /// Less than a unit of each token is left.
    pub fn is_empty(&self, assets: &BTreeMap<u8, Asset>) -> bool {
        let unit = |index: &u8| assets.get(index).and_then(|asset| lots::from_units(1, asset.decimals)).unwrap_or(1);
        self.holdings.iter().all(|(index, holding)| holding.lots < unit(index))
    }
}
