//! `ArbGasInfo`: prices. The parent chain's data is free here.

use super::call::{Call, Reverted};
use alloy::primitives::{Bytes, U256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolInterface};
use revm::context_interface::Host as _;

sol! {
    #[derive(Debug)]
    interface ArbGasInfo {
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
    }
}

pub fn run(call: &mut Call) -> Result<Bytes, Reverted> {
    use ArbGasInfo::ArbGasInfoCalls as Calls;
    let price = call.ctx.basefee();
    let zero = U256::ZERO;
    let storage = U256::from(20_000);
    let output = match ArbGasInfo::ArbGasInfoCalls::abi_decode(call.data)? {
        Calls::getPricesInWei(_) => ArbGasInfo::getPricesInWeiCall::abi_encode_returns(
            &(zero, zero, storage * price, price, zero, price).into(),
        ),
        Calls::getPricesInArbGas(_) => {
            ArbGasInfo::getPricesInArbGasCall::abi_encode_returns(&(zero, zero, storage).into())
        }
        Calls::getGasAccountingParams(_) => {
            let limit = U256::from(call.ctx.block.gas_limit);
            ArbGasInfo::getGasAccountingParamsCall::abi_encode_returns(&(U256::from(7_000_000), limit, limit).into())
        }
        Calls::getMinimumGasPrice(_) => ArbGasInfo::getMinimumGasPriceCall::abi_encode_returns(&price),
        Calls::getL1BaseFeeEstimate(_) => ArbGasInfo::getL1BaseFeeEstimateCall::abi_encode_returns(&zero),
        Calls::getL1GasPriceEstimate(_) => ArbGasInfo::getL1GasPriceEstimateCall::abi_encode_returns(&zero),
        Calls::getCurrentTxL1GasFees(_) => ArbGasInfo::getCurrentTxL1GasFeesCall::abi_encode_returns(&zero),
    };
    Ok(output.into())
}
