//! Pledges: collateral comes into an account, pays what is owed and satisfies a claim that is met.
use crate::account::Account;
use crate::claims;
use crate::encode::emit;
use crate::fault::{OrFail, ensure};
use crate::registry::{Asset, Valuations};
use abi::escrow::MarginEscrow::{AssetSuspended, NotEligible, Pledged};
use alloy_primitives::Address;
use csa::value::is_stressed;

/// The agreement takes the asset, or `NotEligible`.
pub fn ensure_eligible(account: &Account, asset: &Asset) {
    let eligible = account.terms.eligible & asset.bit() != 0;
    ensure(eligible, || NotEligible { account: account.id, token: asset.token })
}

/// Lots from `from` become the account's; where they leave is the caller's matter.
pub fn take_in(account: &mut Account, asset: &Asset, lots: u64, from: Address, source: u8) {
    ensure_eligible(account, asset);
    let valuations = Valuations::of(claims::valued(account, asset.index));
    let stressed = add(account, asset, lots, &valuations);
    let (token, amount) = (asset.token, asset.units(lots));
    emit(&Pledged { account: account.id, token, from, amount, source, stressedLots: stressed });
    claims::cure(account, valuations)
}

/// Adds lots, stressed while new pledges take a higher haircut; the stressed lots after it. What cures a claim is not suspended.
pub fn add(account: &mut Account, asset: &Asset, lots: u64, valuations: &Valuations) -> u64 {
    let valuation = valuations.get(asset.index);
    ensure(!valuation.suspended || account.terms.claim_open, || AssetSuspended { token: asset.token });
    admit(account, asset, lots, valuations)
}

/// The same of an asset that may be suspended.
pub fn admit(account: &mut Account, asset: &Asset, lots: u64, valuations: &Valuations) -> u64 {
    let valuation = valuations.get(asset.index);
    account.note_late(asset.index, lots, valuations.is_of_marks(valuation));
    let held = account.lots(asset.index).relaxed(valuation).add(lots, is_stressed(valuation)).checked();
    account.set_lots(asset.index, held);
    held.stressed
}
