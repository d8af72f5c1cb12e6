//! What other programs say of revealed books and fills, and what the oracle committed to.
use super::words::number;
use abi::escrow::MarginEscrow::{NotTheStatement, ProgramCallFailed};
use abi::examiner::PortfolioExaminer::{examineCall, followCall};
use abi::oracle::PriceOracle::{marksRootCall, roundCall};
use abi::packed::{Examination, Malformed};
use abi::verifier::RiskVerifier::evaluateCall;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contract_kit::args::Args;
use contract_kit::host;
use contract_kit::words::Writer;
use escrow_ledger::fault::{Field, ensure, fail, malformed, word};
use escrow_ledger::field;
use escrow_ledger::storage::Program;

/// What the shown book hashes to.
pub struct Examined {
    pub root: B256,
    pub parameters: B256,
    pub marks: B256,
    pub as_of: B256,
}

/// What the kernel makes of it, micro-USD.
#[derive(Clone, Copy, Default)]
pub struct Figures {
    pub requirement: u64,
    pub variation: i64,
}

/// What the shown steps make of a book.
pub struct Followed {
    /// History after the last step, by the roots that were stated.
    pub end: B256,
    /// The last of them; and of the book that is shown behind it, zero where none is.
    pub stated: B256,
    pub after: B256,
    /// What it should have been, where every position of it has a salt.
    pub root: B256,
    pub salted: bool,
    pub steps: u16,
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
    Figures { requirement: answer.u64(0), variation: answer.i64(2) }
}

pub fn follow(account: u64, shown: &[u8]) -> Followed {
    // Whose steps they are comes first.
    let of = shown.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    same(field!("account"), number(account), number(of));
    let answer = ask(Program::Examiner.address(), followCall::SELECTOR, shown);
    let answer = Args::new(&answer);
    for round in 0..answer.u16(7) {
        ensure_round(&answer, usize::from(round));
    }
    Followed {
        end: answer.word(1),
        stated: answer.word(2),
        after: answer.word(3),
        root: answer.word(4),
        salted: answer.u64(5) != 0,
        steps: answer.u16(6),
    }
}

/// An expiry settles at a round that the oracle has.
fn ensure_round(answer: &Args<'_>, place: usize) {
    let at = place.saturating_mul(3).saturating_add(8);
    let (feed, slot, price) = (answer.word(at), answer.u64(at.saturating_add(1)), answer.word(at.saturating_add(2)));
    let call = Writer::default().word(feed).uint(slot).bytes();
    let round = ask(Program::Oracle.address(), roundCall::SELECTOR, &call);
    same(field!("settlementPrice"), Args::new(&round).word(1), price)
}

/// Root of the slot's mark set; zero where no quorum committed to one.
pub fn committed_marks(slot: u64) -> B256 {
    let slot = Writer::default().uint(slot).bytes();
    Args::new(&ask(Program::Oracle.address(), marksRootCall::SELECTOR, &slot)).word(0)
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
