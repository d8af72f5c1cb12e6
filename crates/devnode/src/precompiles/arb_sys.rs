//! `ArbSys`: the chain about itself.

use super::call::{Call, Reverted};
use alloy::primitives::{B256, Bytes, U256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolError, SolInterface};

sol! {
    #[derive(Debug)]
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}

pub fn run(call: &mut Call) -> Result<Bytes, Reverted> {
    use ArbSys::ArbSysCalls as Calls;
    let output = match ArbSys::ArbSysCalls::abi_decode(call.data)? {
        Calls::arbBlockNumber(_) => ArbSys::arbBlockNumberCall::abi_encode_returns(&U256::from(call.ctx.chain.block)),
        Calls::arbBlockHash(args) => {
            let number = u64::try_from(args.arbBlockNum).unwrap_or(u64::MAX);
            let hash = if number < call.ctx.chain.block && number + 256 >= call.ctx.chain.block {
                call.ctx.journaled_state.database.own_block_hash(number)
            } else {
                None
            };
            let current = U256::from(call.ctx.chain.block);
            let error = ArbSys::InvalidBlockNumber { requested: args.arbBlockNum, current };
            let hash: B256 = hash.ok_or_else(|| Reverted::Data(error.abi_encode().into()))?;
            ArbSys::arbBlockHashCall::abi_encode_returns(&hash)
        }
        Calls::arbChainID(_) => ArbSys::arbChainIDCall::abi_encode_returns(&U256::from(call.ctx.cfg.chain_id)),
        Calls::arbOSVersion(_) => {
            ArbSys::arbOSVersionCall::abi_encode_returns(&U256::from(call.ctx.chain.arbos.version.told()))
        }
        Calls::getStorageGasAvailable(_) => ArbSys::getStorageGasAvailableCall::abi_encode_returns(&U256::ZERO),
        Calls::isTopLevelCall(_) => {
            ArbSys::isTopLevelCallCall::abi_encode_returns(&(call.inputs.caller == call.ctx.tx.caller))
        }
    };
    Ok(output.into())
}
