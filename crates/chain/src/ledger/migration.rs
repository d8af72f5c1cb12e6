//! Accounts that leave for a successor of the escrow.
use super::fault::equal;
use super::{Fault, Ledger};
use abi::escrow::MarginEscrow::Migrated;
use abi::lots;

impl Ledger {
    /// With its replayed last state; the `Released` before it took whole units of all it held.
    pub(super) fn migrate(&mut self, event: &Migrated) -> Result<(), Fault> {
        let decimals = |index: &u8| self.assets.get(index).map_or(6, |asset| asset.decimals);
        let account = self.accounts.get(&event.account);
        let held = account.iter().flat_map(|account| &account.holdings);
        let empty = held.into_iter().all(|(index, holding)| is_less_than_a_unit(holding.lots, decimals(index)));
        let account = self.account(event.account)?;
        let checks = [
            equal(9, "account left twice", false, account.closed),
            equal(9, "agreement that it left under", account.agreement_hash, event.agreementHash),
            equal(9, "root that it left with", account.root, event.root),
            equal(9, "sequence that it left with", account.sequence, event.sequence),
            equal(9, "requirement that it left with", account.requirement, event.requirement),
            equal(9, "variation that it left with", account.cumulative_variation, event.cumulativeVariation),
            equal(
                9,
                "fill variation that it left with",
                account.cumulative_fill_variation,
                event.cumulativeFillVariation,
            ),
            equal(9, "slot and time that it left with", account.slot + account.as_of, event.slot + event.asOf),
            equal(3, "debts that it left with", 0, account.owed + account.house_owes),
            equal(6, "an open claim that it left with", false, account.claim.open),
            equal(1, "whole units left behind", true, empty),
        ];
        account.closed = true;
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }
}

fn is_less_than_a_unit(held: u64, decimals: u8) -> bool {
    lots::from_units(1, decimals).map_or(held == 0, |unit| held < unit)
}
