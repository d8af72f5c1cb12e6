//! What each call of a traced transaction cost, and the host functions it called.

use super::{ProgramGas, Usage};
use crate::vm::hostio::HostCall;
use alloy::primitives::Address;
use revm::handler::FrameResult;
use revm::interpreter::{CallScheme, CreateScheme, FrameInput};

/// One call or creation, with everything it called in turn.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallGas {
    /// 0 for the transaction's own call.
    pub depth: usize,
    /// As EVM opcodes are named: `CALL`, `STATICCALL`, `CREATE2`…
    pub kind: &'static str,
    /// The caller.
    pub from: Address,
    /// The account whose code runs; the new account of a creation.
    pub to: Address,
    /// Whether that code is a Stylus program.
    pub program: bool,
    /// Whether it neither reverted nor ran out of gas.
    pub success: bool,
    /// Gas used, calls made in turn included, before refunds.
    pub gas_used: u64,
    /// The part of it that this call used itself.
    pub own_gas: u64,
    /// How a program's own gas splits; an EVM contract's does not.
    #[serde(flatten)]
    pub own: ProgramGas,
}

/// A call not yet over.
#[derive(Debug)]
struct Open {
    index: usize,
    /// What the transaction had used when the call began.
    before: Usage,
    /// What the calls made in turn used.
    inner: Usage,
    inner_gas: u64,
    steps: Vec<HostCall>,
}

/// Follows the calls of one transaction.
#[derive(Debug, Default)]
pub struct Watch {
    /// Every call, in the order in which they began.
    pub calls: Vec<CallGas>,
    /// Host functions of the transaction's own call, those of further calls inside.
    pub steps: Vec<HostCall>,
    open: Vec<Open>,
}

impl Watch {
    pub fn enter(&mut self, input: &FrameInput, usage: Usage) {
        let (kind, from, to) = match input {
            FrameInput::Call(call) => (call_kind(call.scheme), call.caller, call.bytecode_address),
            FrameInput::Create(create) => (create_kind(create.scheme()), create.caller(), Address::ZERO),
            FrameInput::Empty => ("CALL", Address::ZERO, Address::ZERO),
        };
        let depth = self.open.len();
        let call = CallGas {
            depth,
            kind,
            from,
            to,
            program: false,
            success: false,
            gas_used: 0,
            own_gas: 0,
            own: ProgramGas::default(),
        };
        let index = self.calls.len();
        self.calls.push(call);
        self.open.push(Open { index, before: usage, inner: Usage::default(), inner_gas: 0, steps: Vec::new() });
    }

    /// The call that began last runs a program.
    pub fn is_program(&mut self) {
        if let Some(call) = self.open.last().and_then(|open| self.calls.get_mut(open.index)) {
            call.program = true;
        }
    }

    /// Ends the call that began last; `steps` are those of a program. Returns whose code ran, and its host functions.
    pub fn leave(&mut self, result: &FrameResult, usage: Usage, steps: Vec<HostCall>) -> (Address, Vec<HostCall>) {
        let Some(open) = self.open.pop() else { return Default::default() };
        let Some(call) = self.calls.get_mut(open.index) else { return Default::default() };
        let outcome = result.interpreter_result();
        let all = usage.less(open.before);
        call.success = outcome.result.is_ok();
        call.gas_used =
            if outcome.result.is_ok_or_revert() { outcome.gas.total_gas_spent() } else { outcome.gas.limit() };
        call.own_gas = call.gas_used.saturating_sub(open.inner_gas);
        call.own = all.less(open.inner).into();
        if let FrameResult::Create(create) = result {
            call.to = create.address.unwrap_or_default();
        }
        if let Some(outer) = self.open.last_mut() {
            outer.inner = outer.inner.plus(all);
            outer.inner_gas += call.gas_used;
        }
        let steps = if call.program { steps } else { open.steps };
        (call.to, steps)
    }

    /// Notes the host functions of a call that EVM code made, or of the transaction's own.
    pub fn attach(&mut self, address: Address, steps: Vec<HostCall>) {
        let depth = self.open.len();
        let kind = self.calls.iter().rev().find(|call| call.depth == depth).map_or("CALL", |call| call.kind);
        match self.open.last_mut() {
            Some(outer) => outer.steps.push(HostCall::from_evm(kind, address, steps)),
            None => self.steps = steps,
        }
    }
}

fn call_kind(scheme: CallScheme) -> &'static str {
    match scheme {
        CallScheme::Call => "CALL",
        CallScheme::CallCode => "CALLCODE",
        CallScheme::DelegateCall => "DELEGATECALL",
        CallScheme::StaticCall => "STATICCALL",
    }
}

fn create_kind(scheme: CreateScheme) -> &'static str {
    if matches!(scheme, CreateScheme::Create2 { .. }) { "CREATE2" } else { "CREATE" }
}
