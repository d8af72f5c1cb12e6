//! What anyone may ask of balances, inventories and custody.
use abi::escrow::{BalanceState, CustodyState};
use alloc::vec::Vec;
use contract_kit::args::Args;
use contract_kit::host;
use contract_kit::words::Writer;
use csa::Lots;
use escrow_ledger::account::Account;
use escrow_ledger::custody::Books;
use escrow_ledger::encode::words;
use escrow_ledger::registry::asset_of;
use escrow_ledger::storage::{self, Balance, Hold};

pub fn balance(args: &Args<'_>) -> Vec<u8> {
    let (account, asset) = (Account::open(args.u64(0)), asset_of(args.address(1)));
    let held = account.slots.balance(asset.index);
    let Balance { lots: Lots { all, stressed }, hold, .. } = held;
    words(&BalanceState {
        lots: all,
        stressedLots: stressed,
        lateLots: held.late_lots().min(all),
        recallAt: if let Hold::Recall(at) = hold { at } else { 0 },
        heldBackLots: all.saturating_sub(held.free()),
        heldBackUntil: hold.credits().until(host::timestamp()),
    })
}

pub fn inventory(args: &Args<'_>) -> Vec<u8> {
    let asset = asset_of(args.address(1));
    let lots = storage::inventory(&args.address(0), asset.index);
    Writer::default().word(asset.units_down(lots)).bytes()
}

pub fn custody(args: &Args<'_>) -> Vec<u8> {
    let Books { total, ratio } = Books::of(&asset_of(args.address(0)));
    words(&CustodyState { totalLots: total, ratio })
}
