//! What became of a transaction, and what a test expects of it.
use alloy::primitives::{Bytes, Log};
use alloy::sol_types::{SolCall, SolError, SolEvent};
use chain::Revert;
use std::marker::PhantomData;

/// A mined transaction: it returned, or it reverted.
#[must_use = "say what you expect of it: `ok`, `expect_revert` or `expect_emit`"]
pub struct Outcome<C> {
    pub(crate) reverted: bool,
    pub(crate) output: Bytes,
    pub(crate) logs: Vec<Log>,
    pub(crate) gas: u64,
    pub(crate) call: PhantomData<C>,
}

/// A transaction that succeeded.
pub struct Done<R> {
    /// As the ABI decodes it.
    pub returned: R,
    /// In order.
    pub logs: Vec<Log>,
    /// Execution gas, with the intrinsic part and calldata.
    pub gas: u64,
}

impl<C: SolCall> Outcome<C> {
    /// Execution gas, whatever became of it.
    pub fn gas(&self) -> u64 {
        self.gas
    }

    /// It succeeded.
    #[track_caller]
    pub fn ok(self) -> Done<C::Return> {
        assert!(!self.reverted, "{} reverted: {}", C::SIGNATURE, self.revert());
        let returned = C::abi_decode_returns(&self.output).expect("returns what the ABI says");
        Done { returned, logs: self.logs, gas: self.gas }
    }

    /// It reverted with exactly this error.
    #[track_caller]
    pub fn expect_revert<E: SolError>(self, error: E) {
        let expected = Revert::decode(&error.abi_encode());
        assert!(self.reverted, "{} succeeded, expected {expected}", C::SIGNATURE);
        assert!(*self.output == *error.abi_encode(), "{}: {} instead of {expected}", C::SIGNATURE, self.revert());
    }

    /// It reverted with this kind of error; its fields are returned.
    #[track_caller]
    pub fn expect_revert_of<E: SolError>(self) -> E {
        assert!(self.reverted, "{} succeeded, expected {}", C::SIGNATURE, E::SIGNATURE);
        let found = self.revert().is::<E>();
        found.unwrap_or_else(|| panic!("{}: {} instead of {}", C::SIGNATURE, self.revert(), E::SIGNATURE))
    }

    /// It succeeded and emitted exactly this event.
    #[track_caller]
    pub fn expect_emit<E: SolEvent>(self, event: E) -> Self {
        assert!(!self.reverted, "{} reverted: {}", C::SIGNATURE, self.revert());
        expect_log(&self.logs, &event);
        self
    }

    /// It succeeded and emitted no event of this kind.
    #[track_caller]
    pub fn expect_no_emit<E: SolEvent>(self) -> Self {
        assert!(!self.reverted, "{} reverted: {}", C::SIGNATURE, self.revert());
        let count = events::<E>(&self.logs).len();
        assert_eq!(count, 0, "{} emitted {count} {}", C::SIGNATURE, E::SIGNATURE);
        self
    }

    /// Whether it did.
    pub fn reverted(&self) -> bool {
        self.reverted
    }

    /// The decoded reason.
    pub fn revert(&self) -> Revert {
        Revert::decode(&self.output)
    }

    /// For sequences in which both are fine: whatever it did, it did.
    pub fn ignore(self) {}
}

impl<R> Done<R> {
    /// All events of one kind, in order.
    pub fn events<E: SolEvent>(&self) -> Vec<E> {
        events(&self.logs)
    }

    /// The only event of this kind.
    #[track_caller]
    pub fn event<E: SolEvent>(&self) -> E {
        let mut found = self.events::<E>();
        assert_eq!(found.len(), 1, "events {}", E::SIGNATURE);
        found.remove(0)
    }
}

fn events<E: SolEvent>(logs: &[Log]) -> Vec<E> {
    logs.iter().filter_map(|log| E::decode_log(log).ok()).map(|log| log.data).collect()
}

#[track_caller]
fn expect_log<E: SolEvent>(logs: &[Log], event: &E) {
    let expected = event.encode_log_data();
    if logs.iter().any(|log| log.data == expected) {
        return;
    }
    let alike: Vec<_> = logs.iter().filter(|log| log.topics().first() == expected.topics().first()).collect();
    let names: Vec<_> = logs.iter().filter_map(chain::events::decode_raw).collect();
    panic!("no such {}\nexpected {expected:?}\nof its kind {alike:?}\nall events {names:?}", E::SIGNATURE);
}
