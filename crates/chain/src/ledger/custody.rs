//! What an issuer took from the escrow, as recorded, and what is paid since: written anew here, so that it checks the contract.
use super::fault::equal;
use super::{Fault, Ledger};
use abi::escrow::MarginEscrow::{PaidProRata, Reconciled};
use abi::escrow::WHOLE;
use abi::lots;
use alloy::primitives::U256;

/// What lots, or their value, come to at a ratio in 1e-9, rounded down.
pub fn share(amount: u128, ratio: u64) -> u128 {
    amount * u128::from(ratio) / u128::from(WHOLE)
}

impl Ledger {
    /// What a lot of an asset is paid with and counts for, in 1e-9.
    pub fn ratio(&self, index: u8) -> u64 {
        self.ratios.get(&index).copied().unwrap_or(WHOLE)
    }

    /// Units that the escrow must hold of an asset: its books at their ratio.
    pub fn owed_units(&self, index: u8) -> Option<U256> {
        let decimals = self.assets.get(&index)?.decimals;
        units_down(share(u128::try_from(self.total_lots(index)).ok()?, self.ratio(index)), decimals)
    }

    /// The books are the replayed ones, and the ratio is theirs; from here on the token's word counts for what is held.
    pub(super) fn reconcile(&mut self, event: &Reconciled) -> Result<(), Fault> {
        let index = self.index(event.token)?;
        let decimals = self.assets.get(&index).map_or(6, |asset| asset.decimals);
        let (total, booked) = (self.total_lots(index), u128::from(event.totalLots));
        let held = lots::from_units_down(u128::try_from(event.held).unwrap_or(u128::MAX), decimals);
        let ratio = (u128::from(held) * u128::from(WHOLE)).checked_div(booked).unwrap_or(u128::from(WHOLE));
        let before = self.ratios.insert(index, event.ratio).unwrap_or(WHOLE);
        self.held.insert(event.token, event.held);
        let books = equal(9, "lots on the books", total, i128::from(event.totalLots));
        let ratio = equal(1, "ratio of held to booked", ratio.min(u128::from(WHOLE)), u128::from(event.ratio));
        books.and(ratio).and(equal(9, "the ratio changes", true, before != event.ratio))
    }

    /// The `Withdrawn` or `HouseWithdrawn` before it took the lots off the books.
    pub(super) fn pay_pro_rata(&mut self, event: &PaidProRata) -> Result<(), Fault> {
        let (index, lots) = self.lots(event.token, event.amount)?;
        let decimals = self.assets.get(&index).map_or(6, |asset| asset.decimals);
        let ratio = self.ratio(index);
        let impaired = equal(1, "only an impaired asset is paid in part", true, ratio < WHOLE);
        let paid = units_down(share(lots.into(), ratio), decimals).unwrap_or(U256::MAX);
        impaired.and(equal(1, "paid of what left the books", paid, event.paid))
    }
}

/// Whole units in lots.
fn units_down(lots: u128, decimals: u8) -> Option<U256> {
    let unit = 10u64.checked_pow(u32::from(6u8.saturating_sub(decimals)))?;
    let lots = u64::try_from(lots).ok()?;
    lots::to_units(lots - lots % unit, decimals).map(U256::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_rounded_down() {
        assert_eq!(units_down(19_999, 2), Some(U256::from(1)));
        assert_eq!(units_down(2, 18), Some(U256::from(2_000_000_000_000u64)));
        assert_eq!((share(101, 700_000_000), share(101, WHOLE)), (70, 101));
    }
}
