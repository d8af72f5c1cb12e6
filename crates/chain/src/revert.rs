//! A revert's data as a typed error, readable with its numbers.
use abi::escrow::MarginEscrow::MarginEscrowErrors;
use abi::oracle::PriceOracle::PriceOracleErrors;
use abi::registry::EligibilityRegistry::EligibilityRegistryErrors;
use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy::primitives::{Bytes, Selector, U256};
use alloy::sol_types::{Panic, Revert as RevertString, SolError, SolInterface};
use std::fmt;

/// Why a call reverted. Errors that several contracts share come as the escrow's.
#[derive(Clone)]
pub enum Revert {
    /// A typed error of the margin-escrow.
    Escrow(MarginEscrowErrors),
    /// A typed error of the eligibility-registry.
    Registry(EligibilityRegistryErrors),
    /// A typed error of the price-oracle.
    Oracle(PriceOracleErrors),
    /// `Error(string)`, or what the node said where it gave no data.
    Message(String),
    /// Solidity's own, with its code.
    Panic(U256),
    /// No data: out of gas, or a trap.
    Empty,
    /// Data that nobody's ABI has.
    Unknown(Bytes),
}

impl Revert {
    /// Never fails: what it does not know is [`Revert::Unknown`].
    pub fn decode(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Empty;
        }
        if let Ok(error) = RevertString::abi_decode(data) {
            return Self::Message(error.reason);
        }
        if let Ok(error) = Panic::abi_decode(data) {
            return Self::Panic(error.code);
        }
        Self::of_contract(data).unwrap_or_else(|| Self::Unknown(Bytes::copy_from_slice(data)))
    }

    fn of_contract(data: &[u8]) -> Option<Self> {
        let escrow = MarginEscrowErrors::abi_decode(data).ok().map(Self::Escrow);
        let registry = || EligibilityRegistryErrors::abi_decode(data).ok().map(Self::Registry);
        let oracle = || PriceOracleErrors::abi_decode(data).ok().map(Self::Oracle);
        escrow.or_else(registry).or_else(oracle)
    }

    /// The data that decodes to this.
    pub fn data(&self) -> Vec<u8> {
        match self {
            Self::Escrow(error) => error.abi_encode(),
            Self::Registry(error) => error.abi_encode(),
            Self::Oracle(error) => error.abi_encode(),
            Self::Message(text) => RevertString::from(text.clone()).abi_encode(),
            Self::Panic(code) => Panic { code: *code }.abi_encode(),
            Self::Empty => Vec::new(),
            Self::Unknown(data) => data.to_vec(),
        }
    }

    /// Whether it is the error `E`, and which: `revert.is::<MarginEscrow::MarginShort>()`.
    pub fn is<E: SolError>(&self) -> Option<E> {
        E::abi_decode(&self.data()).ok()
    }
}

/// Decodes revert data; [`Revert::decode`] under the module's name.
pub fn decode(data: &[u8]) -> Revert {
    Revert::decode(data)
}

impl fmt::Display for Revert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(text) => formatter.write_str(text),
            Self::Panic(code) => write!(formatter, "panic {code:#x}"),
            Self::Empty => formatter.write_str("no reason given (out of gas or a trap)"),
            Self::Unknown(data) => write!(formatter, "unknown error {data}"),
            typed => formatter.write_str(&typed.readable()),
        }
    }
}

impl fmt::Debug for Revert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Revert {
    fn readable(&self) -> String {
        let data = self.data();
        let Some((selector, body)) = data.split_first_chunk::<4>() else { return String::new() };
        let Some(signature) = self.signature(*selector) else { return format!("{self:?}") };
        match arguments(signature, body) {
            Some(values) => format!("{}({values})", signature.split('(').next().unwrap_or(signature)),
            None => signature.to_owned(),
        }
    }

    fn signature(&self, selector: [u8; 4]) -> Option<&'static str> {
        let selector = Selector::from(selector).0;
        match self {
            Self::Escrow(_) => MarginEscrowErrors::signature_by_selector(selector),
            Self::Registry(_) => EligibilityRegistryErrors::signature_by_selector(selector),
            Self::Oracle(_) => PriceOracleErrors::signature_by_selector(selector),
            _ => None,
        }
    }
}

fn arguments(signature: &str, body: &[u8]) -> Option<String> {
    let types = &signature[signature.find('(')?..];
    let DynSolValue::Tuple(values) = DynSolType::parse(types).ok()?.abi_decode_params(body).ok()? else { return None };
    Some(values.iter().map(figure).collect::<Vec<_>>().join(", "))
}

fn figure(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::FixedBytes(word, _) => readable_word(word.as_slice()),
        other => format!("{other:?}"),
    }
}

/// ASCII names (`threshold`, `BTC-USD`) as text, everything else as hex.
fn readable_word(word: &[u8]) -> String {
    let text: &[u8] = word.iter().position(|byte| *byte == 0).map_or(word, |end| &word[..end]);
    let printable =
        !text.is_empty() && text.iter().all(u8::is_ascii_graphic) && word[text.len()..].iter().all(|byte| *byte == 0);
    if printable { String::from_utf8_lossy(text).into_owned() } else { alloy::hex::encode_prefixed(word) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::escrow::MarginEscrow::{InvalidTerms, MarginShort, NoFills};
    use abi::oracle::PriceOracle::NoQuorum;
    use alloy::primitives::B256;

    #[test]
    fn message_has_the_numbers() {
        let short = MarginShort { account: 3, posted: 1_000, required: 2_500 };
        let revert = decode(&short.abi_encode());
        assert_eq!(revert.to_string(), "MarginShort(3, 1000, 2500)");
        assert_eq!(revert.is::<MarginShort>().map(|error| error.required), Some(2_500));
        assert!(revert.is::<NoFills>().is_none());
    }

    #[test]
    fn names_are_text() {
        let feed = B256::right_padding_from(b"BTC-USD");
        let error = NoQuorum { feed, votes: U256::from(2), quorum: U256::from(3) };
        assert_eq!(decode(&error.abi_encode()).to_string(), "NoQuorum(BTC-USD, 2, 3)");
        let field = B256::right_padding_from(b"threshold");
        assert_eq!(decode(&InvalidTerms { field }.abi_encode()).to_string(), "InvalidTerms(threshold)");
    }

    #[test]
    fn every_other_revert_says_what_it_is() {
        assert_eq!(decode(&NoFills {}.abi_encode()).to_string(), "NoFills()");
        assert_eq!(decode(&[]).to_string(), "no reason given (out of gas or a trap)");
        assert_eq!(decode(&RevertString::from("paused").abi_encode()).to_string(), "paused");
        assert_eq!(decode(&[1, 2, 3, 4, 5]).to_string(), "unknown error 0x0102030405");
    }
}
