//! Whose word counts: signatures under the escrow's domain, and nonces.
use crate::encode::emit;
use crate::fault::ensure;
use crate::storage;
use abi::eip712;
use abi::escrow::MarginEscrow::{InvalidSigner, NonceAlreadyUsed, NonceUsed, NotPledgor};
use alloy_primitives::{Address, B256};
use contract_kit::{host, signature};

/// The escrow's EIP-712 domain.
#[inline(never)]
pub fn domain() -> B256 {
    eip712::domain_separator(eip712::ESCROW, host::chain_id(), host::this())
}

/// The zero address signs nothing.
#[inline(never)]
pub fn signed(domain: &B256, expected: &Address, struct_hash: &B256, signature: &[u8]) {
    let recovered = signature::recover(eip712::digest(*domain, *struct_hash), signature);
    ensure(recovered == *expected && !recovered.is_zero(), || InvalidSigner { expected: *expected, recovered })
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
    ensure(storage::take_nonce(pledgor, nonce), || NonceAlreadyUsed { pledgor, nonce });
    emit(&NonceUsed { pledgor, nonce });
}
