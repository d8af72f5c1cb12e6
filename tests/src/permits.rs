//! Permits (ERC-2612) and authorizations (ERC-3009) of USDC, as wallets sign them.
use crate::actors::Actor;
use crate::world::World;
use alloy::primitives::{Address, B256, U256};
use alloy::sol;
use alloy::sol_types::{SolStruct, eip712_domain};
use chain::token::ReceiveWithAuthorization;

sol! {
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// `v`, `r`, `s`.
pub type Parts = (u8, B256, B256);

impl World {
    /// The owner's first permit to the escrow, without a deadline.
    pub fn permit(&self, owner: Actor, amount: U256) -> Parts {
        self.permit_by(owner, amount, U256::ZERO)
    }

    /// The owner's permit of this nonce.
    pub fn permit_by(&self, owner: Actor, amount: U256, nonce: U256) -> Parts {
        parts(owner, self.permit_digest(owner.into(), amount, nonce))
    }

    /// What a permit's owner signs (EIP-2612): `value` units of USDC to the escrow, without a deadline.
    pub fn permit_digest(&self, owner: Address, value: U256, nonce: U256) -> B256 {
        let domain = eip712_domain! {
            name: "USDC",
            version: "1",
            chain_id: self.node.chain_id(),
            verifying_contract: self.usdc.address,
        };
        let permit = Permit { owner, spender: self.escrow, value, nonce, deadline: U256::MAX };
        permit.eip712_signing_hash(&domain)
    }

    /// An authorization for the escrow to take `amount`, good for ten minutes.
    pub fn authorization(&self, from: Actor, amount: U256, nonce: B256) -> (ReceiveWithAuthorization, Parts) {
        let message = ReceiveWithAuthorization {
            from: from.address(),
            to: self.escrow,
            value: amount,
            validAfter: U256::ZERO,
            validBefore: U256::from(self.now() + 600),
            nonce,
        };
        let (chain, token): (u64, Address) = (self.node.chain_id(), self.usdc.address);
        let digest = chain::sign::authorization("USDC".into(), "1".into(), chain, token, &message);
        (message, parts(from, digest))
    }
}

fn parts(signer: Actor, digest: B256) -> Parts {
    let signature = chain::sign::signature(&signer.key(), digest).expect("a local key signs any digest");
    (27 + u8::from(signature.v()), signature.r().into(), signature.s().into())
}
