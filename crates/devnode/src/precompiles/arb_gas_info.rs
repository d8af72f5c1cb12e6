//! `ArbGasInfo`: prices of gas, and of data on the parent chain.

use super::call::{Call, Reverted};
use crate::chain::{PRICE_SLOT, UNITS_PER_BYTE};
use alloy::primitives::{Bytes, U256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolInterface};
use revm::context_interface::Host as _;

/// Bytes that Nitro takes a transaction without calldata to have.
const SIMPLE_TX: u64 = 140;

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
    let storage = U256::from(20_000);
    let output = match ArbGasInfo::ArbGasInfoCalls::abi_decode(call.data)? {
        Calls::getPricesInWei(_) => {
            let (tx, byte) = data_prices(call)?;
            let prices = (tx, byte, storage * price, price, U256::ZERO, price);
            ArbGasInfo::getPricesInWeiCall::abi_encode_returns(&prices.into())
        }
        Calls::getPricesInArbGas(_) => {
            let (tx, byte) = data_prices(call)?;
            let in_gas = |wei: U256| wei.checked_div(price).unwrap_or_default();
            ArbGasInfo::getPricesInArbGasCall::abi_encode_returns(&(in_gas(tx), in_gas(byte), storage).into())
        }
        Calls::getGasAccountingParams(_) => {
            let limit = U256::from(call.ctx.block.gas_limit);
            ArbGasInfo::getGasAccountingParamsCall::abi_encode_returns(&(U256::from(7_000_000), limit, limit).into())
        }
        Calls::getMinimumGasPrice(_) => ArbGasInfo::getMinimumGasPriceCall::abi_encode_returns(&price),
        Calls::getL1BaseFeeEstimate(_) => ArbGasInfo::getL1BaseFeeEstimateCall::abi_encode_returns(&unit_price(call)?),
        Calls::getL1GasPriceEstimate(_) => {
            ArbGasInfo::getL1GasPriceEstimateCall::abi_encode_returns(&unit_price(call)?)
        }
        Calls::getCurrentTxL1GasFees(_) => {
            ArbGasInfo::getCurrentTxL1GasFeesCall::abi_encode_returns(&(U256::from(call.ctx.chain.data_gas) * price))
        }
    };
    Ok(output.into())
}

/// Wei of one unit of data.
fn unit_price(call: &mut Call) -> Result<U256, Reverted> {
    call.read(PRICE_SLOT)
}

/// Wei of a transaction without calldata, and of one byte.
fn data_prices(call: &mut Call) -> Result<(U256, U256), Reverted> {
    let byte = unit_price(call)?.saturating_mul(U256::from(UNITS_PER_BYTE));
    Ok((byte.saturating_mul(U256::from(SIMPLE_TX)), byte))
}
