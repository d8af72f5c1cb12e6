//! [`StylusEvm`] under an inspector: EVM code step by step, programs call by call.

use super::creation;
use super::handler::ArbHandler;
use super::stylus::{Ctx, Error, Frame, StylusEvm};
use revm::context::result::ExecutionResult;
use revm::context::{FrameStack, TxEnv};
use revm::handler::evm::ContextDbError;
use revm::handler::instructions::InstructionProvider as _;
use revm::handler::{EvmTr, FrameInitOrResult, ItemOrResult};
use revm::inspector::handler::{frame_end, inspect_instructions};
use revm::inspector::{InspectorEvmTr, InspectorHandler};

impl<'a, I: revm::Inspector<Ctx<'a>>> StylusEvm<'a, I> {
    /// [`Self::transact`], showing the inspector what happens.
    pub fn inspect(&mut self, tx: TxEnv) -> Result<ExecutionResult, Error> {
        self.inner.ctx.tx = tx;
        ArbHandler::default().inspect_run(self)
    }
}

impl<'a, I: revm::Inspector<Ctx<'a>>> StylusEvm<'a, I> {
    /// Runs EVM code step by step.
    fn inspect_code(&mut self) -> Result<FrameInitOrResult<Frame>, ContextDbError<Ctx<'a>>> {
        let (ctx, inspector, frame, instructions) = self.inner.ctx_inspector_frame_instructions();
        let (table, gas) = (instructions.instruction_table(), instructions.gas_table());
        let action = inspect_instructions(ctx, &mut frame.interpreter, &mut *inspector, table, gas);
        creation::judge(ctx, frame, &action);
        let mut next = frame.process_next_action::<_, ContextDbError<Ctx<'a>>>(ctx, action)?;
        if let ItemOrResult::Result(result) = &mut next {
            frame_end(ctx, inspector, &frame.input, result);
            frame.set_finished(true);
        }
        Ok(next)
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
            return self.inspect_code();
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
