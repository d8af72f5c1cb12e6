//! One slot's messages: each source says its own price of each feed, and signs them together.
use crate::Sources;
use abi::median::{Vote, Votes};
use abi::oracle::{ReporterSet, Round};
use abi::packed::Signature;
use abi::types::SlotReport;
use alloy::primitives::B256;
use alloy::signers::local::PrivateKeySigner;
use chain::sign::{self, Domain};
use std::collections::BTreeMap;

/// ppm.
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

/// What one source says of a slot; a zero root commits to no marks.
pub fn report<'q>(slot: u64, quotes: impl IntoIterator<Item = (&'q B256, &'q Quote)>, root: B256) -> SlotReport {
    let mut report = SlotReport { slot, feeds: vec![], prices: vec![], confidences: vec![], marksRoot: root };
    let ascending: BTreeMap<_, _> = quotes.into_iter().collect();
    for (feed, Quote { price, confidence }) in ascending {
        report.feeds.push(*feed);
        report.prices.push(*price);
        report.confidences.push(*confidence);
    }
    report
}

/// What a report says of each feed.
pub fn quotes(report: &SlotReport) -> impl Iterator<Item = (B256, Quote)> {
    let quotes = report.prices.iter().zip(&report.confidences);
    let quotes = quotes.map(|(price, confidence)| Quote { price: *price, confidence: *confidence });
    report.feeds.iter().copied().zip(quotes)
}

/// What each source says, by its place in the set; nothing of those without a quote.
pub fn reports(sources: &Sources, slot: u64, quotes: &BTreeMap<B256, Quotes>, root: B256) -> Vec<(u8, SlotReport)> {
    let said = |name: &str| {
        let quote = |of: &(&B256, &Quotes)| of.1.get(name).or_else(|| of.1.get(EVERY_SOURCE)).copied();
        let said = quotes.iter().filter_map(|of| Some((*of.0, quote(&of)?)));
        said.collect::<BTreeMap<B256, Quote>>()
    };
    let reports = sources.iter().map(|(place, source)| (place, report(slot, &said(&source.name), root)));
    reports.filter(|(_, report)| !report.feeds.is_empty()).collect()
}

/// One reporter's signature over all that it says of a slot.
pub fn sign_report(domain: &Domain, key: &PrivateKeySigner, report: &SlotReport) -> Signature {
    sign::sign(key, domain.slot(report))
}

/// The rounds that the oracle makes of these reports in a slot of which it has none; feeds without a quorum in the band have none.
pub fn rounds<'r>(
    set: &ReporterSet,
    slot: u64,
    reports: impl IntoIterator<Item = &'r SlotReport>,
) -> BTreeMap<B256, Round> {
    let mut votes: BTreeMap<B256, Votes> = BTreeMap::new();
    for (feed, Quote { price, confidence }) in reports.into_iter().flat_map(quotes) {
        votes.entry(feed).or_default().add(Vote { price, confidence });
    }
    let round = |(feed, votes): (B256, Votes)| {
        let outcome = votes.outcome(set.bandPpm).filter(|outcome| outcome.votes >= usize::from(set.quorum))?;
        let round = Round {
            slot,
            price: outcome.price,
            confidence: outcome.confidence,
            dispersion: outcome.dispersion,
            votes: u8::try_from(outcome.votes).ok()?,
            dropped: u8::try_from(outcome.dropped).ok()?,
        };
        Some((feed, round))
    };
    votes.into_iter().filter_map(round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use abi::oracle::Reporter;
    use alloy::primitives::Address;

    fn sources() -> Sources {
        let key = |byte| PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).unwrap();
        let reporters = [1, 2, 3].map(|byte| Reporter { signer: key(byte).address(), group: byte.into() }).to_vec();
        let set = ReporterSet { quorum: 2, bandPpm: 20_000, maxAgeSlots: 6, reporters };
        let source = |byte: u8| Source { name: format!("source-{byte}"), key: key(byte) };
        Sources::new(set, vec![source(3), source(1)]).unwrap()
    }

    #[test]
    fn each_source_says_its_own_prices_in_one_message() {
        let (usde, btc) = (crate::feed::feed("USDE-USD").unwrap(), crate::feed::feed("BTC-USD").unwrap());
        let usde_quotes = [("source-3".to_owned(), Quote::of(5)), (EVERY_SOURCE.to_owned(), Quote::of(7))].into();
        let btc_quotes = [("source-3".to_owned(), Quote::of(9))].into();
        let said = reports(&sources(), 9, &[(usde, usde_quotes), (btc, btc_quotes)].into(), B256::ZERO);
        let seen: Vec<_> = said.iter().map(|(place, report)| (*place, &report.feeds[..], &report.prices[..])).collect();
        assert_eq!(seen, [(0, &[usde][..], &[7][..]), (2, &[btc, usde], &[9, 5])]);
        let domain = Domain::oracle(1, Address::ZERO);
        let signature = sign_report(&domain, &sources().iter().last().unwrap().1.key, &said[1].1);
        let signer = chain::sign::recover(domain.slot(&said[1].1), &signature);
        assert_eq!(signer, Some(sources().set.reporters[2].signer));
    }

    #[test]
    fn no_quote_no_message() {
        assert!(reports(&sources(), 9, &BTreeMap::new(), B256::repeat_byte(1)).is_empty());
    }

    #[test]
    fn a_feed_without_a_quorum_has_no_round() {
        let set = sources().set;
        let of = |quotes: &[(u8, u64)]| {
            let quotes: Vec<_> =
                quotes.iter().map(|(feed, price)| (B256::repeat_byte(*feed), Quote::of(*price))).collect();
            report(9, quotes.iter().map(|(feed, quote)| (feed, quote)), B256::ZERO)
        };
        let reports = [of(&[(1, 100), (2, 100)]), of(&[(1, 101)])];
        let rounds = rounds(&set, 9, &reports);
        assert_eq!(rounds.len(), 1);
        assert_eq!((rounds[&B256::repeat_byte(1)].price, rounds[&B256::repeat_byte(1)].votes), (100, 2));
    }
}
