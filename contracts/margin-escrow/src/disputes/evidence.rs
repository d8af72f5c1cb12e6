//! What other programs say of revealed books and fills, and what the oracle committed to.
use super::words::number;
use abi::escrow::MarginEscrow::{NotTheStatement, ProgramCallFailed};
use abi::examiner::PortfolioExaminer::{examineCall, followCall};
use abi::oracle::PriceOracle::marksRootCall;
use abi::packed::{Examination, Malformed};
use abi::verifier::RiskVerifier::evaluateCall;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contract_kit::host;
use contract_kit::words::Out;
use margin::args::Args;
use margin::fault::{Field, OrFail, ensure, fail, malformed, word};
use margin::field;
use margin::registry;
use margin::storage::Program;

/// What the shown book hashes to.
pub struct Examined {
    pub root: B256,
    pub parameters: B256,
    pub marks: B256,
    pub as_of: B256,
}

/// What the kernel makes of it, micro-USD.
pub struct Figures {
    pub requirement: u64,
    /// Of all positions.
    pub value: i64,
}

/// What the shown fills make of a book, and what they cost, micro-USD.
pub struct Followed {
    pub before: B256,
    pub after: B256,
    pub digest: B256,
    pub root: B256,
    /// Every position of the book has a salt, so that `root` is its root.
    pub salted: bool,
    pub cost: i64,
}

pub fn examine(shown: &[u8]) -> Examined {
    let answer = ask(Program::Examiner.address(), examineCall::SELECTOR, shown);
    let answer = Args::new(&answer);
    Examined { root: answer.word(0), parameters: answer.word(1), marks: answer.word(2), as_of: answer.word(3) }
}

pub fn evaluate(shown: &[u8]) -> Figures {
    let portfolio = Examination::portfolio_in(shown).unwrap_or_else(|Malformed(at)| malformed(at));
    let answer = ask(Program::Verifier.address(), evaluateCall::SELECTOR, portfolio);
    let answer = Args::new(&answer);
    let value = answer.i64(2).checked_add(answer.i64(3)).checked();
    Figures { requirement: answer.u64(0), value }
}

pub fn follow(account: u64, shown: &[u8]) -> Followed {
    // Whose fills they are comes first.
    let of = shown.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    same(field!("account"), number(account), number(of));
    let answer = ask(Program::Examiner.address(), followCall::SELECTOR, shown);
    let answer = Args::new(&answer);
    Followed {
        before: answer.word(0),
        after: answer.word(1),
        digest: answer.word(2),
        root: answer.word(3),
        salted: answer.u64(4) != 0,
        cost: answer.i64(5),
    }
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

/// What was shown is what was stated.
#[inline(never)]
pub fn same(field: Field, stated: B256, shown: B256) {
    if stated != shown {
        fail(&NotTheStatement { field: word(field), stated, shown })
    }
}
