//! The record of host functions that a traced program calls, in the shape of Nitro's `stylusTracer`.

use alloy::primitives::{Address, Bytes};

/// One call of a host function.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostCall {
    /// As `vm_hooks` names it: `storage_load_bytes32`.
    pub name: &'static str,
    /// Arguments one after the other, numbers in big-endian order.
    pub args: Bytes,
    /// Results in the same form.
    pub outs: Bytes,
    /// Ink left before it; 0 where EVM code called.
    pub start_ink: u64,
    /// Ink left after it.
    pub end_ink: u64,
    /// The callee, of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What the callee called in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<HostCall>>,
}

impl HostCall {
    /// A call that EVM code made, which has no ink of its own.
    pub(crate) fn from_evm(kind: &str, callee: Address, steps: Vec<HostCall>) -> Self {
        let name = match kind {
            "DELEGATECALL" => "evm_delegate_call_contract",
            "STATICCALL" => "evm_static_call_contract",
            "CREATE" => "evm_create1",
            "CREATE2" => "evm_create2",
            _ => "evm_call_contract",
        };
        let (args, outs) = Default::default();
        Self { name, args, outs, start_ink: 0, end_ink: 0, address: Some(callee), steps: Some(steps) }
    }
}

/// What one run of a program has called so far.
#[derive(Debug, Default)]
pub struct Recorder {
    /// Those that are over, in order.
    pub steps: Vec<HostCall>,
    /// Begun and not yet over: name, ink at the start, arguments.
    pending: Option<(&'static str, u64, Vec<u8>)>,
    /// What the callee of the pending call called in turn.
    inner: Option<(Address, Vec<HostCall>)>,
}

impl Recorder {
    /// A host function begins, with so much ink left.
    pub fn begin(&mut self, name: &'static str, ink: u64) {
        self.pending = Some((name, ink, Vec::new()));
        self.inner = None;
    }

    /// Its arguments, one after the other.
    pub fn args(&mut self, parts: &[&[u8]]) {
        if let Some((_, _, args)) = &mut self.pending {
            parts.iter().for_each(|part| args.extend_from_slice(part));
        }
    }

    /// Whom it called, and what that called in turn.
    pub fn inner(&mut self, callee: Address, steps: Vec<HostCall>) {
        self.inner = Some((callee, steps));
    }

    /// It ends with these results, and so much ink left.
    pub fn end(&mut self, outs: &[&[u8]], ink: u64) {
        let Some((name, start_ink, args)) = self.pending.take() else { return };
        let (address, steps) = self.inner.take().unzip();
        let outs = outs.concat().into();
        self.steps.push(HostCall { name, args: args.into(), outs, start_ink, end_ink: ink, address, steps });
    }
}
