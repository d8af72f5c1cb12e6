//! [`StylusEvm`] under an inspector: EVM code step by step, programs call by call.

use super::handler::ArbHandler;
use super::stylus::{Ctx, Error, StylusEvm};
use revm::context::result::ExecutionResult;
use revm::context::{FrameStack, TxEnv};
use revm::handler::evm::ContextDbError;
use revm::handler::{EvmTr, FrameInitOrResult, ItemOrResult};
use revm::inspector::{InspectorEvmTr, InspectorHandler, handler::frame_end};

impl<'a, I: revm::Inspector<Ctx<'a>>> StylusEvm<'a, I> {
    /// [`Self::transact`], showing the inspector what happens.
    pub fn inspect(&mut self, tx: TxEnv) -> Result<ExecutionResult, Error> {
        self.inner.ctx.tx = tx;
        ArbHandler::default().inspect_run(self)
    }
}

impl<'a, I: revm::Inspector<Ctx<'a>>> InspectorEvmTr for StylusEvm<'a, I> {
    type Inspector = I;

    fn all_inspector(
        &self,
    ) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>, &Self::Inspector) {
        self.inner.all_inspector()
    }

    fn all_mut_inspector(
        &mut self,
    ) -> (
        &mut Self::Context,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut FrameStack<Self::Frame>,
        &mut Self::Inspector,
    ) {
        self.inner.all_mut_inspector()
    }

    fn inspect_frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        if self.slots.last().is_none_or(|slot| slot.run.is_none()) {
            return self.inner.inspect_frame_run();
        }
        let logs = self.inner.ctx.journaled_state.logs.len();
        let mut next = self.frame_run()?;
        let (ctx, inspector, frame) = self.ctx_inspector_frame();
        for log in ctx.journaled_state.logs.iter().skip(logs).cloned().collect::<Vec<_>>() {
            inspector.log(ctx, log);
        }
        if let ItemOrResult::Result(result) = &mut next {
            frame_end(ctx, inspector, &frame.input, result);
        }
        Ok(next)
    }
}
