//! Pledges: collateral comes into an account, pays what is owed and satisfies a claim that is met.
use crate::account::Account;
use crate::args::Args;
use crate::encode::emit;
use crate::fault::{OrFail, ensure};
use crate::registry::{self, Asset, Valuations};
use crate::{claims, csa, token};
use abi::escrow::MarginEscrow::{NotEligible, Pledged};
use abi::escrow::source;
use alloy_primitives::Address;
use contract_kit::host;

/// From the caller's wallet, for anyone's account.
#[inline(never)]
pub fn pledge(args: &Args<'_>) {
    let mut account = Account::open(args.u64(0));
    let (asset, amount, from) = (registry::asset_of(args.address(1)), args.u256(2), host::sender());
    let lots = asset.lots(amount);
    take_in(&mut account, &asset, lots, from, source::WALLET);
    account.save();
    token::pull(&asset, from, amount);
}

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
    claims::cure(account, &valuations)
}

/// Adds lots, stressed while new pledges take a higher haircut; the stressed lots after it.
pub fn add(account: &mut Account, asset: &Asset, lots: u64, valuations: &Valuations) -> u64 {
    let valuation = valuations.get(asset.index);
    let held = account.lots(asset.index).relaxed(valuation).add(lots, csa::is_stressed(valuation)).checked();
    account.set_lots(asset.index, held);
    held.stressed
}
