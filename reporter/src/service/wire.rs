//! Reports as reporters send them to each other: JSON, each complete in itself.
use crate::feed;
use crate::round::{self, Quote};
use crate::votes::{Refusal, Vote, VoteBook};
use alloy::hex;
use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// Most bytes of a message.
pub const LARGEST: usize = 512 * 1024;

/// Reports of one slot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Number of the oracle slot.
    pub slot: u64,
    /// Each reporter once.
    #[serde(default)]
    pub reports: Vec<ReportMessage>,
}

/// What one reporter says of a slot, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportMessage {
    reporter: Address,
    /// Ascending by feed, as they are signed.
    #[serde(default)]
    prices: Vec<PriceMessage>,
    /// Of the slot's marks; absent: none.
    #[serde(default, skip_serializing_if = "B256::is_zero")]
    root: B256,
    /// 64 bytes (EIP-2098) in hexadecimal.
    signature: String,
}

/// One price of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceMessage {
    feed: String,
    /// Decimal USD.
    price: String,
    /// ppm.
    confidence: u32,
}

/// What came of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Reports that were new.
    pub taken: usize,
    /// Reports that were known.
    pub held: usize,
    /// Why the others change nothing.
    pub refused: Vec<String>,
    /// How many of these cost a look at a signature.
    #[serde(skip)]
    pub forged: usize,
}

impl Message {
    /// Of votes of that slot.
    pub fn of(slot: u64, votes: &[Vote]) -> Self {
        Self { slot, reports: votes.iter().map(ReportMessage::of).collect() }
    }

    /// Takes what is valid, report by report. Of a message with more than there is room for, none.
    pub fn take(&self, book: &mut VoteBook, present: u64) -> Receipt {
        let mut receipt = Receipt::default();
        let most = book.capacity();
        if self.reports.len() > most {
            receipt.refused.push(format!("more than {most} reports: nobody has so many to send"));
            return receipt;
        }
        for report in &self.reports {
            let taken = report.read(self.slot).and_then(|vote| book.take(&vote, present).map_err(Refused::Vote));
            receipt.count(taken);
        }
        receipt
    }
}

enum Refused {
    Text(String),
    Vote(Refusal),
}

impl Receipt {
    fn count(&mut self, taken: Result<bool, Refused>) {
        match taken {
            Ok(true) => self.taken += 1,
            Ok(false) => self.held += 1,
            Err(Refused::Text(reason)) => self.refused.push(reason),
            Err(Refused::Vote(refusal)) => {
                self.forged += usize::from(matches!(refusal, Refusal::Signature(_)));
                self.refused.push(refusal.to_string());
            }
        }
    }
}

impl ReportMessage {
    fn of(vote: &Vote) -> Self {
        let price = |(feed, quote): (B256, Quote)| PriceMessage {
            feed: feed::name(&feed),
            price: feed::decimal(quote.price),
            confidence: quote.confidence,
        };
        Self {
            reporter: vote.reporter,
            prices: round::quotes(&vote.report).map(price).collect(),
            root: vote.report.marksRoot,
            signature: hex::encode_prefixed(vote.signature),
        }
    }

    /// Prices stay in their order: the book refuses another one, since nobody signed it.
    fn read(&self, slot: u64) -> Result<Vote, Refused> {
        let text = |error: feed::FeedError| Refused::Text(error.to_string());
        let mut report = round::report(slot, [], self.root);
        for price in &self.prices {
            report.feeds.push(feed::feed(&price.feed).map_err(text)?);
            report.prices.push(feed::price(&price.price).map_err(text)?);
            report.confidences.push(price.confidence);
        }
        let signature = hex::decode_to_array(&self.signature);
        let signature = signature.map_err(|_| Refused::Text("a signature is 64 bytes in hexadecimal".to_owned()))?;
        Ok(Vote { reporter: self.reporter, report, signature })
    }
}
