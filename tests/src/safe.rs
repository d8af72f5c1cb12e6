//! A Safe of several owners (1.4.1, as its package publishes it): what it signs is 65 bytes an owner.
use crate::actors::{Actor, GOVERNOR};
use crate::artifacts;
use crate::world::World;
use alloy::primitives::{Address, B256, U256};
use alloy::sol;
use alloy::sol_types::{Eip712Domain, SolStruct, SolValue};

sol! {
    interface SafeSetup {
        function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver) external;
    }

    struct SafeMessage {
        bytes message;
    }
}

/// A Safe (safe-global's own contract) that all its owners must sign for.
#[derive(Clone, Debug)]
pub struct Safe {
    /// The proxy.
    pub address: Address,
    /// All of them.
    pub owners: Vec<Actor>,
    chain_id: u64,
}

impl World {
    /// All of these sign together.
    pub fn safe(&self, owners: &[Actor]) -> Safe {
        let deploy = |name: &str, arguments: Vec<u8>| {
            self.node.deploy(GOVERNOR.address(), [artifacts::token(&format!("safe/{name}")), arguments].concat())
        };
        let handler = deploy("CompatibilityFallbackHandler", vec![]);
        let address = deploy("SafeProxy", deploy("Safe", vec![]).abi_encode());
        let setup = SafeSetup::setupCall {
            owners: owners.iter().map(|owner| owner.address()).collect(),
            threshold: U256::from(owners.len()),
            to: Address::ZERO,
            data: vec![].into(),
            fallbackHandler: handler,
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        self.prank(GOVERNOR).send(address, setup).ok();
        Safe { address, owners: owners.to_vec(), chain_id: self.node.chain_id() }
    }
}

impl Safe {
    /// Every owner's word on a digest, in the order of their addresses.
    pub fn sign(&self, digest: B256) -> Vec<u8> {
        self.sign_by(&self.owners, digest)
    }

    /// These owners' alone.
    pub fn sign_by(&self, owners: &[Actor], digest: B256) -> Vec<u8> {
        let domain = Eip712Domain::new(None, None, Some(U256::from(self.chain_id)), Some(self.address), None);
        let digest = SafeMessage { message: digest.abi_encode().into() }.eip712_signing_hash(&domain);
        let mut owners = owners.to_vec();
        owners.sort_by_key(|owner| owner.address());
        owners.iter().flat_map(|owner| long(*owner, digest)).collect()
    }
}

/// r, s and v.
pub fn long(signer: Actor, digest: B256) -> Vec<u8> {
    chain::sign::signature(&signer.key(), digest).expect("a local key signs any digest").as_bytes().to_vec()
}

impl From<&Safe> for Address {
    fn from(safe: &Safe) -> Self {
        safe.address
    }
}

/// Names of owners, as many as a test wants.
pub const OWNERS: [Actor; 7] = [
    Actor("owner-0"),
    Actor("owner-1"),
    Actor("owner-2"),
    Actor("owner-3"),
    Actor("owner-4"),
    Actor("owner-5"),
    Actor("owner-6"),
];
