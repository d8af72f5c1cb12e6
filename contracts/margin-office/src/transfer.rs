//! Moves of tokens, which the escrow makes when it carries out the plan.
use abi::packed::Transfer;
use alloy_primitives::{Address, U256};
use contract_kit::office;
use margin::registry::Asset;

/// From a wallet that has approved the escrow.
pub fn pull(asset: &Asset, from: Address, amount: U256) {
    plan(Transfer::Pull { token: asset.token, from, amount })
}

pub fn push(asset: &Asset, to: Address, amount: U256) {
    plan(Transfer::Push { token: asset.token, to, amount })
}

fn plan(transfer: Transfer) {
    if let Some(task) = office::task() {
        task.transfer(transfer)
    }
}
