//! One call into a program, from entry to its result, suspended whenever it needs the chain.

use super::compiled::Instance;
use super::entry::enter;
use super::host::{Escape, Request, Vm};
use super::hostio::HostCall;
use super::ink::{gas_to_ink, ink_to_gas};
use super::service::{self, Answer, Awaited};
use crate::evm::{CANNOT_RUN, Ctx};
use alloy::primitives::{Address, Bytes};
use revm::context_interface::{ContextTr as _, LocalContextTr as _};
use revm::handler::{EthFrame, FrameResult};
use revm::interpreter::{InstructionResult, InterpreterAction, InterpreterResult, interpreter::EthInterpreter};
use wasmi::{TrapCode, TypedResumableCall, TypedResumableCallHostTrap, Val};

/// Return data costs at least what EVM memory of its size would.
fn return_floor(bytes: usize) -> u64 {
    let words = (bytes as u64).div_ceil(32);
    words * 3 + words * words / 512
}

/// How a program's run ended.
#[derive(Debug)]
enum End {
    Exit(u32),
    Failure(String),
    OutOfInk,
    OutOfStack,
}

/// Where a frame that runs WASM stands.
#[derive(Debug)]
pub enum Run {
    /// Not begun; `reentrant` where its contract runs already.
    Fresh { reentrant: bool },
    /// Waiting for the frame that it asked for.
    Suspended(Box<Suspended>),
}

/// A program waiting for a call or creation it asked for.
#[derive(Debug)]
pub struct Suspended {
    run: Running,
    trap: TypedResumableCallHostTrap<u32>,
    awaited: Awaited,
    result: Option<FrameResult>,
}

impl Suspended {
    /// Hands in the host functions that the awaited call called.
    pub fn set_steps(&mut self, callee: Address, steps: Vec<HostCall>) {
        if matches!(self.awaited, Awaited::Call { .. }) {
            Vm(&mut self.run.instance.store).record(|recorder| recorder.inner(callee, steps));
        }
    }

    /// Hands in what the awaited call or creation returned.
    pub fn set_result(&mut self, result: FrameResult) {
        self.result = Some(result);
    }
}

/// What outlives each suspension.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) instance: Instance,
    /// Gas after entry costs.
    pub(super) gas: u64,
    /// Gas of the frame before entry costs.
    pub(super) frame_gas: u64,
    pub(super) open_before: u16,
}

pub(super) type Frame = EthFrame<EthInterpreter>;
/// What the frame does next, and the run to keep if it continues later.
pub type Step = (InterpreterAction, Option<Run>);

impl Run {
    /// Runs until the program ends or needs a new frame.
    pub fn advance(self, ctx: &mut Ctx<'_>, frame: &mut Frame) -> Step {
        match self {
            Self::Fresh { reentrant } => enter(ctx, frame, reentrant),
            Self::Suspended(suspended) => {
                let Suspended { mut run, trap, awaited, result } = *suspended;
                let Some(result) = result else {
                    return run.finish(ctx, frame, End::Failure("resumed without a result".to_owned()));
                };
                match service::complete(&mut run.instance.store, frame, awaited, result) {
                    Ok(values) => run.resume(ctx, frame, trap, values),
                    Err(escape) => run.finish(ctx, frame, End::from(escape)),
                }
            }
        }
    }
}

type Outcome = Result<TypedResumableCall<u32>, wasmi::Error>;

impl Running {
    fn resume(
        mut self,
        ctx: &mut Ctx<'_>,
        frame: &mut Frame,
        trap: TypedResumableCallHostTrap<u32>,
        values: Option<u32>,
    ) -> Step {
        self.instance.store.data_mut().pages = ctx.chain.pages;
        let outcome =
            trap.resume(&mut self.instance.store, &inputs(values).as_slice()[..usize::from(values.is_some())]);
        self.drive(ctx, frame, outcome)
    }

    /// Answers the program's requests until it ends or needs a new frame.
    pub(super) fn drive(mut self, ctx: &mut Ctx<'_>, frame: &mut Frame, mut outcome: Outcome) -> Step {
        loop {
            ctx.chain.pages = self.instance.store.data().pages;
            let trap = match outcome {
                Ok(TypedResumableCall::Finished(status)) => return self.finish(ctx, frame, End::Exit(status)),
                Ok(TypedResumableCall::HostTrap(trap)) => trap,
                Ok(TypedResumableCall::OutOfFuel(_)) => return self.finish(ctx, frame, End::OutOfInk),
                Err(error) => {
                    let end = self.trapped(&error);
                    return self.finish(ctx, frame, end);
                }
            };
            let request = match asked(trap.host_error()) {
                Ok(request) => request,
                Err(end) => return self.finish(ctx, frame, end),
            };
            match service::answer(&mut self.instance.store, ctx, frame, request) {
                Ok(Answer::Values(values)) => {
                    let values_in = inputs(values);
                    outcome = trap.resume(&mut self.instance.store, &values_in[..usize::from(values.is_some())]);
                }
                Ok(Answer::Frame(input, awaited)) => {
                    let suspended = Suspended { run: self, trap, awaited, result: None };
                    return (InterpreterAction::NewFrame(input), Some(Run::Suspended(Box::new(suspended))));
                }
                Err(escape) => return self.finish(ctx, frame, End::from(escape)),
            }
        }
    }

    fn trapped(&mut self, error: &wasmi::Error) -> End {
        let mut vm = Vm(&mut self.instance.store);
        if vm.ink().is_err() {
            End::OutOfInk
        } else if vm.out_of_stack() || error.as_trap_code() == Some(TrapCode::StackOverflow) {
            End::OutOfStack
        } else {
            End::Failure(error.to_string())
        }
    }

    /// The frame's result.
    fn finish(mut self, ctx: &mut Ctx<'_>, frame: &mut Frame, end: End) -> Step {
        ctx.chain.pages.open = self.open_before;
        let mut vm = Vm(&mut self.instance.store);
        let ink = vm.ink().unwrap_or_default();
        if let End::Exit(status) = end {
            vm.record(|recorder| {
                recorder.begin("user_returned", ink);
                recorder.end(&[&status.to_be_bytes()], ink);
            });
        }
        let host = self.instance.store.data_mut();
        ctx.chain.steps = host.recorder.take().map(|recorder| recorder.steps).unwrap_or_default();
        let output = std::mem::take(&mut host.result);
        let bought = host.storage_gas + host.call_gas + host.other_gas;
        let usage = &mut ctx.chain.usage;
        usage.host_ink += host.host_ink;
        usage.storage += host.storage_gas;
        usage.evm_priced += host.other_gas;
        usage.sub_calls += host.call_price;
        // What is left when a program runs dry counts as its own doing.
        usage.wasm_ink += gas_to_ink(self.gas).saturating_sub(ink + host.host_ink + gas_to_ink(bought));
        let (result, output, left) = match end {
            End::Exit(0) => (InstructionResult::Return, output, ink_to_gas(ink)),
            End::Exit(_) => (InstructionResult::Revert, output, ink_to_gas(ink)),
            End::Failure(reason) => {
                tracing::debug!(reason, "program failed");
                ctx.chain.failure = Some(reason);
                (InstructionResult::Revert, Vec::new(), ink_to_gas(ink))
            }
            End::OutOfInk => return halt(frame, InstructionResult::OutOfGas),
            End::OutOfStack => return halt(frame, InstructionResult::CallTooDeep),
        };
        let left = match (output.len(), self.frame_gas.checked_sub(return_floor(output.len()))) {
            (0, _) => left,
            (_, Some(most)) => left.min(most),
            (_, None) => return halt(frame, InstructionResult::OutOfGas),
        };
        frame.interpreter.gas.set_remaining(left);
        done(frame, result, output.into())
    }
}

/// What a host function stopped the program for: a request, or its end.
fn asked(error: &wasmi::Error) -> Result<Request, End> {
    match error.downcast_ref::<Escape>() {
        Some(Escape::Exit(status)) => Err(End::Exit(*status)),
        Some(Escape::OutOfInk) => Err(End::OutOfInk),
        Some(escape) => match escape.take_request() {
            Some(request) => Ok(*request),
            None => Err(End::Failure(failure(escape))),
        },
        None => Err(End::Failure(error.to_string())),
    }
}

fn failure(escape: &Escape) -> String {
    if let Escape::Failure(reason) = escape { reason.clone() } else { escape.to_string() }
}

/// A resumed host function's result as the engine takes it.
fn inputs(values: Option<u32>) -> [Val; 1] {
    [Val::I32(values.unwrap_or_default() as i32)]
}

/// Ends a call into a program that is not active: it takes all gas, and only the node says why.
pub(super) fn cannot_run(ctx: &mut Ctx<'_>, frame: &mut Frame, reason: String) -> Step {
    ctx.local_mut().set_precompile_error_context(reason);
    halt(frame, CANNOT_RUN)
}

pub(super) fn revert(frame: &Frame, data: Bytes) -> Step {
    done(frame, InstructionResult::Revert, data)
}

pub(super) fn halt(frame: &mut Frame, reason: InstructionResult) -> Step {
    frame.interpreter.gas.spend_all();
    done(frame, reason, Bytes::new())
}

fn done(frame: &Frame, result: InstructionResult, output: Bytes) -> Step {
    (InterpreterAction::Return(InterpreterResult { result, output, gas: frame.interpreter.gas }), None)
}

impl From<Escape> for End {
    fn from(escape: Escape) -> Self {
        match escape {
            Escape::Exit(status) => Self::Exit(status),
            Escape::OutOfInk => Self::OutOfInk,
            Escape::Failure(reason) => Self::Failure(reason),
            Escape::Request(_) => Self::Failure("request outside of a run".to_owned()),
        }
    }
}
