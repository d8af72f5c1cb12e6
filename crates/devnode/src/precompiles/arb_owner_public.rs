//! `ArbOwnerPublic`: who may configure the chain. Nobody: this chain has no owner.

use super::call::{Call, Reverted};
use crate::arbos::ArbosVersion;
use crate::chain::BROTLI_LEVEL;
use alloy::primitives::{Address, Bytes};
use alloy::sol;
use alloy::sol_types::{SolCall, SolInterface};

sol! {
    #[derive(Debug)]
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getMaxStylusContractFragments() external view returns (uint8);
        function getBrotliCompressionLevel() external view returns (uint64);
    }
}

pub fn run(call: &mut Call) -> Result<Bytes, Reverted> {
    use ArbOwnerPublic::ArbOwnerPublicCalls as Calls;
    let output = match ArbOwnerPublic::ArbOwnerPublicCalls::abi_decode(call.data)? {
        Calls::isChainOwner(_) => ArbOwnerPublic::isChainOwnerCall::abi_encode_returns(&false),
        Calls::getAllChainOwners(_) => ArbOwnerPublic::getAllChainOwnersCall::abi_encode_returns(&Vec::new()),
        Calls::getNetworkFeeAccount(_) => ArbOwnerPublic::getNetworkFeeAccountCall::abi_encode_returns(&Address::ZERO),
        Calls::getInfraFeeAccount(_) => ArbOwnerPublic::getInfraFeeAccountCall::abi_encode_returns(&Address::ZERO),
        Calls::getMaxStylusContractFragments(_) => {
            call.since(ArbosVersion::V60)?;
            call.params()?;
            ArbOwnerPublic::getMaxStylusContractFragmentsCall::abi_encode_returns(&call.ctx.chain.arbos.max_fragments)
        }
        Calls::getBrotliCompressionLevel(_) => {
            ArbOwnerPublic::getBrotliCompressionLevelCall::abi_encode_returns(&BROTLI_LEVEL.into())
        }
    };
    Ok(output.into())
}
