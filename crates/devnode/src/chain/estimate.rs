//! Gas estimates, as geth and Nitro make them.

use super::contents::Contents;
use super::error::ChainError;
use super::execute::Executed;
use super::query::{Prepared, failed};
use super::request::{CallError, CallRequest};
use revm::context::result::InvalidTransaction;
use revm::primitives::TxKind;

/// Gas of a transaction that does nothing.
pub const PLAIN: u64 = 21_000;
/// An estimate may exceed the least gas by this share of itself: 1.5 %.
const TOLERANCE: (u64, u64) = (3, 200);

impl Contents {
    /// Gas with which `request` succeeds, at most 1.5 % above the least.
    pub fn estimate(&self, request: &CallRequest) -> Result<u64, CallError> {
        let mut request = request.clone();
        // Less than any transaction takes is no wish.
        request.tx.gas = request.tx.gas.filter(|gas| *gas >= PLAIN);
        let prepared = self.prepare(&request)?.estimating();
        self.check_nonce(&request, &prepared)?;
        let most = prepared.tx.gas_limit;
        if self.is_plain(&prepared) && self.try_with(&prepared, PLAIN)?.is_some_and(|executed| executed.success) {
            return Ok(PLAIN);
        }
        match self.try_with(&prepared, most)? {
            Some(first) if first.success => self.narrow(&prepared, &first, most),
            Some(first) if !first.out_of_gas() => Err(failed(first)),
            _ => Err(ChainError::Allowance(most).into()),
        }
    }

    /// What is estimated is to be sent: its nonce must not be used up.
    fn check_nonce(&self, request: &CallRequest, prepared: &Prepared) -> Result<(), ChainError> {
        let address = prepared.tx.caller;
        let account = self.view(prepared.overlay.as_ref()).account(address);
        let expected = account.map_or(0, |info| info.nonce);
        match request.tx.nonce {
            Some(got) if got < expected => Err(ChainError::NonceTooLow { address, got, expected }),
            _ => Ok(()),
        }
    }

    /// Whether it only moves value to an account without code.
    fn is_plain(&self, prepared: &Prepared) -> bool {
        let TxKind::Call(to) = prepared.tx.kind else { return false };
        let account = self.view(prepared.overlay.as_ref()).account(to);
        prepared.tx.data.is_empty() && account.is_none_or(|info| info.is_empty_code_hash())
    }

    /// The least gas between what `first` used and `high`, which suffices.
    fn narrow(&self, prepared: &Prepared, first: &Executed, mut high: u64) -> Result<u64, CallError> {
        let succeeds = |gas| Ok::<_, CallError>(self.try_with(prepared, gas)?.is_some_and(|result| result.success));
        let mut low = first.gas_used.saturating_sub(1);
        // What most calls need: their use before refunds, and the 64th that each call level must hold back.
        let likely = (first.gas_used + first.refund + 2_300) * 64 / 63;
        if likely < high {
            if succeeds(likely)? { high = likely } else { low = likely }
        }
        while low + 1 < high && (high - low) * TOLERANCE.1 >= high * TOLERANCE.0 {
            let middle = (low + (high - low) / 2).min(low.saturating_mul(2));
            if succeeds(middle)? { high = middle } else { low = middle }
        }
        Ok(high)
    }

    /// What happens with so much gas; nothing if it does not even cover what is due before execution.
    fn try_with(&self, prepared: &Prepared, gas: u64) -> Result<Option<Executed>, CallError> {
        match self.simulate(prepared, gas) {
            Ok(executed) => Ok(Some(executed)),
            Err(InvalidTransaction::CallGasCostMoreThanGasLimit { .. }) => Ok(None),
            Err(error) => Err(ChainError::Invalid(error.to_string()).into()),
        }
    }
}
