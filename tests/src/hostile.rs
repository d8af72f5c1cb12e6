//! Tokens that misbehave, as bare EVM code: what an escrow must survive that lists the wrong token.
//!
//! The balance of a holder is in the storage slot of its address.
use alloy::primitives::{U256, hex};

/// What `transferFrom` and `transfer` do beside moving `amount`.
#[derive(Clone, Debug)]
pub enum Trick {
    /// Moves less by this many units.
    KeepsFee(u8),
    /// Moves the amount, answers `false`.
    AnswersFalse,
    /// Moves nothing, answers `false`.
    Refuses,
    /// Moves nothing, reverts.
    Reverts,
    /// Moves the amount, answers nothing.
    AnswersNothing,
    /// Moves nothing, answers `true`.
    MovesNothing,
    /// Goes round a loop of 26 gas so often before it moves the amount.
    Burns(u32),
    /// Calls its caller back with this before it moves; what came of it stays in slots 1 (success) and 2 (returned data).
    CallsBack(Vec<u8>),
}

/// Code that answers every call with this number.
pub fn answers(number: u8) -> [u8; 8] {
    [0x60, number, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]
}

const BALANCE_OF: [u8; 4] = hex!("70a08231");
const TRANSFER_FROM: [u8; 4] = hex!("23b872dd");

// Who is booked: the caller, the first argument, the second.
const CALLER: &[u8] = &hex!("33");
const FIRST: &[u8] = &hex!("600435");
const SECOND: &[u8] = &hex!("602435");
// How: add, sub.
const MORE: u8 = 0x01;
const LESS: u8 = 0x03;

/// Runtime code of a token with this trick.
pub fn code(trick: &Trick) -> Vec<u8> {
    let mut code = Code::default();
    code.ops(&hex!("5f3560e01c")); // calldataload(0) >> 224
    let balance_of = code.branch(BALANCE_OF);
    let transfer_from = code.branch(TRANSFER_FROM);
    code.transfer(trick, 0x24, &[(CALLER, LESS), (FIRST, MORE)]);
    code.land(transfer_from);
    code.transfer(trick, 0x44, &[(SECOND, MORE)]);
    code.land(balance_of);
    code.ops(&hex!("600435545f5260205ff3")); // return sload(calldataload(4))
    code.0
}

#[derive(Default)]
struct Code(Vec<u8>);

impl Code {
    fn ops(&mut self, ops: &[u8]) {
        self.0.extend_from_slice(ops);
    }

    /// Jumps where the selector on the stack is this one; where to is written by [`Code::land`].
    fn branch(&mut self, selector: [u8; 4]) -> usize {
        self.ops(&[0x80, 0x63]); // dup1, push4
        self.ops(&selector);
        self.ops(&hex!("14610000")); // eq, push2
        let at = self.0.len() - 2;
        self.ops(&[0x57]); // jumpi
        at
    }

    fn land(&mut self, branch: usize) {
        let here = self.0.len() as u16;
        self.0[branch..branch + 2].copy_from_slice(&here.to_be_bytes());
        self.ops(&[0x5b]); // jumpdest
    }

    /// Moves the amount at `argument` of calldata, and answers.
    fn transfer(&mut self, trick: &Trick, argument: u8, balances: &[(&[u8], u8)]) {
        if let Trick::CallsBack(data) = trick {
            self.call_back(data);
        }
        if let Trick::Burns(rounds) = trick {
            self.burn(*rounds);
        }
        if !matches!(trick, Trick::MovesNothing | Trick::Refuses | Trick::Reverts) {
            let fee = if let Trick::KeepsFee(fee) = trick { *fee } else { 0 };
            balances.iter().for_each(|(holder, change)| self.book(fee, argument, holder, *change));
        }
        match trick {
            Trick::AnswersNothing => self.ops(&hex!("5f5ff3")),
            Trick::Reverts => self.ops(&hex!("5f5ffd")),
            Trick::AnswersFalse | Trick::Refuses => self.ops(&hex!("5f5f5260205ff3")),
            _ => self.ops(&hex!("60015f5260205ff3")),
        }
    }

    /// Changes a holder's balance by the amount less the fee.
    fn book(&mut self, fee: u8, argument: u8, holder: &[u8], change: u8) {
        self.ops(&[0x60, fee, 0x60, argument, 0x35, 0x03]); // amount − fee
        self.ops(holder);
        self.ops(&hex!("8054919091")); // dup1, sload, and the balance over the amount over the holder
        self.ops(&[change, 0x90, 0x55]); // swap1, sstore
    }

    /// Counts down to zero.
    fn burn(&mut self, rounds: u32) {
        self.ops(&[0x63]); // push4
        self.ops(&rounds.to_be_bytes());
        let here = self.0.len() as u16;
        self.ops(&hex!("5b60019003")); // jumpdest, push1 1, swap1, sub
        self.ops(&[0x80, 0x61]); // dup1, push2
        self.ops(&here.to_be_bytes());
        self.ops(&[0x57, 0x50]); // jumpi, pop
    }

    /// call(gas, caller, 0, data), then success and the first returned word into slots 1 and 2.
    fn call_back(&mut self, data: &[u8]) {
        for (place, word) in data.chunks(32).enumerate() {
            let mut padded = [0u8; 32];
            padded[..word.len()].copy_from_slice(word);
            self.ops(&[0x7f]); // push32
            self.ops(&padded);
            self.ops(&[0x61]); // push2
            self.ops(&(32 * place as u16).to_be_bytes());
            self.ops(&[0x52]); // mstore
        }
        self.ops(&hex!("60205f61")); // out: 32 bytes at 0; in: `data` at 0
        self.ops(&(data.len() as u16).to_be_bytes());
        self.ops(&hex!("5f5f335af16001555f51600255"));
    }
}

/// Slot of [`Trick::CallsBack`]: 1 where its call succeeded.
pub const SUCCEEDED: U256 = U256::from_limbs([1, 0, 0, 0]);
/// Slot of [`Trick::CallsBack`]: the first word that its call returned.
pub const RETURNED: U256 = U256::from_limbs([2, 0, 0, 0]);
