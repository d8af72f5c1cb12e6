//! The day's series, read from the files in `demo/data`.
use super::MIDNIGHT;
use super::bars::{Bar, Bars, SLOTS_IN_MINUTE};
use super::expiry::ExpirySeries;
use anyhow::{Context, Result};

/// First and last minute for which the crash file is used.
const CRASH: (u64, u64) = (20 * 60 + 50, 21 * 60 + 35);

/// Prices by minute: from the crash file where it has the minute, from the mark before and after.
pub struct Day {
    mark: Bars,
    crash: Bars,
    eth: Bars,
    pub(super) binance: Bars,
    pub(super) uniswap: Bars,
    pub(super) october: ExpirySeries,
}

impl Day {
    /// Fails where a file has a row that cannot be read.
    pub fn load() -> Result<Self> {
        Ok(Self {
            mark: Bars::read("btcusd_perp_mark_1m.csv", include_str!("../../data/btcusd_perp_mark_1m.csv"))?,
            crash: Bars::read("btcusdt_perp_1m_crash.csv", include_str!("../../data/btcusdt_perp_1m_crash.csv"))?,
            eth: Bars::read("eth_usd_gemini_1m.csv", include_str!("../../data/eth_usd_gemini_1m.csv"))?,
            binance: Bars::read("usde_usdt_binance_1m.csv", include_str!("../../data/usde_usdt_binance_1m.csv"))?,
            uniswap: Bars::read("usde_usdt_uniswap_1m.csv", include_str!("../../data/usde_usdt_uniswap_1m.csv"))?,
            october: ExpirySeries::load()?,
        })
    }

    /// 1e-8 USD at a time of the chain.
    pub fn btc(&self, time: u64) -> Result<u64> {
        let minute = minute(time);
        let crash = self.crash.exactly(minute).filter(|_| (CRASH.0..=CRASH.1).contains(&minute));
        at(crash.or_else(|| self.mark.at(minute)), time, "BTC")
    }

    /// 1e-8 USD at a time of the chain.
    pub fn eth(&self, time: u64) -> Result<u64> {
        at(self.eth.at(minute(time)), time, "ETH")
    }

    /// How violent the market is, 0 to 4: the minute's range in thirds of a percent of BTC.
    pub fn heat(&self, time: u64) -> u64 {
        let minute = minute(time);
        let bar = self.crash.exactly(minute).or_else(|| self.mark.at(minute));
        bar.map_or(0, |bar| ((bar.high - bar.low) * 300 / bar.close.max(1)).min(4))
    }
}

/// Of the day, from midnight.
pub fn minute(time: u64) -> u64 {
    (time - MIDNIGHT) / 60
}

/// The bar's price in the slot of a time, 1e-8 USD; fails where there is no bar, and names `what`.
pub fn at(bar: Option<Bar>, time: u64, what: &str) -> Result<u64> {
    let slot = time % 60 / abi::SLOT_SECONDS;
    debug_assert!(slot < SLOTS_IN_MINUTE);
    Ok(bar.with_context(|| format!("no {what} price at {}", super::clock(time)))?.at_slot(slot))
}
