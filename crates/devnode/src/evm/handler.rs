//! revm's transaction rules with Arbitrum's two: data is paid before anything runs, and execution has a limit of its own.

use super::stylus::{Ctx, Error, Frame, StylusEvm};
use revm::context::result::{HaltReason, InvalidTransaction};
use revm::context_interface::{Cfg, ContextTr, Transaction};
use revm::handler::{EvmTr, FrameResult, Handler, MainnetHandler};
use revm::inspector::InspectorHandler;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::{GasTracker, InitialAndFloorGas, interpreter_action::FrameInit};

/// Handler of one transaction.
pub struct ArbHandler<'a, I> {
    main: MainnetHandler<StylusEvm<'a, I>, Error, Frame>,
    /// Gas kept back from execution, which the sender gets again.
    held: u64,
}

impl<I> Default for ArbHandler<'_, I> {
    fn default() -> Self {
        Self { main: MainnetHandler::default(), held: 0 }
    }
}

impl<'a, I> Handler for ArbHandler<'a, I> {
    type Evm = StylusEvm<'a, I>;
    type Error = Error;
    type HaltReason = HaltReason;

    fn validate_initial_tx_gas(&self, evm: &mut Self::Evm) -> Result<InitialAndFloorGas, Error> {
        let mut gas = self.main.validate_initial_tx_gas(evm)?;
        let ctx = evm.ctx_ref();
        gas.initial_regular_gas = gas.initial_regular_gas.saturating_add(ctx.chain.data_gas);
        let (gas_limit, initial_gas) = (ctx.tx().gas_limit(), gas.initial_regular_gas);
        if gas_limit < initial_gas {
            return Err(InvalidTransaction::CallGasCostMoreThanGasLimit { gas_limit, initial_gas }.into());
        }
        Ok(gas)
    }

    fn first_frame_input(&mut self, evm: &mut Self::Evm, gas: &mut GasTracker) -> Result<Option<FrameInit>, Error> {
        let chain = &evm.ctx_ref().chain;
        let execution = gas.limit() - chain.data_gas;
        self.held = chain.execution_limit.map_or(0, |limit| execution.saturating_sub(limit)).min(gas.remaining());
        gas.set_remaining(gas.remaining() - self.held);
        self.main.first_frame_input(evm, gas)
    }

    fn last_frame_result(
        &mut self,
        evm: &mut Self::Evm,
        result: &mut FrameResult,
        gas: &mut GasTracker,
    ) -> Result<(), Error> {
        self.main.last_frame_result(evm, result, gas)?;
        result.gas_mut().erase_cost(self.held);
        Ok(())
    }

    /// Data are not refunded, nor does their price raise what may be.
    fn refund(&self, evm: &mut Self::Evm, result: &mut FrameResult, eip7702_refund: i64) -> Result<(), Error> {
        self.main.refund(evm, result, eip7702_refund)?;
        let ctx = evm.ctx_ref();
        let gas = result.gas_mut();
        let execution = gas.total_gas_spent().saturating_sub(ctx.chain.data_gas);
        let most = execution / ctx.cfg().gas_params().max_refund_quotient();
        gas.set_refund(gas.refunded().min(most as i64));
        Ok(())
    }
}

impl<'a, I: revm::Inspector<Ctx<'a>>> InspectorHandler for ArbHandler<'a, I> {
    type IT = EthInterpreter;
}
