//! What a request asks for: one kind of transaction, without contradictions. Calls, estimates and sends read it alike.

use super::error::ChainError;
use super::view::StateView;
use alloy::consensus::TxType;
use alloy::primitives::{Address, TxKind, U256};
use alloy::rpc::types::TransactionRequest;

/// The kind of transaction that `request` asks for; an error if its fields contradict each other.
pub fn kind(request: &TransactionRequest) -> Result<TxType, ChainError> {
    let TransactionRequest { gas_price, max_fee_per_gas, max_priority_fee_per_gas, .. } = request;
    let dynamic = max_fee_per_gas.is_some() || max_priority_fee_per_gas.is_some();
    if request.has_eip4844_fields() {
        return Err(ChainError::Blob);
    }
    if let (Some(input), Some(data)) = (&request.input.input, &request.input.data)
        && input != data
    {
        return Err(refused("input and data are both given, and differ"));
    }
    if gas_price.is_some() && dynamic {
        return Err(refused("gasPrice is given beside maxFeePerGas or maxPriorityFeePerGas: give one kind of price"));
    }
    if let (Some(tip), Some(cap)) = (*max_priority_fee_per_gas, *max_fee_per_gas)
        && tip > cap
    {
        return Err(ChainError::TipAboveCap { tip, cap });
    }
    let kind = match request.transaction_type {
        None => implied(request),
        Some(number) => TxType::try_from(number)
            .map_err(|_| refused(&format!("type {number:#x} is no transaction that a request can ask for")))?,
    };
    fits(request, kind, dynamic)?;
    Ok(kind)
}

/// The kind that fields alone tell.
fn implied(request: &TransactionRequest) -> TxType {
    match request {
        TransactionRequest { authorization_list: Some(_), .. } => TxType::Eip7702,
        TransactionRequest { gas_price: Some(_), access_list: Some(_), .. } => TxType::Eip2930,
        TransactionRequest { gas_price: Some(_), .. } => TxType::Legacy,
        _ => TxType::Eip1559,
    }
}

/// Whether every field of `request` has its place in a transaction of this kind.
fn fits(request: &TransactionRequest, kind: TxType, dynamic: bool) -> Result<(), ChainError> {
    let listed = request.access_list.as_ref().is_some_and(|list| !list.0.is_empty());
    let authorized = request.authorization_list.as_ref();
    let misplaced = match kind {
        TxType::Eip4844 => return Err(ChainError::Blob),
        TxType::Legacy | TxType::Eip2930 if dynamic => Some("maxFeePerGas or maxPriorityFeePerGas"),
        TxType::Eip1559 | TxType::Eip7702 if request.gas_price.is_some() => Some("gasPrice"),
        TxType::Legacy if listed => Some("accessList"),
        TxType::Legacy | TxType::Eip2930 | TxType::Eip1559 if authorized.is_some() => Some("authorizationList"),
        _ => None,
    };
    if let Some(field) = misplaced {
        return Err(refused(&format!("a transaction of type {:#x} has no {field}", kind as u8)));
    }
    if kind != TxType::Eip7702 {
        return Ok(());
    }
    if authorized.is_none_or(Vec::is_empty) {
        return Err(refused("a transaction of type 0x4 needs an authorizationList that is not empty"));
    }
    match request.to {
        Some(TxKind::Call(_)) => Ok(()),
        _ => Err(refused("a transaction of type 0x4 creates no contract: to is missing")),
    }
}

fn refused(why: &str) -> ChainError {
    ChainError::Request(why.to_owned())
}

/// The most that `request` pays for one gas; none where it names no price. A tip alone goes on top of the base fee.
pub fn cap(request: &TransactionRequest, base_fee: u64) -> Option<u128> {
    let tip = request.max_priority_fee_per_gas;
    request.max_fee_per_gas.or(request.gas_price).or(tip.map(|tip| tip.saturating_add(base_fee.into())))
}

/// An error unless `address` has what value and gas may cost.
pub fn funds(state: &StateView<'_>, address: Address, value: U256, gas: u64, price: u128) -> Result<(), ChainError> {
    let have = state.account(address).map_or(U256::ZERO, |info| info.balance);
    let want = U256::from(price).saturating_mul(U256::from(gas)).saturating_add(value);
    if want > have { Err(ChainError::Funds { address, have, want }) } else { Ok(()) }
}

/// Most gas that the balance of `address` pays for beside `value`; no limit where gas is free.
pub fn affordable(state: &StateView<'_>, address: Address, value: U256, price: u128) -> u64 {
    let have = state.account(address).map_or(U256::ZERO, |info| info.balance);
    if price == 0 { u64::MAX } else { (have.saturating_sub(value) / U256::from(price)).saturating_to() }
}

/// An error if a chain is named, and it is another one.
pub fn chain(got: Option<u64>, expected: u64) -> Result<(), ChainError> {
    match got {
        Some(got) if got != expected => Err(ChainError::WrongChain { got, expected }),
        _ => Ok(()),
    }
}
