//! What each of the five sources says in one slot.
use super::day::{Day, at, minute};
use alloy::primitives::B256;
use anyhow::{Context, Result};
use reporter::{Quote, Quotes, feed};
use std::collections::BTreeMap;

/// Names of the sources, in the order of the reporter set. The last three are derived from the first two.
pub const SOURCES: [&str; 5] = ["binance", "uniswap", "mean-5m", "mean-15m", "blend-30m"];
/// Basis points by which each source differs where only one print exists.
const SPREAD: [i64; 5] = [0, -1, 1, -2, 3];
const ONE: u64 = 100_000_000;

impl Day {
    /// Quotes of all feeds at the time of a slot.
    pub fn quotes(&self, time: u64) -> Result<BTreeMap<B256, Quotes>> {
        let near_one = |time: u64| move |place: usize| moved(ONE, SPREAD[(place + time as usize / 60) % 5].signum());
        let (btc, eth) = (self.btc(time)?, self.eth(time)?);
        let dated = self.october.feeds(time)?.into_iter();
        let dated = dated.map(|(feed, print)| (feed, each(|place| moved(print, SPREAD[place]))));
        let spots = [
            (feed::feed("BTC-USD")?, each(|place| moved(btc, SPREAD[place]))),
            (feed::feed("ETH-USD")?, each(|place| moved(eth, SPREAD[place]))),
            (feed::feed("USDC-USD")?, each(near_one(time))),
            (feed::feed("TCASH-USD")?, each(near_one(time + 120))),
            (feed::feed("USDE-USD")?, self.usde(time)?),
        ];
        Ok(spots.into_iter().chain(dated).collect())
    }

    fn usde(&self, time: u64) -> Result<Quotes> {
        let now = minute(time);
        let mean = |length| self.uniswap.mean(now, length).context("no Uniswap price");
        let prices = [
            at(self.binance.at(now), time, "USDe on Binance")?,
            at(self.uniswap.at(now), time, "USDe on Uniswap")?,
            mean(5)?,
            mean(15)?,
            (self.binance.mean(now, 30).context("no Binance price")? + mean(30)?) / 2,
        ];
        Ok(each(|place| prices[place]))
    }
}

fn each(price: impl Fn(usize) -> u64) -> Quotes {
    let quote = |(place, name): (usize, &&str)| ((*name).to_owned(), Quote::of(price(place)));
    SOURCES.iter().enumerate().map(quote).collect()
}

/// A price moved by basis points.
fn moved(price: u64, points: i64) -> u64 {
    price.saturating_add_signed(price as i64 / 10_000 * points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{BEGIN, MIDNIGHT};

    #[test]
    fn every_slot_of_the_evening_has_all_feeds() {
        let day = Day::load().unwrap();
        for slot in 0..150 * 6 {
            let quotes = day.quotes(BEGIN + slot * 10).unwrap();
            assert!(quotes.len() == 9 && quotes.values().all(|quotes| quotes.len() == 5), "slot {slot}");
        }
    }

    #[test]
    fn one_print_falls_to_065_while_the_median_stays() {
        let day = Day::load().unwrap();
        let time = MIDNIGHT + (21 * 60 + 54) * 60;
        let usde = feed::feed("USDE-USD").unwrap();
        let lowest = (0..6).map(|slot| day.quotes(time + slot * 10).unwrap()[&usde]["binance"].price).min();
        assert_eq!(lowest, Some(65_000_000));
        let mut prices: Vec<_> = day.quotes(time + 30).unwrap()[&usde].values().map(|quote| quote.price).collect();
        prices.sort_unstable();
        assert!(prices[2] > 99_000_000, "{prices:?}");
    }
}
