//! What the escrow was constructed with, and whether it is paused.
use alloc::vec::Vec;
use contract_kit::words::Writer;
use escrow_ledger::encode::words;
use escrow_ledger::storage::{Head, Program};

pub fn paused() -> Vec<u8> {
    Writer::default().flag(Head::load().paused).bytes()
}

pub fn bounds() -> Vec<u8> {
    words(&Head::load().bounds)
}

pub fn registry() -> Vec<u8> {
    Writer::default().address(Head::load().registry).bytes()
}

pub fn verifier() -> Vec<u8> {
    program(Program::Verifier)
}

pub fn examiner() -> Vec<u8> {
    program(Program::Examiner)
}

fn program(of: Program) -> Vec<u8> {
    Writer::default().address(of.address()).bytes()
}
