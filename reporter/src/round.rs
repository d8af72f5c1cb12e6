//! One slot's rounds: each source signs its own price of each feed.
use crate::Sources;
use abi::packed::{Report, Round, Signature};
use abi::types::PriceReport;
use alloy::primitives::B256;
use alloy::signers::local::PrivateKeySigner;
use chain::sign::{self, Domain};
use std::collections::BTreeMap;

pub const FULL_CONFIDENCE: u32 = abi::PPM;

/// What one source says of one feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// 1e-8 USD.
    pub price: u64,
    /// ppm.
    pub confidence: u32,
}

impl Quote {
    /// With full confidence.
    pub const fn of(price: u64) -> Self {
        Self { price, confidence: FULL_CONFIDENCE }
    }
}

/// Quotes of a feed by the source's name. The name `*` speaks for every source without a quote of its own.
pub type Quotes = BTreeMap<String, Quote>;

/// The name that stands for every source.
pub const EVERY_SOURCE: &str = "*";

/// Signs the round of one feed and slot; `None` where no source has a quote.
pub fn sign_round(domain: &Domain, sources: &Sources, feed: B256, slot: u64, quotes: &Quotes) -> Option<Round> {
    let quote_of = |name: &str| quotes.get(name).or_else(|| quotes.get(EVERY_SOURCE)).copied();
    let reports: Vec<Report> = sources
        .iter()
        .filter_map(|(place, source)| {
            let quote = quote_of(&source.name)?;
            let Quote { price, confidence } = quote;
            Some(Report {
                reporter: place,
                price,
                confidence,
                signature: sign_quote(domain, &source.key, feed, slot, quote),
            })
        })
        .collect();
    (!reports.is_empty()).then_some(Round { feed, slot, reports })
}

/// One reporter's signature over what it says of a feed in a slot.
pub fn sign_quote(domain: &Domain, key: &PrivateKeySigner, feed: B256, slot: u64, quote: Quote) -> Signature {
    let Quote { price, confidence } = quote;
    sign::sign(key, domain.report(&PriceReport { feed, slot, price, confidence }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use abi::oracle::{Reporter, ReporterSet};
    use alloy::primitives::Address;
    use alloy::signers::local::PrivateKeySigner;

    fn sources() -> Sources {
        let key = |byte| PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).unwrap();
        let reporters = [1, 2, 3].map(|byte| Reporter { signer: key(byte).address(), group: byte.into() }).to_vec();
        let set = ReporterSet { quorum: 2, bandPpm: 1, maxAgeSlots: 6, reporters };
        let source = |byte: u8| Source { name: format!("source-{byte}"), key: key(byte) };
        Sources::new(set, vec![source(3), source(1)]).unwrap()
    }

    #[test]
    fn each_source_signs_its_own_price() {
        let domain = Domain::oracle(1, Address::ZERO);
        let feed = crate::feed::feed("USDE-USD").unwrap();
        let quotes = [("source-3".to_owned(), Quote::of(5)), (EVERY_SOURCE.to_owned(), Quote::of(7))].into();
        let round = sign_round(&domain, &sources(), feed, 9, &quotes).unwrap();
        let seen: Vec<_> = round.reports.iter().map(|report| (report.reporter, report.price)).collect();
        assert_eq!(seen, [(0, 7), (2, 5)]);
        let digest = domain.report(&PriceReport { feed, slot: 9, price: 5, confidence: FULL_CONFIDENCE });
        let signer = chain::sign::recover(digest, &round.reports[1].signature);
        assert_eq!(signer, Some(sources().set.reporters[2].signer));
    }

    #[test]
    fn no_quote_no_round() {
        let feed = crate::feed::feed("BTC-USD").unwrap();
        assert!(sign_round(&Domain::oracle(1, Address::ZERO), &sources(), feed, 9, &Quotes::new()).is_none());
    }
}
