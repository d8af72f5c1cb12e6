//! Circle's own USDC (FiatToken 2.2 behind its proxy), compiled from its published source by the package that tests take it from.
use crate::actors::{Actor, GOVERNOR};
use crate::artifacts;
use crate::deploy::terms;
use crate::permits::Permit;
use crate::tokens::{Token, feed};
use crate::world::World;
use abi::registry::AssetTerms;
use alloy::primitives::{Address, B256, U256};
use alloy::sol;
use alloy::sol_types::{SolStruct, SolValue, eip712_domain};

sol! {
    interface FiatToken {
        function initialize(string name, string symbol, string currency, uint8 decimals, address masterMinter, address pauser, address blacklister, address owner) external;
        function initializeV2(string name) external;
        function initializeV2_1(address lostAndFound) external;
        function initializeV2_2(address[] blacklisted, string symbol) external;
        function configureMinter(address minter, uint256 allowance) external returns (bool);
        function blacklist(address account) external;
        function unBlacklist(address account) external;
        function pause() external;
        function unpause() external;
        function upgradeTo(address implementation) external;
    }
}

pub use FiatToken::*;

/// The proxy's admin, whom it lets do nothing else.
pub const PROXY_ADMIN: Actor = Actor("proxy-admin");

impl World {
    /// Deployed as on the chains where it is money, and listed; it has a price from the next post on.
    pub fn list_usdc(&self) -> Token {
        let deploy = |init| self.node.deploy(PROXY_ADMIN.address(), init);
        let checker = deploy(artifacts::token("usdc/SignatureChecker"));
        let logic = deploy(artifacts::linked("usdc/FiatTokenV2_2", checker));
        let proxy = [artifacts::token("usdc/FiatTokenProxy"), logic.abi_encode()].concat();
        let (address, governor) = (deploy(proxy), GOVERNOR.address());
        let name = || "USD Coin".to_owned();
        let first = initializeCall {
            name: name(),
            symbol: "USDC".into(),
            currency: "USD".into(),
            decimals: 6,
            masterMinter: governor,
            pauser: governor,
            blacklister: governor,
            owner: governor,
        };
        self.prank(GOVERNOR).send(address, first).ok();
        self.prank(GOVERNOR).send(address, initializeV2Call { name: name() }).ok();
        self.prank(GOVERNOR).send(address, initializeV2_1Call { lostAndFound: governor }).ok();
        let last = initializeV2_2Call { blacklisted: vec![], symbol: "USDC".into() };
        self.prank(GOVERNOR).send(address, last).ok();
        self.prank(GOVERNOR).send(address, configureMinterCall { minter: governor, allowance: U256::MAX }).ok();
        self.list_deployed(address, 6, AssetTerms { feed: feed("FIAT-USD"), ..terms(0, 1_000_000) })
    }

    /// Bars a holder, or ends it.
    pub fn blacklist(&self, token: Token, account: impl Into<Address>, barred: bool) {
        let account = account.into();
        if barred {
            self.prank(GOVERNOR).send(token.address, blacklistCall { account }).ok();
        } else {
            self.prank(GOVERNOR).send(token.address, unBlacklistCall { account }).ok();
        }
    }

    /// What an owner signs so that the escrow may take `value`: its first permit, without a deadline.
    pub fn usdc_permit(&self, token: Token, owner: Address, value: U256) -> B256 {
        let domain = eip712_domain! {
            name: "USD Coin",
            version: "2",
            chain_id: self.node.chain_id(),
            verifying_contract: token.address,
        };
        let permit = Permit { owner, spender: self.escrow, value, nonce: U256::ZERO, deadline: U256::MAX };
        permit.eip712_signing_hash(&domain)
    }
}
