//! revm's EVM with one frame kind added.

use super::{StylusEnv, creation, handler::ArbHandler, observe::Watch};
use crate::arbos::{ARBOS_STATE, Arbos};
use crate::chain::StateView;
use crate::code::is_program;
use crate::precompiles::ArbPrecompiles;
use crate::vm::frame::Run;
use alloy::primitives::{Address, map::HashMap};
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction};
use revm::context::{BlockEnv, CfgEnv, Context, Evm, FrameStack, Journal, TxEnv};
use revm::context_interface::{ContextTr, JournalTr};
use revm::handler::evm::{ContextDbError, FrameInitResult, FrameTr};
use revm::handler::instructions::{EthInstructions, InstructionProvider as _};
use revm::handler::{EthFrame, EvmTr, FrameInitOrResult, FrameResult, Handler, ItemOrResult};
use revm::inspector::NoOpInspector;
use revm::interpreter::{CallScheme, FrameInput, interpreter::EthInterpreter, interpreter_action::FrameInit};
use revm::primitives::hardfork::SpecId;
use revm::state::EvmState;
use std::convert::Infallible;

/// Context of a transaction over a view of the chain's state.
pub type Ctx<'a> = Context<BlockEnv, TxEnv, CfgEnv, StateView<'a>, Journal<StateView<'a>>, StylusEnv>;

pub(super) type Frame = EthFrame<EthInterpreter>;
pub(super) type Inner<'a, I> = Evm<Ctx<'a>, I, EthInstructions<EthInterpreter, Ctx<'a>>, ArbPrecompiles, Frame>;
pub(super) type Error = EVMError<Infallible, InvalidTransaction>;

/// What this EVM keeps for each open frame.
#[derive(Debug)]
pub(super) struct Slot {
    /// The account whose open frames count for re-entrancy; none for delegate calls.
    counted: Option<Address>,
    /// The program, if the frame runs one.
    pub(super) run: Option<Run>,
}

/// The EVM, with an inspector that sees every call, and every step of EVM code.
pub struct StylusEvm<'a, I = NoOpInspector> {
    pub(super) inner: Inner<'a, I>,
    pub(super) slots: Vec<Slot>,
    open: HashMap<Address, u32>,
    /// Present when what each call did is to be told.
    watch: Option<Watch>,
}

impl<'a, I> StylusEvm<'a, I> {
    pub fn new(db: StateView<'a>, cfg: CfgEnv, block: BlockEnv, mut env: StylusEnv, inspector: I) -> Self {
        env.arbos = Arbos::unpack(db.slot(ARBOS_STATE, Arbos::SLOT));
        let ctx: Ctx<'a> =
            Context::<BlockEnv, TxEnv, CfgEnv, StateView<'a>, Journal<StateView<'a>>, ()>::new(db, SpecId::OSAKA)
                .with_chain(env)
                .with_block(block)
                .with_cfg(cfg);
        let instructions = EthInstructions::new_mainnet_with_spec(SpecId::OSAKA);
        let watch = ctx.chain.tracing.then(Watch::default);
        let inner = Evm::new_with_inspector(ctx, inspector, instructions, ArbPrecompiles::default());
        Self { inner, slots: Vec::new(), open: HashMap::default(), watch }
    }

    /// Runs `tx`; the changes and the context's own findings follow from [`Self::finish`].
    pub fn transact(&mut self, tx: TxEnv) -> Result<ExecutionResult, Error> {
        self.inner.ctx.tx = tx;
        ArbHandler::default().run(self)
    }

    /// What changed, what the transaction left in its environment, and what was seen of it.
    pub fn finish(mut self) -> (EvmState, StylusEnv, Watch, I) {
        let state = self.inner.ctx.journal_mut().finalize();
        (state, self.inner.ctx.chain, self.watch.unwrap_or_default(), self.inner.inspector)
    }

    /// Notes a frame that revm has just opened.
    fn opened(&mut self) {
        let frame = self.inner.frame_stack.get();
        let target = frame.interpreter.input.target_address;
        let version = self.inner.ctx.chain.arbos.version;
        let (counted, program) = match &frame.input {
            FrameInput::Call(call) => {
                let delegated = matches!(call.scheme, CallScheme::DelegateCall | CallScheme::CallCode);
                let program = is_program(frame.interpreter.bytecode.original_byte_slice(), version);
                ((!delegated).then_some(target), program)
            }
            _ => (Some(target), false),
        };
        if let Some(account) = counted {
            *self.open.entry(account).or_default() += 1;
        }
        if let Some(watch) = self.watch.as_mut().filter(|_| program) {
            watch.is_program();
        }
        let run = program.then(|| Run::Fresh { reentrant: self.open.get(&target).is_some_and(|open| *open > 1) });
        self.slots.push(Slot { counted, run });
    }

    /// Notes how a call ended, whether or not it had a frame.
    fn left(&mut self, result: &FrameResult) {
        let Some(watch) = &mut self.watch else { return };
        let chain = &mut self.inner.ctx.chain;
        let (address, steps) = watch.leave(result, chain.usage, std::mem::take(&mut chain.steps));
        match self.slots.last_mut() {
            Some(Slot { run: Some(Run::Suspended(suspended)), .. }) => suspended.set_steps(address, steps),
            _ => watch.attach(address, steps),
        }
    }

    fn closed(&mut self) {
        let Some(Slot { counted: Some(account), .. }) = self.slots.pop() else { return };
        if let Some(open) = self.open.get_mut(&account) {
            *open = open.saturating_sub(1);
        }
    }
}

impl<'a, I> EvmTr for StylusEvm<'a, I> {
    type Context = Ctx<'a>;
    type Instructions = EthInstructions<EthInterpreter, Ctx<'a>>;
    type Precompiles = ArbPrecompiles;
    type Frame = Frame;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Self::Frame>) {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        input: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        if self.inner.frame_stack.index().is_none() {
            self.slots.clear();
            self.open.clear();
        }
        if let Some(watch) = &mut self.watch {
            watch.enter(&input.frame_input, self.inner.ctx.chain.usage);
        }
        if let ItemOrResult::Result(result) = self.inner.frame_init(input)? {
            self.left(&result);
            return Ok(ItemOrResult::Result(result));
        }
        self.opened();
        Ok(ItemOrResult::Item(self.inner.frame_stack.get()))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let Evm { ctx, instruction, frame_stack, .. } = &mut self.inner;
        let frame = frame_stack.get();
        let action = match self.slots.last_mut().and_then(|slot| Some((slot.run.take()?, &mut slot.run))) {
            Some((run, slot)) => {
                let (action, kept) = run.advance(ctx, frame);
                *slot = kept;
                action
            }
            None => frame.interpreter.run_plain(instruction.instruction_table(), instruction.gas_table(), ctx),
        };
        creation::judge(ctx, frame, &action);
        let next = frame.process_next_action::<_, ContextDbError<Self::Context>>(ctx, action)?;
        if next.is_result() {
            frame.set_finished(true);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: <Self::Frame as FrameTr>::FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        if self.inner.frame_stack.get().is_finished() {
            self.inner.frame_stack.pop();
            self.closed();
            self.left(&result);
        }
        if self.inner.frame_stack.index().is_none() {
            return Ok(Some(result));
        }
        if let Some(Slot { run: Some(Run::Suspended(suspended)), .. }) = self.slots.last_mut() {
            self.inner.frame_stack.get().interpreter.memory.free_child_context();
            suspended.set_result(result);
            return Ok(None);
        }
        self.inner.frame_stack.get().return_result::<_, ContextDbError<Self::Context>>(&mut self.inner.ctx, result)?;
        Ok(None)
    }
}
