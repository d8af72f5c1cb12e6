//! `NodeInterface`: answers of the node itself at an address where there is no contract.

use super::contents::Contents;
use super::data::{DataPrice, Message};
use super::error::Revert;
use super::request::{CallError, CallRequest};
use alloy::primitives::{Address, Bytes, TxKind, U256, address};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolInterface};

alloy::sol! {
    interface NodeInterface {
        function gasEstimateComponents(address to, bool contractCreation, bytes calldata data) external payable
            returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function gasEstimateL1Component(address to, bool contractCreation, bytes calldata data) external payable
            returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    }
}

/// Where callers find it.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

impl Contents {
    /// What a call of `request` returns, be it of a contract or of the node.
    pub fn answer(&self, request: &CallRequest) -> Result<Bytes, CallError> {
        if request.tx.to == Some(TxKind::Call(NODE_INTERFACE)) {
            return self.node_interface(request);
        }
        self.call(request).map(|executed| executed.output)
    }

    fn node_interface(&self, request: &CallRequest) -> Result<Bytes, CallError> {
        use NodeInterface::NodeInterfaceCalls as Calls;
        let data = request.tx.input.input().cloned().unwrap_or_default();
        let unknown = |_| CallError::Reverted(Revert { data: Bytes::new(), reason: None });
        let output = match NodeInterface::NodeInterfaceCalls::abi_decode(&data).map_err(unknown)? {
            Calls::gasEstimateComponents(args) => {
                let asked = about(request, args.to, args.contractCreation, args.data);
                let total = self.estimate(&asked)?;
                let (data, base_fee, price) = self.data_component(&asked)?;
                NodeInterface::gasEstimateComponentsCall::abi_encode_returns(&(total, data, base_fee, price).into())
            }
            Calls::gasEstimateL1Component(args) => {
                let asked = about(request, args.to, args.contractCreation, args.data);
                NodeInterface::gasEstimateL1ComponentCall::abi_encode_returns(&self.data_component(&asked)?.into())
            }
        };
        Ok(output.into())
    }

    /// Gas of the data as an estimate has it, the base fee and the price of a unit.
    fn data_component(&self, asked: &CallRequest) -> Result<(u64, U256, U256), CallError> {
        let prepared = self.prepare(asked)?;
        let base_fee = prepared.facts.base_fee;
        let price = DataPrice::new(&self.view(prepared.overlay.as_ref()), base_fee);
        let gas = price.estimated_gas(Message::asked(&asked.tx).units());
        Ok((gas, U256::from(base_fee), price.wei()))
    }
}

/// The transaction that `request` asks about: its own sender, value and fees, and the rest from the arguments.
fn about(request: &CallRequest, to: Address, creates: bool, data: Bytes) -> CallRequest {
    let to = if creates { TxKind::Create } else { TxKind::Call(to) };
    let tx = TransactionRequest { to: Some(to), input: data.into(), ..request.tx.clone() };
    CallRequest { tx, ..request.clone() }
}
