//! The token's own word on its decimals: lots are counted by them, so a wrong number makes dust worth a fortune.
use abi::{
    registry::EligibilityRegistry::{DecimalsDiffer, GasShort, NoDecimals},
    token::Token::decimalsCall,
};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use contract_kit::{
    host::Host,
    revert::{ensure, fail},
    words::Writer,
};

/// Most gas that the question may cost, and what must be left to ask it: the token is another's contract.
const TOKEN_GAS: u64 = 100_000;
const GAS_TO_ASK: u64 = 110_000;

/// The token answers one word, and it is the number of decimals that it is listed with.
pub fn ensure_decimals(host: Host, token: Address, listed: u8) {
    let left = host.gas_left();
    ensure(left >= GAS_TO_ASK, || GasShort { left, needed: GAS_TO_ASK });
    let call = Writer::after(decimalsCall::SELECTOR);
    let answer = host.static_call(token, call.as_slice(), TOKEN_GAS).unwrap_or_default();
    let said = <[u8; 32]>::try_from(answer).unwrap_or_else(|_| fail(&NoDecimals { token }));
    let said = U256::from_be_bytes(said);
    ensure(said == U256::from(listed), || DecimalsDiffer { token, listed, said });
}
