//! Moves of tokens in and out, each checked against the escrow's balance before and after, and on the way out the receiver's.
use abi::escrow::MarginEscrow::{NoWayOut, TokenCallFailed, TransferMismatch};
use abi::token::SignedPermit;
use abi::token::Token::{permitCall, receiveWithAuthorizationCall, transferCall, transferFromCall};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolCall;
use contract_kit::args::Args;
use contract_kit::host;
use contract_kit::signature::Parts;
use contract_kit::words::Writer;
use escrow_ledger::custody::{held, held_by};
use escrow_ledger::fault::{ensure, fail};

/// From a wallet that has approved the escrow. What pays a debt comes in even where it could not leave.
pub fn pull(token: Address, from: Address, amount: U256, pays: bool) {
    let call = Writer::after(transferFromCall::SELECTOR).address(from).address(host::this()).word(amount);
    take_in(token, amount, &call.bytes(), pays)
}

/// The caller's permit to the escrow, for the amount or without a bound: amount, deadline, v, r, s from word `at` on. It may fail:
/// somebody may have used it before, and then the allowance is there. The ledger is neither read before it nor written, so it can
/// change nothing else.
pub fn permit(token: Address, args: &Args<'_>, at: usize) {
    let word = |place: usize| args.word(at.saturating_add(place));
    let parts = Parts { v: args.u8(at.saturating_add(2)), r: word(3), s: word(4) };
    let _ = permits(token, word(0), word(1), &parts) || permits(token, B256::repeat_byte(u8::MAX), word(1), &parts);
}

/// The same for a value given separately: value, deadline, and the signature's offset from word `at` on, the last. What is no key's
/// signature of this value may be a contract wallet's, which the token hands on as it is.
pub fn signed_permit(token: Address, args: &Args<'_>, at: usize) {
    let (signed, signature) = (at.saturating_add(2), args.bytes(at.saturating_add(2)));
    args.ends_after(signed.saturating_add(1), &[signature]);
    let (value, deadline) = (args.word(at), args.word(at.saturating_add(1)));
    let by_key = Parts::parse(signature).is_some_and(|parts| permits(token, value, deadline, &parts));
    if !by_key {
        let call = allow(SignedPermit::permitCall::SELECTOR, value, deadline).uint(160u8).tail(signature);
        let _ = host::call(token, call.as_slice());
    }
}

fn permits(token: Address, value: B256, deadline: B256, parts: &Parts) -> bool {
    let call = allow(permitCall::SELECTOR, value, deadline).uint(parts.v).word(parts.r).word(parts.s);
    host::call(token, call.as_slice()).is_ok()
}

fn allow(selector: [u8; 4], value: B256, deadline: B256) -> Writer {
    Writer::after(selector).address(host::sender()).address(host::this()).word(value).word(deadline)
}

/// By an authorization (ERC-3009): from, amount, validAfter, validBefore, salt, v, r, s from word `at` on. Its nonce is
/// the hash of `from`, `purpose` and the salt, so that it serves that purpose only.
pub fn pull_authorized(token: Address, args: &Args<'_>, at: usize, purpose: &[u64], pays: bool) {
    let word = |place: usize| args.word(at.saturating_add(place));
    let (from, amount, v) = (args.address(at), args.u256(at.saturating_add(1)), args.u8(at.saturating_add(5)));
    let nonce = purpose.iter().fold(Writer::default().address(from), |nonce, number| nonce.uint(*number));
    let nonce = keccak256(nonce.word(word(4)).bytes());
    let call = Writer::after(receiveWithAuthorizationCall::SELECTOR).address(from).address(host::this()).word(amount);
    let call = call.word(word(2)).word(word(3)).word(nonce).uint(v).word(word(6)).word(word(7));
    take_in(token, amount, &call.bytes(), pays)
}

/// What a token's own address receives is lost: who named it gets nothing there. (A successor that is a token accepts no account.)
pub fn ensure_elsewhere(token: Address, to: Address, asked: U256) {
    ensure(to != token, || TransferMismatch { token, asked, moved: U256::ZERO })
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

    /// Exactly the amount has left, and exactly that has come: what a token keeps on the way, or adds to it, is nobody's. To the escrow
    /// itself nothing moves.
    fn delivered(self, token: Address, to: Address, asked: U256) {
        moved(token, asked, held(token), self.ours);
        moved(token, asked, self.theirs, held_by(token, to))
    }
}

/// Whether the token lets the escrow send, as far as the escrow's own address decides: it sends to itself.
#[inline(never)]
pub fn moves_out(token: Address, amount: U256) -> bool {
    agrees(token, &Writer::after(transferCall::SELECTOR).address(host::this()).word(amount).bytes())
}

/// A call that left less than this part of the gas may have run out of it, and then it refused nothing: a call keeps back
/// a 64th, a call within a call another.
const KEPT: u64 = 8;

/// As [`push`], for a receiver that the token may refuse: false where it did, and nothing moved.
pub fn offer(token: Address, to: Address, amount: U256) -> bool {
    ensure_elsewhere(token, to, amount);
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

fn take_in(token: Address, amount: U256, data: &[u8], pays: bool) {
    let before = held(token);
    call(token, data);
    // What could not leave does not come in, unless it pays.
    ensure(pays || moves_out(token, amount.min(U256::ONE)), || NoWayOut { token });
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
