//! The T-REX suite (ERC-3643) as its authors publish it: a token that only verified identities receive.
use crate::actors::GOVERNOR;
use crate::artifacts;
use crate::deploy::terms;
use crate::tokens::{Token, feed};
use crate::world::World;
use abi::registry::AssetTerms;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::signers::SignerSync;
use alloy::sol;
use alloy::sol_types::{SolCall, SolValue};

sol! {
    interface TrexToken {
        function init(address identities, address compliance, string name, string symbol, uint8 decimals, address onchainId) external;
        function addAgent(address agent) external;
        function pause() external;
        function unpause() external;
        function setAddressFrozen(address holder, bool frozen) external;
        function freezePartialTokens(address holder, uint256 amount) external;
        function unfreezePartialTokens(address holder, uint256 amount) external;
        function forcedTransfer(address from, address to, uint256 amount) external returns (bool);
        function recoveryAddress(address lost, address wallet, address onchainId) external returns (bool);
    }

    interface IdentityRegistry {
        function init(address issuers, address topics, address store) external;
        function addAgent(address agent) external;
        function registerIdentity(address holder, address onchainId, uint16 country) external;
        function deleteIdentity(address holder) external;
        function isVerified(address holder) external view returns (bool);
    }

    /// Identity storage, claim topics, trusted issuers, compliance.
    interface Parts {
        function init() external;
        function bindIdentityRegistry(address identities) external;
        function addClaimTopic(uint256 topic) external;
        function addTrustedIssuer(address issuer, uint256[] topics) external;
    }

    interface OnchainId {
        function addKey(bytes32 key, uint256 purpose, uint256 keyType) external returns (bool);
        function addClaim(uint256 topic, uint256 scheme, address issuer, bytes signature, bytes data, string uri) external returns (bytes32);
        function revokeClaimBySignature(bytes signature) external;
    }
}

/// The claim that the token asks of whoever receives it: that the holder is known to the issuer.
const KNOWN: U256 = U256::from_limbs([1, 0, 0, 0]);
const ECDSA: U256 = KNOWN;
const MANAGEMENT: U256 = KNOWN;
const COUNTRY: u16 = 250;

/// A T-REX token and what stands behind it; the governor is its issuer and agent.
#[derive(Clone, Copy)]
pub struct Trex {
    /// As the registry lists it.
    pub token: Token,
    /// The registry that says who is verified.
    pub identities: Address,
    claim_issuer: Address,
}

impl World {
    /// Deploys the suite and lists its token as cash of six decimals. Nobody is verified yet, the escrow neither.
    pub fn list_trex(&self) -> Trex {
        let [token, identities, store, topics, issuers, compliance] = [
            "Token",
            "IdentityRegistry",
            "IdentityRegistryStorage",
            "ClaimTopicsRegistry",
            "TrustedIssuersRegistry",
            "ModularCompliance",
        ]
        .map(|name| self.deploy_trex(name, Vec::new()));
        let governor = GOVERNOR.address();
        for part in [store, topics, issuers, compliance] {
            self.as_issuer(part, Parts::initCall {});
        }
        self.as_issuer(identities, IdentityRegistry::initCall { issuers, topics, store });
        self.as_issuer(identities, IdentityRegistry::addAgentCall { agent: governor });
        self.as_issuer(identities, IdentityRegistry::addAgentCall { agent: token });
        self.as_issuer(store, Parts::bindIdentityRegistryCall { identities });
        let claim_issuer = self.deploy_trex("ClaimIssuer", governor.abi_encode());
        self.as_issuer(topics, Parts::addClaimTopicCall { topic: KNOWN });
        self.as_issuer(issuers, Parts::addTrustedIssuerCall { issuer: claim_issuer, topics: vec![KNOWN] });
        let (name, symbol) = ("Tokenized cash".to_owned(), "TREX".to_owned());
        let init = TrexToken::initCall { identities, compliance, name, symbol, decimals: 6, onchainId: Address::ZERO };
        self.as_issuer(token, init);
        self.as_issuer(token, TrexToken::addAgentCall { agent: governor });
        self.as_issuer(token, TrexToken::unpauseCall {});
        let terms = AssetTerms { class: 2, feed: feed("TREX-USD"), ..terms(0, 1_000_000) };
        Trex { token: self.list_deployed(token, 6, terms), identities, claim_issuer }
    }

    fn deploy_trex(&self, name: &str, arguments: Vec<u8>) -> Address {
        let init = [artifacts::token(&format!("t-rex/{name}")), arguments].concat();
        self.node.deploy(GOVERNOR.address(), init)
    }

    /// The issuer acts.
    pub fn as_issuer<C: SolCall>(&self, on: Address, call: C) {
        self.prank(GOVERNOR).send(on, call).ok();
    }
}

impl Trex {
    /// An identity with the issuer's signed claim, registered for a holder.
    pub fn verify(&self, w: &World, holder: impl Into<Address>) -> Address {
        let identity = w.deploy_trex("Identity", (GOVERNOR.address(), false).abi_encode());
        let (topic, scheme, issuer, data) = (KNOWN, ECDSA, self.claim_issuer, Bytes::new());
        let signature = self.claim(identity);
        w.as_issuer(identity, OnchainId::addClaimCall { topic, scheme, issuer, signature, data, uri: String::new() });
        let register =
            IdentityRegistry::registerIdentityCall { holder: holder.into(), onchainId: identity, country: COUNTRY };
        w.as_issuer(self.identities, register);
        identity
    }

    /// The issuer takes back its claim on an identity.
    pub fn revoke(&self, w: &World, identity: Address) {
        w.as_issuer(self.claim_issuer, OnchainId::revokeClaimBySignatureCall { signature: self.claim(identity) });
    }

    /// A lost wallet's tokens and place go to another wallet of the same identity.
    pub fn recover(&self, w: &World, lost: impl Into<Address>, wallet: Address, identity: Address) {
        let key = keccak256(wallet.abi_encode());
        w.as_issuer(identity, OnchainId::addKeyCall { key, purpose: MANAGEMENT, keyType: ECDSA });
        let call = TrexToken::recoveryAddressCall { lost: lost.into(), wallet, onchainId: identity };
        w.as_issuer(self.token.address, call);
    }

    /// The issuer's signature: of identity, topic and no data.
    fn claim(&self, identity: Address) -> Bytes {
        let hash = keccak256((identity, KNOWN, Bytes::new()).abi_encode_params());
        let signature = GOVERNOR.key().sign_message_sync(hash.as_slice()).expect("a key signs");
        signature.as_bytes().to_vec().into()
    }
}
