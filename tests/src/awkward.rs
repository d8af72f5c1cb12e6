//! A token with moods, `AwkwardToken`, and a receiver that calls the escrow when it is told of tokens.
use crate::actors::GOVERNOR;
use crate::artifacts;
use crate::deploy::terms;
use crate::tokens::{Token, feed};
use crate::world::World;
use abi::registry::AssetTerms;
use alloy::primitives::{Address, I256};
use alloy::sol;
use alloy::sol_types::SolValue;

sol! {
    interface AwkwardToken {
        enum Mood {
            /// As a token should be.
            Calm,
            /// Transfers revert.
            Paused,
            /// A transfer burns all gas.
            Hungry,
            /// A transfer answers a megabyte.
            Loud,
            /// A transfer reverts with a megabyte.
            Bursting,
            /// Tells a receiver with code.
            Hooked,
            /// Balances are twice the truth.
            Doubling,
            /// Balances are others at every call.
            Wavering,
            /// Balances are always 1.
            Stuck,
            /// Burns a hundredth of what the receiver gets.
            Taxing,
            /// Adds a hundredth to it.
            Giving,
            /// Burns what the token itself gets.
            Consuming,
        }

        function setMood(Mood mood) external;
        function bar(address holder, bool barred) external;
        function barSides(address holder, bool sends, bool receives) external;
        function rebase(address holder, int256 change) external;
    }

    interface CallingReceiver {
        function told() external view returns (bool);
        function succeeded() external view returns (bool);
        function answer() external view returns (bytes memory);
    }
}

pub use AwkwardToken::Mood;

impl World {
    /// An awkward token in calm mood, listed; it has a price from the next post on.
    pub fn list_awkward(&self, decimals: u8) -> Token {
        let init = [artifacts::token("AwkwardToken"), (u16::from(decimals),).abi_encode_params()].concat();
        let address = self.node.deploy(GOVERNOR.address(), init);
        self.list_deployed(address, decimals, AssetTerms { feed: feed("AWK-USD"), ..terms(0, 1_000_000) })
    }

    /// From now on the token behaves like this.
    pub fn set_mood(&self, token: Token, mood: Mood) {
        self.prank(GOVERNOR).send(token.address, AwkwardToken::setMoodCall { mood }).ok();
    }

    /// The issuer bars a holder from sending and from receiving, or lets it again.
    pub fn bar(&self, token: Token, holder: impl Into<Address>, barred: bool) {
        let holder = holder.into();
        self.prank(GOVERNOR).send(token.address, AwkwardToken::barCall { holder, barred }).ok();
    }

    /// From sending, from receiving.
    pub fn bar_sides(&self, token: Token, holder: impl Into<Address>, sends: bool, receives: bool) {
        let call = AwkwardToken::barSidesCall { holder: holder.into(), sends, receives };
        self.prank(GOVERNOR).send(token.address, call).ok();
    }

    /// Changes what the escrow has, in units.
    pub fn rebase(&self, token: Token, change: i64) {
        let (holder, change) = (self.escrow, I256::try_from(change).expect("it fits"));
        self.prank(GOVERNOR).send(token.address, AwkwardToken::rebaseCall { holder, change }).ok();
    }

    /// A contract that makes this call to the escrow when it is told of tokens.
    pub fn calling_receiver(&self, call: Vec<u8>) -> Address {
        let arguments = (self.escrow, call).abi_encode_params();
        self.node.deploy(GOVERNOR.address(), [artifacts::token("CallingReceiver"), arguments].concat())
    }
}
