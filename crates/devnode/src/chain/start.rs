//! The internal transaction with which Arbitrum starts every block.

use super::execute::BlockFacts;
use alloy::consensus::{Eip658Value, Receipt, TxReceipt};
use alloy::primitives::{Address, B256, Bytes, Log, U256, address, keccak256};
use alloy::rlp::{Encodable, encode_list};
use alloy::sol_types::SolCall;

alloy::sol! {
    /// The parent's base fee is only told with transactions that come from there.
    function startBlock(uint256 l1BaseFee, uint64 l1BlockNumber, uint64 l2BlockNumber, uint64 timePassed);
}

/// Sender and receiver: ArbOS itself.
pub const ARBOS: Address = address!("00000000000000000000000000000000000a4b05");
/// Type of the transaction.
pub const START_TYPE: u8 = 0x6a;

/// An internal transaction. It has no signature, nonce or gas.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StartBlock {
    /// The chain's.
    pub chain_id: u64,
    /// Calldata of `startBlock`.
    pub data: Bytes,
}

impl StartBlock {
    /// That of the block with these `facts`, `seconds` after the one before.
    pub fn new(chain_id: u64, facts: &BlockFacts, seconds: u64) -> Self {
        let call = startBlockCall {
            l1BaseFee: U256::ZERO,
            l1BlockNumber: facts.parent_number,
            l2BlockNumber: facts.number,
            timePassed: seconds,
        };
        Self { chain_id, data: call.abi_encode().into() }
    }

    /// The transaction as it enters the transactions root.
    pub fn encoded(&self) -> Vec<u8> {
        let mut bytes = vec![START_TYPE];
        encode_list::<&dyn Encodable, dyn Encodable>(&[&self.chain_id, &self.data], &mut bytes);
        bytes
    }

    /// Of its encoding.
    pub fn hash(&self) -> B256 {
        keccak256(self.encoded())
    }

    /// Its receipt as it enters the receipts root: success, without gas and logs.
    pub fn encoded_receipt() -> Vec<u8> {
        let receipt = Receipt::<Log> { status: Eip658Value::Eip658(true), ..Receipt::default() };
        let mut bytes = vec![START_TYPE];
        receipt.into_with_bloom().encode(&mut bytes);
        bytes
    }
}
