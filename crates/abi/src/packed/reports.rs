//! What reporters signed of one slot, nothing said twice.
//!
//! A feed is its name without the zeros behind it. Its prices are multiples of a power of ten, and lie close together: of each only
//! the difference from one of them stands here. A reporter who says nothing of a feed sets a bit, and one whose confidence is not
//! full lists what is missing to it.
//!
//! | field | bytes |
//! |---|---|
//! | slot | u32 |
//! | who signed | u32, bit *i*: the reporter at place *i* of the set |
//! | roots of marks | count u8 (at most 31), then 32 bytes each, none zero |
//! | feeds | count u8, then each feed, ascending |
//! | a feed | u8: *e* × 32 + length − 1; the name; the base, a number |
//! | reports | of each who signed, in order |
//! | a report | u8: root (0 none, *k* the *k*th), + 32 where feeds are absent, + 64 where confidences follow |
//! | absent | where flagged: bit *i* of byte *i* / 8, the lowest first: nothing of the *i*th feed |
//! | prices | of each feed that is not absent, the difference *d*, a number: price = (base + *d*) × 10^*e* |
//! | confidences | where flagged: of the same feeds, 1,000,000 − confidence, a number |
//!
//! A number has seven bits a byte, the lowest first; the highest bit says that more follow. A difference is doubled, a negative one's
//! double turned round (−1 is 1, 1 is 2), modulo 2^64.
use super::{Malformed, Reader};
use crate::types::SlotReport;
use crate::words::Writer;
use crate::{PPM, eip712};
use alloc::vec::Vec;
use alloy_primitives::B256;

/// Roots that one call may bring.
pub const MOST_ROOTS: usize = 31;
/// Reporters that a set may have.
pub const MOST_REPORTERS: u8 = 32;
const MOST_ZEROS: u8 = 7;
const ABSENT: u8 = 32;
const DOUBTS: u8 = 64;

/// One reporter's price of one feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedQuote {
    /// Place among the feeds.
    pub feed: u8,
    /// 1e-8 USD; zero is none, and for the oracle to refuse.
    pub price: u64,
    /// How far its sources agree, ppm.
    pub confidence: u32,
}

/// What one reporter signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Place in the set, below [`MOST_REPORTERS`].
    pub reporter: u8,
    /// Of the slot's marks: 0 for none, else a place among the roots, counted from 1.
    pub root: u8,
    /// Ascending by feed.
    pub quotes: Vec<FeedQuote>,
}

/// What several reporters signed of one slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    /// Fits 32 bits.
    pub slot: u64,
    /// Each once.
    pub roots: Vec<B256>,
    /// Ascending, at most 255.
    pub feeds: Vec<B256>,
    /// Ascending by reporter.
    pub reports: Vec<Report>,
}

impl Reports {
    /// Of signed messages, each with its reporter's place in the set, in any order. `None` where a message is of another slot, is
    /// not in order or does not fit.
    pub fn of(slot: u64, messages: &[(u8, SlotReport)]) -> Option<Self> {
        let mut reports = Self { slot, ..Self::default() };
        for (_, message) in messages {
            if message.slot != slot {
                return None;
            }
            reports.feeds.extend(&message.feeds);
            if !message.marksRoot.is_zero() && !reports.roots.contains(&message.marksRoot) {
                reports.roots.push(message.marksRoot);
            }
        }
        reports.feeds.sort_unstable();
        reports.feeds.dedup();
        for (reporter, message) in messages {
            let report = reports.report(*reporter, message)?;
            reports.reports.push(report);
        }
        reports.reports.sort_by_key(|report| report.reporter);
        Some(reports)
    }

    fn report(&self, reporter: u8, message: &SlotReport) -> Option<Report> {
        let SlotReport { feeds, prices, confidences, marksRoot, .. } = message;
        let root = self.roots.iter().position(|root| root == marksRoot).map_or(0, |place| place.saturating_add(1));
        if feeds.len() != prices.len() || feeds.len() != confidences.len() {
            return None;
        }
        let quote = |((feed, price), confidence): ((&B256, &u64), &u32)| {
            let feed = u8::try_from(self.feeds.binary_search(feed).ok()?).ok()?;
            Some(FeedQuote { feed, price: *price, confidence: *confidence })
        };
        let quotes = feeds.iter().zip(prices).zip(confidences).map(quote).collect::<Option<_>>()?;
        Some(Report { reporter, root: u8::try_from(root).ok()?, quotes })
    }

    /// What the reporter of one of the reports signed.
    pub fn message(&self, report: &Report) -> SlotReport {
        let feed = |quote: &FeedQuote| self.feeds.get(usize::from(quote.feed)).copied().unwrap_or_default();
        SlotReport {
            slot: self.slot,
            feeds: report.quotes.iter().map(feed).collect(),
            prices: report.quotes.iter().map(|quote| quote.price).collect(),
            confidences: report.quotes.iter().map(|quote| quote.confidence).collect(),
            marksRoot: self.root(report.root),
        }
    }

    /// The root at a place, counted from 1; zero for none.
    pub fn root(&self, place: u8) -> B256 {
        let at = usize::from(place).checked_sub(1);
        at.and_then(|at| self.roots.get(at)).copied().unwrap_or_default()
    }

    /// Hash of what was signed, as [`eip712::slot_hash`] has it; `all` is [`Reports::feeds_hash`].
    pub fn hash(&self, report: &Report, all: B256) -> B256 {
        let count = report.quotes.len();
        let (mut prices, mut confidences) = (Writer::with_room(count), Writer::with_room(count));
        for quote in &report.quotes {
            prices.push_u64(quote.price);
            confidences.push_u64(quote.confidence.into());
        }
        let feeds = if count == self.feeds.len() { all } else { keccak_of(&self.message(report).feeds) };
        eip712::slot_parts(self.slot, feeds, prices.keccak(), confidences.keccak(), &self.root(report.root))
    }

    /// Hash of all feeds, for [`Reports::hash`].
    pub fn feeds_hash(&self) -> B256 {
        keccak_of(&self.feeds)
    }

    /// Appends the packed bytes. `None` where something is out of order or out of range.
    pub fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        if self.feeds.is_empty() && self.roots.is_empty() {
            return None;
        }
        out.extend_from_slice(&u32::try_from(self.slot).ok()?.to_be_bytes());
        out.extend_from_slice(&self.signers()?.to_be_bytes());
        out.push(u8::try_from(self.roots.len()).ok().filter(|count| usize::from(*count) <= MOST_ROOTS)?);
        self.roots.iter().for_each(|root| out.extend_from_slice(&root.0));
        out.push(u8::try_from(self.feeds.len()).ok()?);
        let mut bases = Vec::with_capacity(self.feeds.len());
        for (place, feed) in self.feeds.iter().enumerate() {
            let base = self.base(place);
            write_feed(feed, base, out)?;
            bases.push(base);
        }
        self.reports.iter().try_for_each(|report| self.write_report(report, &bases, out))
    }

    /// Bit *i*: the reporter at place *i*.
    fn signers(&self) -> Option<u32> {
        self.reports.iter().try_fold(0u32, |signers, report| {
            let above = signers.checked_shr(report.reporter.into()).is_some_and(|above| above == 0);
            above.then(|| signers | 1 << report.reporter)
        })
    }

    /// The middle price of a feed and the most zeros that all its prices end with.
    fn base(&self, place: usize) -> Base {
        let said = self.reports.iter().flat_map(|report| &report.quotes);
        let mut prices: Vec<u64> =
            said.filter(|quote| usize::from(quote.feed) == place).map(|quote| quote.price).collect();
        prices.sort_unstable();
        let common = |zeros: &u8| prices.iter().all(|price| price.is_multiple_of(power(*zeros)));
        let zeros = (0..=MOST_ZEROS).rev().find(common).unwrap_or_default();
        let middle = prices.get(prices.len() / 2).copied().unwrap_or_default();
        Base { zeros, units: middle / power(zeros) }
    }

    fn write_report(&self, report: &Report, bases: &[Base], out: &mut Vec<u8>) -> Option<()> {
        let mut absent = alloc::vec![u8::MAX; self.feeds.len().div_ceil(8)];
        let mut last = None;
        for quote in &report.quotes {
            let byte = absent.get_mut(usize::from(quote.feed / 8))?;
            *byte &= !(1 << (quote.feed % 8));
            if usize::from(quote.feed) >= self.feeds.len() || quote.confidence > PPM || last >= Some(quote.feed) {
                return None;
            }
            last = Some(quote.feed);
        }
        let whole = report.quotes.len() == self.feeds.len();
        let sure = report.quotes.iter().all(|quote| quote.confidence == PPM);
        if usize::from(report.root) > self.roots.len() {
            return None;
        }
        out.push(report.root | if whole { 0 } else { ABSENT } | if sure { 0 } else { DOUBTS });
        if !whole {
            // Bits beyond the last feed are zero.
            let spare = absent.len().saturating_mul(8).saturating_sub(self.feeds.len());
            if let Some(byte) = absent.last_mut() {
                *byte &= u8::MAX.checked_shr(spare as u32).unwrap_or_default();
            }
            out.extend_from_slice(&absent);
        }
        for quote in &report.quotes {
            let base = bases.get(usize::from(quote.feed))?;
            write_number((quote.price / power(base.zeros)).wrapping_sub(base.units).zigzag(), out);
        }
        if !sure {
            report.quotes.iter().for_each(|quote| write_number(u64::from(PPM.saturating_sub(quote.confidence)), out));
        }
        Some(())
    }

    /// The packed bytes.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.write(&mut out)?;
        Some(out)
    }

    /// Reads what [`Reports::write`] wrote.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let slot = reader.u32().into();
        let signers = reader.u32();
        let count = usize::from(reader.u8());
        reader.require(count <= MOST_ROOTS);
        let roots = reader.many(if count <= MOST_ROOTS { count } else { 0 }, |reader| {
            let root = reader.hash();
            reader.require(!root.is_zero());
            root
        });
        let count = usize::from(reader.u8());
        let (mut feeds, mut bases) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for _ in 0..count {
            let (feed, base) = read_feed(reader);
            reader.require(feeds.last().is_none_or(|last| *last < feed));
            feeds.push(feed);
            bases.push(base);
        }
        reader.require(!feeds.is_empty() || !roots.is_empty());
        let mut reports = Self { slot, roots, feeds, reports: Vec::with_capacity(signers.count_ones() as usize) };
        for reporter in (0..MOST_REPORTERS).filter(|place| signers.wrapping_shr((*place).into()) & 1 == 1) {
            let report = reports.read_report(reporter, &bases, reader);
            reports.reports.push(report);
        }
        reports
    }

    fn read_report(&self, reporter: u8, bases: &[Base], reader: &mut Reader<'_>) -> Report {
        let head = reader.u8();
        let root = head & (ABSENT - 1);
        reader.require(usize::from(root) <= self.roots.len() && head < 2 * DOUBTS);
        let absent = if head & ABSENT == 0 { &[][..] } else { reader.bytes(bases.len().div_ceil(8)) };
        let mut quotes = Vec::with_capacity(bases.len());
        for (feed, base) in (0..=u8::MAX).zip(bases) {
            let byte = absent.get(usize::from(feed / 8)).copied().unwrap_or_default();
            if byte.wrapping_shr(u32::from(feed % 8)) & 1 == 0 {
                let units = base.units.wrapping_add(u64::unzigzag(reader.number()));
                let price = units.checked_mul(power(base.zeros));
                reader.require(price.is_some());
                quotes.push(FeedQuote { feed, price: price.unwrap_or_default(), confidence: PPM });
            }
        }
        // Said in one way alone: whoever flags absent feeds has one, no bit is of no feed, and something is said.
        let spare = absent
            .last()
            .is_some_and(|last| !bases.len().is_multiple_of(8) && last.wrapping_shr(bases.len() as u32 % 8) != 0);
        reader.require(head & ABSENT == 0 || quotes.len() < bases.len() && !spare);
        reader.require(root != 0 || !quotes.is_empty());
        if head & DOUBTS != 0 {
            for quote in &mut quotes {
                let missing = reader.number();
                reader.require(missing <= PPM.into());
                quote.confidence = PPM.saturating_sub(missing as u32);
            }
            reader.require(quotes.iter().any(|quote| quote.confidence != PPM));
        }
        Report { reporter, root, quotes }
    }

    /// Reads what [`Reports::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let reports = Self::read(&mut reader);
        reader.end()?;
        Ok(reports)
    }
}

/// What the prices of a feed are differences from, in units of 10^zeros.
#[derive(Clone, Copy)]
struct Base {
    zeros: u8,
    units: u64,
}

fn write_feed(feed: &B256, base: Base, out: &mut Vec<u8>) -> Option<()> {
    let length = feed.iter().rposition(|byte| *byte != 0)?;
    out.push(base.zeros << 5 | u8::try_from(length).ok()?);
    out.extend_from_slice(feed.get(..=length)?);
    write_number(base.units, out);
    Some(())
}

/// The name's last byte is not zero: a feed is written in one way alone.
fn read_feed(reader: &mut Reader<'_>) -> (B256, Base) {
    let head = reader.u8();
    let name = reader.bytes(usize::from(head & 31).saturating_add(1));
    reader.require(name.last().is_some_and(|byte| *byte != 0));
    let feed = B256::right_padding_from(name);
    (feed, Base { zeros: head >> 5, units: reader.number() })
}

/// 10^zeros, of at most [`MOST_ZEROS`].
fn power(zeros: u8) -> u64 {
    10u64.saturating_pow(zeros.into())
}

fn write_number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 128 {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A difference modulo 2^64 with its sign in the lowest bit.
trait Zigzag {
    fn zigzag(self) -> Self;
    fn unzigzag(coded: Self) -> Self;
}

impl Zigzag for u64 {
    fn zigzag(self) -> Self {
        self.wrapping_shl(1) ^ ((self as i64) >> 63) as Self
    }

    fn unzigzag(coded: Self) -> Self {
        (coded >> 1) ^ (coded & 1).wrapping_neg()
    }
}

fn keccak_of(words: &[B256]) -> B256 {
    let mut out = Writer::with_room(words.len());
    words.iter().for_each(|word| out.push(word));
    out.keccak()
}

#[cfg(test)]
#[path = "reports_tests.rs"]
mod tests;
