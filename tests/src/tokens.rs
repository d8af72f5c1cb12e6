//! Tokens of the world, and the functions of theirs that tests use.
use alloy::primitives::{Address, B256, U256};
use alloy::sol;

sol! {
    interface TestToken {
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external returns (bool);
        function transfer(address to, uint256 amount) external returns (bool);
        function allowance(address owner, address spender) external view returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function setAllowed(address holder, bool allowed) external;
        function isAllowed(address holder) external view returns (bool);

        error HolderNotAllowed(address holder);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    }
}

/// A listed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token's contract.
    pub address: Address,
    /// Its index in the registry.
    pub index: u8,
    /// The token's own.
    pub decimals: u8,
    /// Of its price.
    pub feed: B256,
    /// Only allowed holders may have it.
    pub permissioned: bool,
}

impl Token {
    /// Whole tokens in the token's own units.
    pub fn whole(&self, tokens: u64) -> U256 {
        self.units(tokens * 1_000_000)
    }

    /// Lots in the token's own units. The lots must be whole units.
    pub fn units(&self, lots: u64) -> U256 {
        let units = abi::lots::to_units(lots, self.decimals);
        U256::from(units.expect("lots are whole units"))
    }

    /// The bit of this asset in a set of assets.
    pub fn bit(&self) -> u16 {
        1 << self.index
    }
}

/// Feed name as the oracle keys it: ASCII, zero-padded.
pub fn feed(name: &str) -> B256 {
    B256::right_padding_from(name.as_bytes())
}

/// Whole US dollars in micro-USD.
pub const fn usd(dollars: u64) -> u64 {
    dollars * 1_000_000
}

/// A price in 1e-8 USD from one in 1e-4 USD: `price(9_950)` is 0.995 USD.
pub const fn price(ten_thousandths: u64) -> u64 {
    ten_thousandths * 10_000
}
