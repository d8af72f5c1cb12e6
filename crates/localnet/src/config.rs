//! What a local network is made of.
use deploy::Artifacts;
use std::time::Duration;

/// Symbol of the test stablecoin with 6 decimals, in which variation is paid.
pub const USDC: &str = "USDC";
/// Symbol of the test stablecoin with 18 decimals.
pub const USDE: &str = "USDe";
/// Symbol of the test token of tokenized cash, 6 decimals, which only allowed holders may have.
pub const TCASH: &str = "TCASH";

/// What a network starts with. The default has everything that the demo and the tests need.
#[derive(Clone)]
pub struct LocalnetConfig {
    /// 0 takes a free port.
    pub port: u16,
    /// `None` mines a block with each transaction.
    pub block_time: Option<Duration>,
    /// Time of the first block, seconds since 1970; the machine's clock otherwise.
    pub start: Option<u64>,
    /// The built contracts.
    pub artifacts: Artifacts,
    /// Of every desk's agreement and mandates.
    pub terms: Terms,
    /// What each desk holds at the start.
    pub desks: [DeskFunds; 4],
    /// Whole USDC in the house at the start.
    pub house: u64,
    /// Prices of the first round, decimal USD by feed.
    pub prices: Vec<(&'static str, &'static str)>,
}

/// CSA terms, the same for all desks; whole USD.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Taken off the requirement.
    pub threshold: u64,
    /// Put on top of the requirement.
    pub independent_amount: u64,
    /// A shortfall below it is not called for.
    pub minimum_transfer_amount: u64,
    /// Most variation that may be debited in a UTC day.
    pub variation_cap: u64,
    /// Seconds.
    pub resolution_time: u32,
    /// On claims satisfied late: parts per million a year.
    pub late_interest: u32,
    /// Of each mandate: the largest requirement that the account may have after its venue's fills.
    pub requirement_cap: u64,
    /// Of each mandate: the most that its fills may debit in a UTC day.
    pub fill_variation_cap: u64,
    /// Whole tokens that the relayer may top up from inventory: USDC, USDe, TCASH.
    pub top_up: [u64; 3],
}

/// What a desk holds, in whole tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeskFunds {
    /// In its wallet, outside the escrow.
    pub wallet: Holdings,
    /// In the escrow, in no account.
    pub inventory: Holdings,
    /// In its margin account.
    pub pledged: Holdings,
}

/// An amount of each test token, in whole tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holdings {
    /// Of [`USDC`].
    pub usdc: u64,
    /// Of [`USDE`].
    pub usde: u64,
    /// Of [`TCASH`].
    pub cash: u64,
}

impl Holdings {
    /// In the order of the fields.
    pub const fn new(usdc: u64, usde: u64, cash: u64) -> Self {
        Self { usdc, usde, cash }
    }

    /// Each amount with its token's symbol.
    pub const fn by_symbol(&self) -> [(&'static str, u64); 3] {
        [(USDC, self.usdc), (USDE, self.usde), (TCASH, self.cash)]
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            threshold: 0,
            independent_amount: 0,
            minimum_transfer_amount: 10_000,
            variation_cap: 100_000_000,
            resolution_time: 900,
            late_interest: 80_000,
            requirement_cap: 50_000_000,
            fill_variation_cap: 5_000_000,
            top_up: [20_000_000, 0, 20_000_000],
        }
    }
}

impl Default for LocalnetConfig {
    fn default() -> Self {
        let desk = DeskFunds {
            wallet: Holdings::new(1_000_000, 1_000_000, 1_000_000),
            inventory: Holdings::new(2_000_000, 1_000_000, 1_000_000),
            pledged: Holdings::new(500_000, 500_000, 0),
        };
        Self {
            port: 0,
            block_time: None,
            start: None,
            artifacts: Artifacts::default(),
            terms: Terms::default(),
            desks: [desk; 4],
            house: 20_000_000,
            prices: vec![
                ("BTC-USD", "113000"),
                ("ETH-USD", "3830"),
                ("USDC-USD", "1"),
                ("USDE-USD", "1"),
                ("TCASH-USD", "1"),
            ],
        }
    }
}
