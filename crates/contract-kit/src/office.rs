//! An office: a program that works for another, its principal, which is too large to hold all its own code.
//!
//! The principal calls it statically with the caller's address and calldata. The office reads the principal's storage by
//! calling it back, and answers with a [`Plan`], which the principal carries out. So the office runs the same code as
//! the principal would ([`host`] asks [`task`] at each step), and can do nothing by itself: it holds no storage, no
//! tokens, and no right that a call to it could use.
use crate::host;
use crate::revert::{Result, Revert};
use abi::packed::{Plan, Transfer};
use alloc::boxed::Box;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use core::cell::Cell;
use core::ptr;

/// The call that an office works on.
pub struct Task {
    pub principal: Address,
    pub caller: Address,
    words: Vec<Known>,
    plan: Plan,
}

struct Known {
    key: B256,
    word: B256,
    written: bool,
}

/// One for a call: programs have one thread. Null in a program that is no office, which the compiler then knows.
struct Current(Cell<*mut Task>);

unsafe impl Sync for Current {}

static CURRENT: Current = Current(Cell::new(ptr::null_mut()));

/// What this office works on; nothing in a program that is none.
#[inline(always)]
pub fn task() -> Option<&'static mut Task> {
    unsafe { CURRENT.0.get().as_mut() }
}

/// Reads caller and calldata, routes, and writes the plan.
pub fn run(len: usize, router: fn(&[u8]) -> Result<Vec<u8>>) -> usize {
    if host::has_value() {
        return 1;
    }
    let given = host::calldata(len);
    let Some((caller, calldata)) = given.split_first_chunk::<20>() else { host::revert(&[]) };
    let new = Task { principal: host::caller(), caller: caller.into(), words: Vec::new(), plan: Plan::default() };
    CURRENT.0.set(Box::into_raw(Box::new(new)));
    match router(calldata) {
        Ok(output) => host::finish_with(&task().map(|task| task.finish(output)).unwrap_or_default().encode(), 0),
        Err(Revert(data)) => host::revert(&data),
    }
}

impl Task {
    pub fn load(&mut self, key: B256) -> B256 {
        self.fetch(&[key]);
        self.words.iter().find(|known| known.key == key).map_or(B256::ZERO, |known| known.word)
    }

    /// Words of the principal's storage that are not known yet, all in one call.
    pub fn fetch(&mut self, keys: &[B256]) {
        let keys: Vec<&B256> = keys.iter().filter(|key| !self.words.iter().any(|known| known.key == **key)).collect();
        if keys.is_empty() {
            return;
        }
        let asked: Vec<u8> = keys.iter().flat_map(|key| key.0).collect();
        let answer = host::static_call(self.principal, &asked, u64::MAX).unwrap_or_else(|data| host::revert(&data));
        let (words, _) = answer.as_chunks::<32>();
        for (key, word) in keys.into_iter().zip(words) {
            self.words.push(Known { key: *key, word: word.into(), written: false });
        }
    }

    pub fn store(&mut self, key: B256, word: B256) {
        match self.words.iter_mut().find(|known| known.key == key) {
            Some(known) if known.word == word => (),
            Some(known) => (known.word, known.written) = (word, true),
            None => self.words.push(Known { key, word, written: true }),
        }
    }

    pub fn log(&mut self, topics: usize, bytes: &[u8]) {
        self.plan.logs.push((topics as u8, bytes.to_vec()));
    }

    pub fn transfer(&mut self, transfer: Transfer) {
        self.plan.transfers.push(transfer);
    }

    /// After the transfers, with an answer that must agree.
    pub fn call(&mut self, to: Address, calldata: Vec<u8>) {
        self.plan.calls.push((to, calldata));
    }

    fn finish(&mut self, output: Vec<u8>) -> Plan {
        let written = self.words.iter().filter(|known| known.written).map(|known| (known.key, known.word));
        let plan = core::mem::take(&mut self.plan);
        Plan { words: written.collect(), output, ..plan }
    }
}
