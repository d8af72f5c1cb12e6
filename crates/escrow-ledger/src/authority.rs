//! Whose word counts: signatures under the escrow's domain, and nonces.
use crate::encode::emit;
use crate::fault::{ensure, fail};
use crate::storage::{self, Agents};
use abi::eip712;
use abi::escrow::MOST_SIGNATURE;
use abi::escrow::MarginEscrow::{InvalidSigner, NonceAlreadyUsed, NonceUsed, NotPledgor};
use abi::token::Wallet::isValidSignatureCall;
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contract_kit::words::Writer;
use contract_kit::{host, signature};

/// The escrow's EIP-712 domain.
#[inline(never)]
pub fn domain() -> B256 {
    eip712::domain_separator(eip712::ESCROW, host::chain_id(), host::this())
}

/// By the key of `expected`, or by the contract that stands there (ERC-1271). The zero address signs nothing.
#[inline(never)]
pub fn signed(domain: &B256, expected: &Address, struct_hash: &B256, signature: &[u8]) {
    let digest = eip712::digest(*domain, *struct_hash);
    let recovered = signature::recover(host::ambient(), digest, signature);
    let by_key = recovered == *expected && !recovered.is_zero();
    let valid = by_key || approved(*expected, digest, signature);
    ensure(valid, || InvalidSigner { expected: *expected, recovered })
}

/// By a house's agent, and by its second agent where it has one, and only then.
pub fn by_agents(domain: &B256, agents: &Agents, struct_hash: &B256, first: &[u8], second: Option<&[u8]>) {
    signed(domain, &agents.agent, struct_hash, first);
    match (second, agents.second) {
        (None, Address::ZERO) => (),
        (Some(second), expected) => signed(domain, &expected, struct_hash, second),
        (None, expected) => fail(&InvalidSigner { expected, recovered: Address::ZERO }),
    }
}

/// What a wallet may spend on its answer.
const WALLET_GAS: u64 = 100_000;

/// ERC-1271: the wallet's own word, asked by a static call with bounded gas.
#[inline(never)]
fn approved(wallet: Address, digest: B256, signature: &[u8]) -> bool {
    if signature.len() > MOST_SIGNATURE || !host::has_code(wallet) {
        return false;
    }
    let call = Writer::after(isValidSignatureCall::SELECTOR).word(digest).uint(64u8).tail(signature);
    let answer = host::static_call(wallet, call.as_slice(), WALLET_GAS).unwrap_or_default();
    let magic = B256::right_padding_from(&isValidSignatureCall::SELECTOR);
    answer.first_chunk::<32>() == Some(&magic.0)
}

/// The pledgor's signature, or none where it calls itself; spends the nonce.
#[inline(never)]
pub fn of_pledgor(account: u64, pledgor: Address, struct_hash: &B256, signature: &[u8], nonce: u64) {
    if signature.is_empty() {
        let caller = host::sender();
        ensure(caller == pledgor, || NotPledgor { account, caller });
    } else {
        signed(&domain(), &pledgor, struct_hash, signature);
    }
    spend(pledgor, nonce)
}

/// A nonce of the pledgor's, once.
#[inline(never)]
pub fn spend(pledgor: Address, nonce: u64) {
    ensure(storage::take_nonce(pledgor, nonce), || NonceAlreadyUsed { pledgor, nonce });
    emit(&NonceUsed { pledgor, nonce });
}
