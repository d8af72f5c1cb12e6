//! Transfer: collateral moves between two accounts of one pledgor, in one step. Out as a release, in as a pledge.
use super::release::{ensure_margin, ensure_releasable, remove};
use abi::escrow::MarginEscrow::Transferred;
use abi::escrow::source;
use abi::types::CollateralInstruction;
use alloy_primitives::{Address, U256};
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::require_terms;
use escrow_ledger::registry::{Valuations, asset_of};
use escrow_ledger::{field, pledge};

pub fn transfer(account: &mut Account, instruction: &CollateralInstruction, pledgor: Address, oldest: u64) {
    let mut receiver = Account::acting(instruction.toAccount);
    let own = receiver.id != account.id && receiver.slots.party().pledgor == pledgor;
    require_terms(field!("toAccount"), own);
    let (asset, amount) = (asset_of(instruction.token), U256::from(instruction.amount));
    let lots = asset.lots(amount);
    ensure_releasable(account, oldest);
    let valuations = Valuations::of(account.terms.held | asset.bit());
    let stressed = remove(account, &asset, lots, &valuations);
    ensure_margin(account, &valuations);
    account.save();
    let (id, to, token) = (account.id, receiver.id, asset.token);
    emit(&Transferred { account: id, toAccount: to, token, amount, stressedLots: stressed });
    pledge::take_in(&mut receiver, &asset, lots, pledgor, source::TRANSFER);
    receiver.save()
}
