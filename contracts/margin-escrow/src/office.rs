//! What this program leaves to its offices: an office plans, the escrow carries out.
use crate::token;
use abi::escrow::MarginEscrow::{MigrationRefused, Reentrant};
use abi::packed::{Malformed, Plan, Transfer};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use contract_kit::host;
use margin::fault::{ensure, malformed};
use margin::storage::Program;

/// Asks an office, with the caller's address before the calldata; its revert data is ours.
#[inline(never)]
pub fn forward(office: Program, calldata: &[u8]) -> Vec<u8> {
    let asked = [host::sender().as_slice(), calldata].concat();
    let answer = host::static_call(office.address(), &asked, u64::MAX).unwrap_or_else(|data| host::revert(&data));
    let plan = Plan::decode(&answer).unwrap_or_else(|Malformed(at)| malformed(at));
    carry_out(&plan);
    plan.output
}

fn carry_out(plan: &Plan) {
    for (key, word) in &plan.words {
        host::store(*key, *word);
    }
    for (topics, bytes) in &plan.logs {
        host::log_bytes(bytes, usize::from(*topics));
    }
    for transfer in &plan.transfers {
        match transfer {
            Transfer::Pull { token, from, amount } => token::pull(*token, *from, *amount),
            Transfer::Push { token, to, amount } => token::push(*token, *to, *amount),
        }
    }
    for (successor, calldata) in &plan.calls {
        ensure(agrees(*successor, calldata), || MigrationRefused { successor: *successor })
    }
}

/// Who agrees answers the selector it was called with.
fn agrees(to: Address, calldata: &[u8]) -> bool {
    let selector = calldata.first_chunk::<4>().map(|selector| B256::right_padding_from(selector));
    host::call(to, calldata).is_ok_and(|answer| answer.first_chunk::<32>().map(B256::from) == selector)
}

/// To its offices alone, while the escrow waits for one: the words that it works with.
pub fn words(keys: &[u8]) -> Vec<u8> {
    let is_office = |program: Program| host::sender() == program.address();
    ensure(is_office(Program::Office) || is_office(Program::DisputeOffice), || Reentrant {});
    let (keys, _) = keys.as_chunks::<32>();
    keys.iter().flat_map(|key| host::load(B256::from(*key)).0).collect()
}
