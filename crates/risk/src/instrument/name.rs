//! An instrument's name, digit by digit: contracts write it too, and there the formatter is too large.
use super::{Expiry, Instrument, Kind, Right, calendar};
use crate::Price;
use alloy_primitives::B256;

/// Longer than any name: 8 of an underlying, 8 of a date, 21 of a strike, a right and hyphens.
const ROOM: usize = 48;
const WHOLE: u64 = 100_000_000;
const DECIMALS: usize = 8;

pub(super) struct Name {
    bytes: [u8; ROOM],
    length: usize,
}

impl Name {
    /// The name of an instrument, as venues sign it.
    #[inline(never)]
    pub fn of(instrument: &Instrument) -> Self {
        let mut name = Self { bytes: [0; ROOM], length: 0 };
        instrument.underlying.to_bytes().iter().filter(|byte| **byte != 0).for_each(|byte| name.push(*byte));
        match instrument.kind {
            Kind::Perpetual => name.text(b"-PERP"),
            Kind::Future { expiry } => name.date(expiry),
            Kind::Option { expiry, strike, right } => {
                name.date(expiry);
                name.push(b'-');
                name.price(strike);
                name.text(match right {
                    Right::Call => b"-C",
                    Right::Put => b"-P",
                });
            }
        }
        name
    }

    /// ASCII.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Its first 32 bytes, which is all of it for every instrument that can be listed.
    pub fn word(&self) -> B256 {
        self.bytes.first_chunk().map(B256::from).unwrap_or_default()
    }

    /// Whether [`Self::word`] is all of it.
    pub const fn fits_a_word(&self) -> bool {
        self.length <= 32
    }

    #[inline(never)]
    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.length) {
            *slot = byte;
            self.length = self.length.saturating_add(1);
        }
    }

    #[inline(never)]
    fn text(&mut self, text: &[u8]) {
        text.iter().for_each(|byte| self.push(*byte));
    }

    /// With zeros before it up to `width` digits.
    #[inline(never)]
    fn number(&mut self, number: u64, width: usize) {
        if number >= 10 || width > 1 {
            self.number(number / 10, width.saturating_sub(1));
        }
        self.push(b'0'.saturating_add((number % 10) as u8));
    }

    #[inline(never)]
    fn date(&mut self, expiry: Expiry) {
        let (year, month, day) = calendar::date(expiry.day()).unwrap_or_default();
        self.push(b'-');
        self.number(year, 4);
        self.number(month, 2);
        self.number(day, 2);
    }

    /// In its shortest spelling.
    #[inline(never)]
    fn price(&mut self, price: Price) {
        let (whole, mut fraction, mut width) = (price.raw() / WHOLE, price.raw() % WHOLE, DECIMALS);
        self.number(whole, 1);
        if fraction == 0 {
            return;
        }
        while fraction % 10 == 0 {
            (fraction, width) = (fraction / 10, width.saturating_sub(1));
        }
        self.push(b'.');
        self.number(fraction, width);
    }
}
