//! Minute bars from CSV files.
use anyhow::{Context, Result};
use reporter::time::Spelling;
use std::collections::BTreeMap;

/// Slots of 10 s in a minute.
pub const SLOTS_IN_MINUTE: u64 = 60 / abi::SLOT_SECONDS;

/// Prices of one minute, 1e-8 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    pub open: u64,
    pub high: u64,
    pub low: u64,
    pub close: u64,
}

impl Bar {
    /// A minute in which nothing moved.
    pub const fn flat(price: u64) -> Self {
        Self { open: price, high: price, low: price, close: price }
    }

    /// The price in one of the minute's slots: open, the first extreme twice, the second twice, close.
    pub const fn at_slot(&self, slot: u64) -> u64 {
        let (first, second) = if self.close >= self.open { (self.low, self.high) } else { (self.high, self.low) };
        match slot {
            0 => self.open,
            1 | 2 => first,
            3 | 4 => second,
            _ => self.close,
        }
    }
}

/// Bars by minute of the day.
#[derive(Clone, Debug, Default)]
pub struct Bars(BTreeMap<u64, Bar>);

impl Bars {
    /// Reads `open_time_ms` or `utc`, and `open,high,low,close`, or `close` alone.
    pub fn read(name: &str, text: &str) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().with_context(|| format!("{name}: no header"))?.clone();
        let column = |wanted: &str| headers.iter().position(|header| header == wanted);
        let (time, spelling) = time_column(&headers).with_context(|| format!("{name}: no column utc"))?;
        let close = column("close").with_context(|| format!("{name}: no column close"))?;
        let columns =
            ["open", "high", "low"].map(|wanted| column(wanted).filter(|_| column("open").is_some()).unwrap_or(close));
        let mut bars = Self::default();
        for (row, record) in reader.records().enumerate() {
            let place = || format!("{name}, row {}", row + 2);
            let record = record.with_context(place)?;
            let price =
                |column: usize| reporter::feed::price(record.get(column).unwrap_or_default()).with_context(place);
            let [open, high, low] = [price(columns[0])?, price(columns[1])?, price(columns[2])?];
            let minute = minute_of(record.get(time).unwrap_or_default(), spelling).with_context(place)?;
            let before = bars.0.insert(minute, Bar { open, high, low, close: price(close)? });
            anyhow::ensure!(before.is_none(), "{}: the minute has a row already", place());
        }
        Ok(bars)
    }

    /// The bar of a minute; a missing one carries the last close forward.
    pub fn at(&self, minute: u64) -> Option<Bar> {
        let (found, bar) = self.0.range(..=minute).next_back()?;
        Some(if *found == minute { *bar } else { Bar::flat(bar.close) })
    }

    /// Only if the file has that very minute.
    pub fn exactly(&self, minute: u64) -> Option<Bar> {
        self.0.get(&minute).copied()
    }

    /// Mean close of the `length` minutes before and with `minute`.
    pub fn mean(&self, minute: u64, length: u64) -> Option<u64> {
        let closes: Vec<u64> =
            (minute.saturating_sub(length - 1)..=minute).filter_map(|at| self.at(at)).map(|bar| bar.close).collect();
        closes.iter().sum::<u64>().checked_div(closes.len() as u64)
    }
}

/// Which column says when, and how: `open_time_ms` where there is one, else `utc`.
pub(super) fn time_column(headers: &csv::StringRecord) -> Option<(usize, Spelling)> {
    let place = |wanted: &str| headers.iter().position(|header| header == wanted);
    let millis = place("open_time_ms").map(|place| (place, Spelling::Millis));
    millis.or_else(|| place("utc").map(|place| (place, Spelling::Utc)))
}

/// Minute of 10 October 2025.
pub(super) fn minute_of(text: &str, spelling: Spelling) -> Result<u64> {
    let seconds = spelling.read(text)?.seconds();
    let minute = seconds.checked_sub(super::MIDNIGHT).map(|seconds| seconds / 60).filter(|minute| *minute < 24 * 60);
    minute.with_context(|| format!("{text:?} is not of 10 October 2025"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_minute_meets_its_high_first() {
        let bar = Bar { open: 5, high: 9, low: 1, close: 2 };
        assert_eq!((0..6).map(|slot| bar.at_slot(slot)).collect::<Vec<_>>(), [5, 9, 9, 1, 1, 2]);
    }

    #[test]
    fn a_file_with_closes_alone_is_flat() {
        let bars = Bars::read("test", "utc,close,low\n2025-10-10 21:54:00,0.5,0.1\n").unwrap();
        assert_eq!(bars.at(21 * 60 + 54), Some(Bar::flat(50_000_000)));
        assert_eq!(bars.at(21 * 60 + 55), Some(Bar::flat(50_000_000)), "carried forward");
        assert_eq!(bars.at(21 * 60 + 53), None);
    }

    #[test]
    fn a_time_of_another_day_or_spelling_is_refused() {
        for time in ["2025-10-11 21:54:00", "2025-10-10 25:54:00", "21:54", "2025-10-10 09:54:00 PM"] {
            assert!(Bars::read("test", &format!("utc,close\n{time},0.5\n")).is_err(), "{time}");
        }
        let twice = "utc,close\n2025-10-10 21:54:00,0.5\n2025-10-10 21:54:00,0.6\n";
        assert!(Bars::read("test", twice).unwrap_err().to_string().contains("row 3"));
    }
}
