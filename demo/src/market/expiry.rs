//! 31 October 2025 on BTC: forward and volatilities of two strikes, minute by minute, and what follows for options.
use super::bars::{SLOTS_IN_MINUTE, minute_of, time_column};
use super::{Day, clock};
use alloy::primitives::B256;
use anyhow::{Context, Result};
use reporter::feed;
use risk::{Expiry, Instrument, Kind, Ppm, Price, Rate, Smile, Underlying, Vol, VolMark};
use std::collections::BTreeMap;

/// Where volatilities are quoted, 1e-8 USD: a put below the market, a call above it.
const STRIKES: [u64; 2] = [80_000 * ONE, 135_000 * ONE];
/// 1e-8.
const ONE: u64 = 100_000_000;
/// 1e-8 in 1e-12.
const FINER: u64 = 10_000;
const SETTLES: &str = "20251031";

/// One column of a file by minute of the day, 1e-8; a missing minute carries the last forward.
pub struct Column(BTreeMap<u64, u64>);

/// What the files have of the expiry.
pub struct ExpirySeries {
    forward: Column,
    /// In the order of [`STRIKES`].
    vols: [Column; 2],
}

impl Column {
    fn read(name: &str, text: &str, column: &str) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().with_context(|| format!("{name}: no header"))?.clone();
        let place = |wanted: &str| {
            headers.iter().position(|header| header == wanted).with_context(|| format!("{name}: no column {wanted}"))
        };
        let (time, spelling) = time_column(&headers).with_context(|| format!("{name}: no column utc"))?;
        let column = place(column)?;
        let row = |record: csv::Result<csv::StringRecord>| {
            let record = record?;
            let field = |place: usize| record.get(place).unwrap_or_default();
            Ok::<_, anyhow::Error>((minute_of(field(time), spelling)?, feed::price(field(column))?))
        };
        let rows = reader.records().enumerate();
        let rows = rows.map(|(at, record)| row(record).with_context(|| format!("{name}, row {}", at + 2)));
        Ok(Self(rows.collect::<Result<_>>()?))
    }

    fn at(&self, time: u64) -> Result<u64> {
        let found = self.0.range(..=super::day::minute(time)).next_back();
        found.map(|(_, value)| *value).with_context(|| format!("no mark of 31 October at {}", clock(time)))
    }
}

impl ExpirySeries {
    pub fn load() -> Result<Self> {
        let put = include_str!("../../data/btc_option_251031_80000_p_okx_1m.csv");
        let call = include_str!("../../data/btc_option_251031_135000_c_okx_1m.csv");
        let (put_name, call_name) = ("btc_option_251031_80000_p_okx_1m.csv", "btc_option_251031_135000_c_okx_1m.csv");
        Ok(Self {
            forward: Column::read(call_name, call, "underlying_price")?,
            vols: [Column::read(put_name, put, "mark_iv")?, Column::read(call_name, call, "mark_iv")?],
        })
    }

    /// Feeds of the expiry with what one source prints; no interest: coins and dollars are lent too differently to tell.
    pub fn feeds(&self, time: u64) -> Result<Vec<(B256, u64)>> {
        let expiry = expiry()?;
        let mut feeds = vec![
            (relayer::market::forward_feed(Underlying::BTC, expiry), self.forward.at(time)?),
            (relayer::market::rate_feed(Underlying::BTC, expiry), ONE),
        ];
        for (strike, vol) in STRIKES.into_iter().zip(&self.vols) {
            let strike = Price::from_raw(strike);
            feeds.push((relayer::market::vol_feed(Underlying::BTC, expiry, strike), vol.at(time)?));
        }
        Ok(feeds)
    }
}

impl Day {
    /// What a dated instrument is worth, 1e-8 USD, as the relayer marks it.
    pub fn dated(&self, instrument: &Instrument, time: u64) -> Result<u64> {
        let forward = Price::from_raw(self.october.forward.at(time)?);
        let Kind::Option { expiry, strike, right } = instrument.kind else { return Ok(forward.raw()) };
        let node = |(strike, vol): (u64, &Column)| {
            let vol = VolMark::new(Vol::from_raw(vol.at(time)? * FINER), Ppm::ONE)?;
            Ok::<_, anyhow::Error>((Price::from_raw(strike), vol))
        };
        let nodes = STRIKES.into_iter().zip(&self.october.vols).map(node).collect::<Result<Vec<_>>>()?;
        let vol = Smile::new(nodes).at(strike)?.context("a smile of two strikes")?.volatility();
        let seconds = expiry.seconds_after(time).context("the expiry is past")?;
        debug_assert!(seconds > SLOTS_IN_MINUTE);
        Ok(risk::price(forward, strike, right, vol, Rate::ZERO, seconds)?.raw())
    }
}

fn expiry() -> Result<Expiry> {
    Ok(SETTLES.parse::<Expiry>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::MIDNIGHT;

    #[test]
    fn puts_gain_and_calls_lose_in_the_crash() {
        let day = Day::load().unwrap();
        let worth = |name: &str, minute: u64| day.dated(&name.parse().unwrap(), MIDNIGHT + minute * 60).unwrap();
        let (before, low) = (20 * 60 + 45, 21 * 60 + 20);
        assert!(worth("BTC-20251031", low) < worth("BTC-20251031", before));
        assert!(worth("BTC-20251031-80000-P", low) > worth("BTC-20251031-80000-P", before));
        assert!(worth("BTC-20251031-105000-P", low) > 2 * worth("BTC-20251031-105000-P", before));
        assert!(worth("BTC-20251031-135000-C", low) < 2 * worth("BTC-20251031-135000-C", before));
    }
}
