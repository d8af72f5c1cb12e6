//! EIP-712 digests of what parties sign, and compact signatures over them.
use crate::requests::{Cancel, Notice, RELAYER, Read};
use crate::token::ReceiveWithAuthorization;
use abi::eip712::{self, ESCROW, ORACLE};
use abi::types::{
    Agreement, CollateralInstruction, DisputeRuling, FillBatch, Mandate, Migration, PositionChange, ReturnOrder,
    SlotReport, StatementSet, SubstituteOrder, TopUpOrder, Withdrawal,
};
use alloy::primitives::{Address, B256, Signature, keccak256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolStruct, SolValue};
use std::borrow::Cow;

/// The EIP-712 domain of one contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    separator: B256,
}

impl Domain {
    /// Of a margin-escrow.
    pub fn escrow(chain_id: u64, escrow: Address) -> Self {
        Self { separator: eip712::domain_separator(ESCROW, chain_id, escrow) }
    }

    /// Of a price-oracle.
    pub fn oracle(chain_id: u64, oracle: Address) -> Self {
        Self { separator: eip712::domain_separator(ORACLE, chain_id, oracle) }
    }

    /// What is signed for a relayer of this escrow, and never goes on chain.
    pub fn relayer(chain_id: u64, escrow: Address) -> Self {
        Self { separator: eip712::domain_separator(RELAYER, chain_id, escrow) }
    }

    /// The domain separator.
    pub const fn separator(&self) -> B256 {
        self.separator
    }

    /// What a venue signs of a batch.
    pub fn batch(&self, batch: &FillBatch) -> B256 {
        eip712::digest(self.separator, eip712::batch_hash(batch))
    }

    /// What a reader signs.
    pub fn read(&self, read: &Read) -> B256 {
        eip712::digest(self.separator, read.eip712_hash_struct())
    }

    /// What a venue signs that takes fills back.
    pub fn cancel(&self, cancel: &Cancel) -> B256 {
        eip712::digest(self.separator, cancel.eip712_hash_struct())
    }

    /// What a relayer signs of what a webhook is told.
    pub fn notice(&self, notice: &Notice) -> B256 {
        eip712::digest(self.separator, notice.eip712_hash_struct())
    }

    /// What the agents sign of a statement set.
    pub fn set(&self, set: &StatementSet) -> B256 {
        eip712::digest(self.separator, eip712::set_hash(set))
    }

    /// What a reporter signs of a slot.
    pub fn slot(&self, report: &SlotReport) -> B256 {
        eip712::digest(self.separator, eip712::slot_hash(report))
    }

    /// What both parties sign of an agreement.
    pub fn agreement(&self, agreement: &Agreement) -> B256 {
        eip712::digest(self.separator, agreement.eip712_hash_struct())
    }

    /// What a pledgor signs of a mandate.
    pub fn mandate(&self, mandate: &Mandate) -> B256 {
        eip712::digest(self.separator, mandate.eip712_hash_struct())
    }

    /// What a pledgor signs of a standing top-up.
    pub fn top_up_order(&self, order: &TopUpOrder) -> B256 {
        eip712::digest(self.separator, order.eip712_hash_struct())
    }

    /// What a pledgor signs of a standing substitution.
    pub fn substitute_order(&self, order: &SubstituteOrder) -> B256 {
        eip712::digest(self.separator, order.eip712_hash_struct())
    }

    /// What a pledgor signs of a standing return.
    pub fn return_order(&self, order: &ReturnOrder) -> B256 {
        eip712::digest(self.separator, order.eip712_hash_struct())
    }

    /// What the second agent signs of a ruling.
    pub fn ruling(&self, ruling: &DisputeRuling) -> B256 {
        eip712::digest(self.separator, ruling.eip712_hash_struct())
    }

    /// What both parties sign of a change of positions.
    pub fn position_change(&self, change: &PositionChange) -> B256 {
        eip712::digest(self.separator, change.eip712_hash_struct())
    }

    /// What both parties sign of a migration.
    pub fn migration(&self, migration: &Migration) -> B256 {
        eip712::digest(self.separator, migration.eip712_hash_struct())
    }

    /// What a holder signs of a withdrawal.
    pub fn withdrawal(&self, withdrawal: &Withdrawal) -> B256 {
        eip712::digest(self.separator, withdrawal.eip712_hash_struct())
    }

    /// What a pledgor signs of collateral.
    pub fn instruction(&self, instruction: &CollateralInstruction) -> B256 {
        eip712::digest(self.separator, instruction.eip712_hash_struct())
    }
}

/// Signs a digest; the 64 bytes of EIP-2098.
///
/// # Panics
/// A key that cannot sign; those in memory always can.
pub fn sign(signer: &PrivateKeySigner, digest: B256) -> [u8; 64] {
    compact(&signature(signer, digest).expect("a local key signs any digest"))
}

/// The full signature, for callers that take `v`, `r`, `s`.
///
/// # Errors
/// The signer does not sign.
pub fn signature(signer: &PrivateKeySigner, digest: B256) -> alloy::signers::Result<Signature> {
    signer.sign_hash_sync(&digest)
}

/// EIP-2098: `r ‖ s` with the parity in the top bit of `s`.
pub fn compact(signature: &Signature) -> [u8; 64] {
    let signature = signature.normalized_s();
    let mut bytes = [0u8; 64];
    bytes[..32].copy_from_slice(&signature.r().to_be_bytes::<32>());
    bytes[32..].copy_from_slice(&signature.s().to_be_bytes::<32>());
    bytes[32] |= u8::from(signature.v()) << 7;
    bytes
}

/// The signer of a compact signature; `None` where it is no signature.
pub fn recover(digest: B256, compact: &[u8; 64]) -> Option<Address> {
    let parity = compact[32] >> 7 == 1;
    let mut bytes = *compact;
    bytes[32] &= 0x7f;
    Signature::from_bytes_and_parity(&bytes, parity).recover_address_from_prehash(&digest).ok()
}

/// Nonce of an ERC-3009 deposit: `keccak256(abi.encode(from, uint8(0), salt))`.
pub fn deposit_nonce(from: Address, salt: B256) -> B256 {
    keccak256((from, 0u16, salt).abi_encode())
}

/// Nonce of an ERC-3009 pledge: `keccak256(abi.encode(from, uint8(1), account, salt))`.
pub fn pledge_nonce(from: Address, account: u64, salt: B256) -> B256 {
    keccak256((from, 1u16, account, salt).abi_encode())
}

/// Digest of an ERC-3009 `ReceiveWithAuthorization` under the token's own domain.
pub fn authorization(
    name: String,
    version: String,
    chain_id: u64,
    token: Address,
    message: &ReceiveWithAuthorization,
) -> B256 {
    let domain = Eip712Domain {
        name: Some(Cow::Owned(name)),
        version: Some(Cow::Owned(version)),
        chain_id: Some(alloy::primitives::U256::from(chain_id)),
        verifying_contract: Some(token),
        salt: None,
    };
    message.eip712_signing_hash(&domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_signature_names_its_signer() {
        for byte in 1..32u8 {
            let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).unwrap();
            let digest = keccak256([byte]);
            assert_eq!(recover(digest, &sign(&signer, digest)), Some(signer.address()), "key {byte}");
        }
    }

    #[test]
    fn domains_of_two_contracts_differ() {
        let at = Address::repeat_byte(1);
        assert_ne!(Domain::escrow(1, at), Domain::oracle(1, at));
        assert_ne!(Domain::escrow(1, at), Domain::escrow(2, at));
    }
}
