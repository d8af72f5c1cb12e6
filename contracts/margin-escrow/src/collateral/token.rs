//! Moves of tokens in and out, each checked against the escrow's balance before and after, and on the way out the receiver's.
use abi::escrow::MarginEscrow::{TokenCallFailed, TransferMismatch};
use abi::token::Token::{permitCall, receiveWithAuthorizationCall, transferCall, transferFromCall};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolCall;
use contract_kit::host;
use contract_kit::words::Writer;
use margin::args::Args;
use margin::custody::{held, held_by};
use margin::fault::{ensure, fail};

/// From a wallet that has approved the escrow.
pub fn pull(token: Address, from: Address, amount: U256) {
    take_in(
        token,
        amount,
        &Writer::after(transferFromCall::SELECTOR).address(from).address(host::this()).word(amount).bytes(),
    )
}

/// The caller's permit to the escrow: amount, deadline, v, r, s from word `at` on. It may fail: somebody may have used it
/// before, and then the allowance is there. The ledger is neither read before it nor written, so it can change nothing else.
pub fn permit(token: Address, args: &Args<'_>, at: usize) {
    let word = |place: usize| args.word(at.saturating_add(place));
    let call = Writer::after(permitCall::SELECTOR).address(host::sender()).address(host::this());
    let call = call.word(word(0)).word(word(1)).uint(args.u8(at.saturating_add(2))).word(word(3)).word(word(4));
    let _ = host::call(token, &call.bytes());
}

/// By an authorization (ERC-3009): from, amount, validAfter, validBefore, salt, v, r, s from word `at` on. Its nonce is
/// the hash of `from`, `purpose` and the salt, so that it serves that purpose only.
pub fn pull_authorized(token: Address, args: &Args<'_>, at: usize, purpose: &[u64]) {
    let word = |place: usize| args.word(at.saturating_add(place));
    let (from, amount, v) = (args.address(at), args.u256(at.saturating_add(1)), args.u8(at.saturating_add(5)));
    let nonce = purpose.iter().fold(Writer::default().address(from), |nonce, number| nonce.uint(*number));
    let nonce = keccak256(nonce.word(word(4)).bytes());
    let call = Writer::after(receiveWithAuthorizationCall::SELECTOR).address(from).address(host::this()).word(amount);
    let call = call.word(word(2)).word(word(3)).word(nonce).uint(v).word(word(6)).word(word(7));
    take_in(token, amount, &call.bytes())
}

#[inline(never)]
pub fn push(token: Address, to: Address, amount: U256) {
    let before = Ends::of(token, to);
    call(token, &Writer::after(transferCall::SELECTOR).address(to).word(amount).bytes());
    before.delivered(token, to, amount)
}

/// What a token says that the escrow and a receiver hold.
struct Ends {
    ours: U256,
    theirs: U256,
}

impl Ends {
    fn of(token: Address, to: Address) -> Self {
        Self { ours: held(token), theirs: held_by(token, to) }
    }

    /// Exactly the amount has left, and no less has come: what a token keeps on the way is nobody's to lose.
    fn delivered(self, token: Address, to: Address, asked: U256) {
        moved(token, asked, held(token), self.ours);
        let moved = held_by(token, to).saturating_sub(self.theirs);
        ensure(moved >= asked, || TransferMismatch { token, asked, moved })
    }
}

/// Whether the token moves an amount when it is asked to.
pub fn moves(token: Address, to: Address, amount: U256) -> bool {
    agrees(token, &Writer::after(transferCall::SELECTOR).address(to).word(amount).bytes())
}

/// A call that left less than this part of the gas may have run out of it, and then it refused nothing: a call keeps back
/// a 64th, a call within a call another.
const KEPT: u64 = 8;

/// As [`push`], for a receiver that the token may refuse: false where it did, and nothing moved.
pub fn offer(token: Address, to: Address, amount: U256) -> bool {
    let (before, gas) = (Ends::of(token, to), host::gas_left());
    let agreed = agrees(token, &Writer::after(transferCall::SELECTOR).address(to).word(amount).bytes());
    let starved = host::gas_left() < gas / KEPT;
    if agreed {
        before.delivered(token, to, amount);
    } else if starved || held(token) != before.ours {
        failed(token)
    }
    agreed
}

fn take_in(token: Address, amount: U256, data: &[u8]) {
    let before = held(token);
    call(token, data);
    moved(token, amount, before, held(token))
}

fn moved(token: Address, asked: U256, less: U256, more: U256) {
    let moved = more.checked_sub(less);
    ensure(moved == Some(asked), || TransferMismatch { token, asked, moved: moved.unwrap_or_default() })
}

fn call(token: Address, data: &[u8]) {
    if !agrees(token, data) {
        failed(token)
    }
}

/// A token that agrees answers nothing or `true`.
fn agrees(token: Address, data: &[u8]) -> bool {
    host::call(token, data).is_ok_and(|answer| {
        answer.is_empty()
            || matches!(answer.split_last(), Some((1, zeros)) if zeros.len() == 31 && zeros.iter().all(|byte| *byte == 0))
    })
}

#[cold]
fn failed(token: Address) -> ! {
    fail(&TokenCallFailed { token })
}
