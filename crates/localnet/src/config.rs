//! What a local network is made of.
use deploy::Artifacts;
use std::time::Duration;

/// Names of the three test tokens.
pub const USDC: &str = "USDC";
pub const USDE: &str = "USDe";
pub const TCASH: &str = "TCASH";

#[derive(Clone)]
pub struct LocalnetConfig {
    /// 0 takes a free port.
    pub port: u16,
    /// `None` mines a block with each transaction.
    pub block_time: Option<Duration>,
    /// Time of the first block, seconds since 1970; the machine's clock otherwise.
    pub start: Option<u64>,
    pub artifacts: Artifacts,
    pub terms: Terms,
    /// What each desk holds at the start, and the house.
    pub desks: [DeskFunds; 4],
    /// Whole USDC.
    pub house: u64,
    /// Prices of the first round, decimal USD by feed.
    pub prices: Vec<(&'static str, &'static str)>,
}

/// CSA terms, the same for all desks; whole USD.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub threshold: u64,
    pub independent_amount: u64,
    pub minimum_transfer_amount: u64,
    pub variation_cap: u64,
    /// Seconds.
    pub resolution_time: u32,
    /// On claims satisfied late: parts per million a year.
    pub late_interest: u32,
    pub requirement_cap: u64,
    pub fill_variation_cap: u64,
    /// Whole tokens that the relayer may top up from inventory: USDC, USDe, TCASH.
    pub top_up: [u64; 3],
}

/// Whole tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeskFunds {
    pub wallet: Holdings,
    pub inventory: Holdings,
    pub pledged: Holdings,
}

/// Whole tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holdings {
    pub usdc: u64,
    pub usde: u64,
    pub cash: u64,
}

impl Holdings {
    pub const fn new(usdc: u64, usde: u64, cash: u64) -> Self {
        Self { usdc, usde, cash }
    }

    /// By symbol.
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
