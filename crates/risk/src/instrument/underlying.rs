//! What an instrument is written on: one to eight ASCII characters, `BTC`.
use super::InstrumentError;
use alloy_primitives::B256;
use core::{fmt, str::FromStr};

const LENGTH: usize = 8;

/// An open set: a new coin needs marks, not code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Underlying([u8; LENGTH]);

impl Underlying {
    /// Bitcoin.
    pub const BTC: Self = Self(*b"BTC\0\0\0\0\0");
    /// Ether.
    pub const ETH: Self = Self(*b"ETH\0\0\0\0\0");

    /// From the name's bytes, zero-padded.
    ///
    /// # Errors
    /// Another name than a letter and up to seven more letters or digits, all upper case.
    pub fn from_bytes(name: [u8; LENGTH]) -> Result<Self, InstrumentError> {
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(LENGTH);
        let text = name.get(..length).and_then(|text| core::str::from_utf8(text).ok());
        let underlying: Self = text.ok_or(InstrumentError::Underlying)?.parse()?;
        if underlying.0 == name { Ok(underlying) } else { Err(InstrumentError::Underlying) }
    }

    /// The name's bytes, zero-padded.
    pub const fn to_bytes(&self) -> [u8; LENGTH] {
        self.0
    }

    /// The name as a word of typed data: ASCII, zero-padded.
    pub fn word(&self) -> B256 {
        B256::right_padding_from(&self.0)
    }

    fn characters(&self) -> impl Iterator<Item = char> {
        self.0.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte))
    }
}

impl FromStr for Underlying {
    type Err = InstrumentError;

    fn from_str(text: &str) -> Result<Self, InstrumentError> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let starts_well = text.starts_with(|first: char| first.is_ascii_uppercase());
        if text.len() > LENGTH || !starts_well || !text.bytes().all(allowed) {
            return Err(InstrumentError::Underlying);
        }
        let mut name = [0; LENGTH];
        name.iter_mut().zip(text.bytes()).for_each(|(slot, byte)| *slot = byte);
        Ok(Self(name))
    }
}

impl fmt::Display for Underlying {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.characters().try_for_each(|character| fmt::Write::write_char(formatter, character))
    }
}

impl fmt::Debug for Underlying {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
