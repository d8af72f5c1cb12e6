//! What other programs say of a revealed book, and what the oracle committed to.
use abi::escrow::MarginEscrow::{NotTheStatement, ProgramCallFailed};
use abi::examiner::PortfolioExaminer::examineCall;
use abi::oracle::PriceOracle::marksRootCall;
use abi::packed::{Examination, Malformed};
use abi::verifier::RiskVerifier::evaluateCall;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contract_kit::host;
use contract_kit::words::Out;
use margin::args::Args;
use margin::fault::{Field, ensure, fail, malformed, word};
use margin::registry;
use margin::storage::Program;

/// What the shown book hashes to.
pub struct Examined {
    pub root: B256,
    pub parameters: B256,
    pub marks: B256,
    pub as_of: B256,
}

pub fn examine(shown: &[u8]) -> Examined {
    let answer = ask(Program::Examiner.address(), examineCall::SELECTOR, shown);
    let answer = Args::new(&answer);
    Examined { root: answer.word(0), parameters: answer.word(1), marks: answer.word(2), as_of: answer.word(3) }
}

/// The initial margin that the shown book requires, micro-USD.
pub fn requirement(shown: &[u8]) -> u64 {
    let portfolio = Examination::portfolio_in(shown).unwrap_or_else(|Malformed(at)| malformed(at));
    Args::new(&ask(Program::Verifier.address(), evaluateCall::SELECTOR, portfolio)).u64(0)
}

/// Root of the slot's mark set; zero where no quorum committed to one.
pub fn committed_marks(slot: u64) -> B256 {
    let slot = Out::default().uint(slot).bytes();
    Args::new(&ask(registry::oracle(), marksRootCall::SELECTOR, &slot)).word(0)
}

/// A program's answer; its refusal is ours.
#[inline(never)]
fn ask(program: Address, selector: [u8; 4], arguments: &[u8]) -> Vec<u8> {
    let call = [&selector, arguments].concat();
    let answer = host::static_call(program, &call, u64::MAX).unwrap_or_else(|data| host::revert(&data));
    ensure(!answer.is_empty(), || ProgramCallFailed { program });
    answer
}

/// What was revealed is what was stated. A zero word was never stated.
#[inline(never)]
pub fn same(field: Field, stated: B256, shown: B256) {
    if stated != shown || stated.is_zero() {
        fail(&NotTheStatement { field: word(field), stated, shown })
    }
}
