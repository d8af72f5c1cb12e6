//! OpenZeppelin's `TimelockController`, from its published artefact, and the one decision it starts with: to accept ownership.
use crate::network::Governance;
use abi::registry::EligibilityRegistry::acceptOwnershipCall;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolValue};

/// Name of the artefact and of the record.
pub const TIMELOCK: &str = "TimelockController";

sol! {
    interface Timelock {
        function hashOperationBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external pure returns (bytes32);
        function isOperation(bytes32 id) external view returns (bool);
        function getTimestamp(bytes32 id) external view returns (uint256);
        function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external payable;
        function getMinDelay() external view returns (uint256);
    }
}

/// Arguments of its constructor: no administrator besides itself. The deployer proposes where nobody else is named, since somebody
/// must; anyone executes where nobody is named.
pub fn arguments(governance: &Governance, delay: u64, deployer: Address) -> Vec<u8> {
    let or = |given: &[Address], other| if given.is_empty() { vec![other] } else { given.to_vec() };
    let (proposers, executors) = (or(&governance.proposers, deployer), or(&governance.executors, Address::ZERO));
    (U256::from(delay), proposers, executors, Address::ZERO).abi_encode_params()
}

/// `acceptOwnership` of all contracts in one operation.
pub struct Acceptance {
    targets: Vec<Address>,
    values: Vec<U256>,
    payloads: Vec<Bytes>,
}

impl Acceptance {
    /// Of these contracts, in this order; the order is part of the operation's hash.
    pub fn of(targets: Vec<Address>) -> Self {
        let payloads = vec![Bytes::from(acceptOwnershipCall {}.abi_encode()); targets.len()];
        Self { values: vec![U256::ZERO; targets.len()], targets, payloads }
    }

    fn parts(&self) -> (Vec<Address>, Vec<U256>, Vec<Bytes>) {
        (self.targets.clone(), self.values.clone(), self.payloads.clone())
    }

    /// The call that asks the timelock for the operation's hash.
    pub fn id(&self) -> Timelock::hashOperationBatchCall {
        let (targets, values, payloads) = self.parts();
        Timelock::hashOperationBatchCall { targets, values, payloads, predecessor: B256::ZERO, salt: B256::ZERO }
    }

    /// Calldata of its scheduling, `delay` seconds ahead.
    pub fn schedule(&self, delay: U256) -> Vec<u8> {
        let (targets, values, payloads) = self.parts();
        let (predecessor, salt) = (B256::ZERO, B256::ZERO);
        Timelock::scheduleBatchCall { targets, values, payloads, predecessor, salt, delay }.abi_encode()
    }

    /// Calldata of its execution.
    pub fn execute(&self) -> Vec<u8> {
        let (targets, values, payloads) = self.parts();
        Timelock::executeBatchCall { targets, values, payloads, predecessor: B256::ZERO, salt: B256::ZERO }.abi_encode()
    }
}
