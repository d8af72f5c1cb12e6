//! A machine in memory, for tests: contracts run natively against it, several together, as fast as functions.
//!
//! It keeps what a call can see: storage by contract, logs, time, who calls. A call that fails leaves nothing behind, a static
//! call changes nothing, and signatures are recovered for real. It meters no gas: what an action costs, the WASM tests measure.
extern crate std;

use crate::host::{CallResult, Host};
use crate::revert::{Result, Revert};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, LogData, Signature, U256};
use alloy_sol_types::{SolCall, SolEvent};
use core::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const ECRECOVER: Address = Address::with_last_byte(1);
/// Calls within calls; the virtual machine stops at 1,024.
const DEPTH: usize = 64;

type Program = Rc<dyn Fn(Host, &[u8]) -> Result<Vec<u8>>>;

/// Contracts, what they keep, and the calls under way. A copy is the same machine.
#[derive(Clone, Default)]
pub struct Memory(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    programs: BTreeMap<Address, Program>,
    kept: Kept,
    timestamp: u64,
    gas_left: Option<u64>,
    frames: Vec<Frame>,
}

/// What a call that fails leaves as it was.
#[derive(Clone, Default)]
struct Kept {
    words: BTreeMap<(Address, B256), B256>,
    logs: Vec<(Address, LogData)>,
}

#[derive(Clone, Copy)]
struct Frame {
    this: Address,
    sender: Address,
    is_static: bool,
}

std::thread_local! {
    /// The machine whose call this thread is in.
    static CURRENT: RefCell<Option<Memory>> = const { RefCell::new(None) };
}

impl Memory {
    /// What `Host::chain_id` says here.
    pub const CHAIN_ID: u64 = 412_346;

    /// Puts a contract at an address: its router, or what an outside contract answers.
    pub fn deploy(&self, at: Address, program: impl Fn(Host, &[u8]) -> Result<Vec<u8>> + 'static) {
        self.0.borrow_mut().programs.insert(at, Rc::new(program));
    }

    /// Moves the clock to a time in seconds.
    pub fn warp(&self, timestamp: u64) {
        self.0.borrow_mut().timestamp = timestamp;
    }

    /// What `Host::gas_left` says from now on; without it, as much as there can be.
    pub fn set_gas_left(&self, gas: u64) {
        self.0.borrow_mut().gas_left = Some(gas);
    }

    /// A transaction of `sender`.
    ///
    /// # Errors
    /// The revert data. Nothing of the call remains then.
    pub fn send(&self, sender: Address, to: Address, data: &[u8]) -> Result<Vec<u8>> {
        self.run(Frame { this: to, sender, is_static: false }, data)
    }

    /// A transaction with a typed call and answer.
    ///
    /// # Errors
    /// The revert data. Nothing of the call remains then.
    ///
    /// # Panics
    /// Where the contract answers what its ABI does not say.
    #[allow(clippy::expect_used)]
    pub fn act<C: SolCall>(&self, sender: Address, to: Address, call: &C) -> Result<C::Return> {
        let answer = self.send(sender, to, &call.abi_encode())?;
        Ok(C::abi_decode_returns_validate(&answer).expect("an answer of the ABI"))
    }

    /// The events of one type that a contract emitted, oldest first.
    pub fn events<E: SolEvent>(&self, of: Address) -> Vec<E> {
        let state = self.0.borrow();
        let own = state.kept.logs.iter().filter(|(emitter, _)| *emitter == of);
        own.filter_map(|(_, log)| E::decode_log_data_validate(log).ok()).collect()
    }

    /// A storage word of a contract.
    pub fn word(&self, of: Address, key: B256) -> B256 {
        self.0.borrow().kept.words.get(&(of, key)).copied().unwrap_or_default()
    }

    /// Runs whoever is called. An address without a program answers nothing, as on chain.
    fn run(&self, frame: Frame, data: &[u8]) -> Result<Vec<u8>> {
        if frame.this == ECRECOVER {
            return Ok(recovered(data).unwrap_or_default());
        }
        let (program, before) = {
            let state = self.0.borrow();
            if state.frames.len() >= DEPTH {
                return Err(Revert(Vec::new()));
            }
            (state.programs.get(&frame.this).cloned(), state.kept.clone())
        };
        let Some(program) = program else { return Ok(Vec::new()) };
        self.0.borrow_mut().frames.push(frame);
        let outer = CURRENT.with(|current| current.replace(Some(self.clone())));
        let outcome = catch_unwind(AssertUnwindSafe(|| program(Host::of_this_call(), data)));
        CURRENT.with(|current| current.replace(outer));
        self.0.borrow_mut().frames.pop();
        let outcome = outcome.unwrap_or_else(|payload| match payload.downcast::<Revert>() {
            Ok(reverted) => Err(*reverted),
            Err(panic) => resume_unwind(panic),
        });
        if outcome.is_err() {
            self.0.borrow_mut().kept = before;
        }
        outcome
    }

    fn frame(&self) -> Frame {
        let nobody = Frame { this: Address::ZERO, sender: Address::ZERO, is_static: false };
        self.0.borrow().frames.last().copied().unwrap_or(nobody)
    }

    /// In a static call nothing may change: it fails here, without data.
    fn changing(&self) -> Frame {
        let frame = self.frame();
        if frame.is_static {
            revert(&[])
        }
        frame
    }

    fn nested(&self, to: Address, data: &[u8], is_static: bool) -> CallResult {
        let caller = self.frame();
        let frame = Frame { this: to, sender: caller.this, is_static: is_static || caller.is_static };
        self.run(frame, data).map_err(|Revert(data)| data)
    }
}

/// [`Host::sender`].
pub fn sender() -> Address {
    current().frame().sender
}

/// [`Host::this`].
pub fn this() -> Address {
    current().frame().this
}

/// [`Host::timestamp`].
pub fn timestamp() -> u64 {
    current().0.borrow().timestamp
}

/// [`Host::chain_id`].
pub fn chain_id() -> u64 {
    Memory::CHAIN_ID
}

/// [`Host::gas_left`].
pub fn gas_left() -> u64 {
    current().0.borrow().gas_left.unwrap_or(u64::MAX)
}

/// [`Host::reentered`].
pub fn reentered() -> bool {
    let (machine, this) = (current(), this());
    let state = machine.0.borrow();
    state.frames.iter().filter(|frame| frame.this == this).count() > 1
}

/// [`Host::has_code`].
pub fn has_code(address: Address) -> bool {
    current().0.borrow().programs.contains_key(&address)
}

/// [`Host::load`].
pub fn load(key: B256) -> B256 {
    current().word(this(), key)
}

/// [`Host::store`]. In a static call it ends the call.
pub fn store(key: B256, word: B256) {
    let machine = current();
    let this = machine.changing().this;
    machine.0.borrow_mut().kept.words.insert((this, key), word);
}

/// [`Host::log`]. In a static call it ends the call.
pub fn log(bytes: &[u8], topics: usize) {
    let machine = current();
    let this = machine.changing().this;
    let (head, data) = bytes.split_at(topics.saturating_mul(32));
    let topics = head.chunks_exact(32).map(B256::from_slice).collect();
    machine.0.borrow_mut().kept.logs.push((this, LogData::new_unchecked(topics, data.to_vec().into())));
}

/// [`Host::call`].
///
/// # Errors
/// The revert data.
pub fn call(to: Address, data: &[u8]) -> CallResult {
    current().nested(to, data, false)
}

/// [`Host::static_call`]. It meters no gas.
///
/// # Errors
/// The revert data.
pub fn static_call(to: Address, data: &[u8], _gas: u64) -> CallResult {
    current().nested(to, data, true)
}

/// Ends the call that this thread is in.
pub fn revert(data: &[u8]) -> ! {
    resume_unwind(Box::new(Revert(data.to_vec())))
}

/// The precompile's answer: a padded address, or nothing.
fn recovered(input: &[u8]) -> Option<Vec<u8>> {
    let ([digest, v, r, s], _) = input.as_chunks::<32>().0.split_first_chunk::<4>()?;
    let odd = match U256::from_be_bytes(*v).try_into() {
        Ok(27u8) => false,
        Ok(28u8) => true,
        _ => return None,
    };
    let signature = Signature::new(U256::from_be_bytes(*r), U256::from_be_bytes(*s), odd);
    let signer = signature.recover_address_from_prehash(&B256::from(*digest)).ok()?;
    Some(signer.into_word().to_vec())
}

/// The machine whose call this thread is in.
#[allow(clippy::expect_used)]
fn current() -> Memory {
    CURRENT.with(|current| current.borrow().clone()).expect("natively a contract runs within a call of a `Memory`")
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
