//! What each desk starts with, and the terms they all signed.
use crate::market::BEGIN;
use localnet::{DeskFunds, Holdings, LocalnetConfig, Terms};

/// The desk without inventory, which answers a claim after its deadline.
pub const LATE_DESK: usize = 3;

/// Two desks long, two short; desks 0 and 2 hold USDe; desk 3 has everything in its wallet.
pub fn network() -> LocalnetConfig {
    let desk = |wallet, inventory, pledged| DeskFunds { wallet, inventory, pledged };
    let none = Holdings::new(0, 0, 0);
    LocalnetConfig {
        start: Some(BEGIN - 300),
        desks: [
            desk(
                Holdings::new(1_000_000, 0, 0),
                Holdings::new(2_000_000, 0, 500_000),
                Holdings::new(900_000, 1_200_000, 0),
            ),
            desk(Holdings::new(1_000_000, 0, 0), Holdings::new(2_000_000, 0, 0), Holdings::new(2_000_000, 0, 0)),
            desk(
                Holdings::new(500_000, 0, 0),
                Holdings::new(1_500_000, 0, 500_000),
                Holdings::new(600_000, 600_000, 0),
            ),
            desk(Holdings::new(3_000_000, 0, 500_000), none, Holdings::new(250_000, 0, 1_200_000)),
        ],
        terms: Terms { resolution_time: 900, top_up: [5_000_000, 0, 500_000], ..Terms::default() },
        prices: vec![
            ("BTC-USD", "117000"),
            ("ETH-USD", "4017"),
            ("USDC-USD", "1"),
            ("USDE-USD", "1"),
            ("TCASH-USD", "1"),
            ("BTC-20251031", "117000"),
            ("BTC-20251031-R", "1"),
            ("BTC-20251031-80000-V", "0.72"),
            ("BTC-20251031-135000-V", "0.41"),
        ],
        ..LocalnetConfig::default()
    }
}
