//! Votes as reporters send them to each other: JSON, each vote complete in itself.
use crate::feed;
use crate::round::Quote;
use crate::votes::{Refusal, RootVote, Vote, VoteBook};
use alloy::hex;
use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// Most bytes of a message.
pub const LARGEST: usize = 512 * 1024;

/// Votes of one slot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub slot: u64,
    #[serde(default)]
    pub votes: Vec<PriceMessage>,
    #[serde(default)]
    pub roots: Vec<RootMessage>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceMessage {
    reporter: Address,
    feed: String,
    /// Decimal USD.
    price: String,
    /// ppm.
    confidence: u32,
    /// 64 bytes (EIP-2098) in hexadecimal.
    signature: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootMessage {
    reporter: Address,
    root: B256,
    signature: String,
}

/// What came of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Votes that were new.
    pub taken: usize,
    /// Votes that were known.
    pub held: usize,
    /// Why the others change nothing.
    pub refused: Vec<String>,
    /// How many of these cost a look at a signature.
    #[serde(skip)]
    pub forged: usize,
}

impl Message {
    pub fn of(slot: u64, votes: &[Vote], roots: &[RootVote]) -> Self {
        Self {
            slot,
            votes: votes.iter().map(PriceMessage::of).collect(),
            roots: roots.iter().map(RootMessage::of).collect(),
        }
    }

    /// Takes what is valid, vote by vote. Of a message with more votes than there is room for, none.
    pub fn take(&self, book: &mut VoteBook, present: u64) -> Receipt {
        let mut receipt = Receipt::default();
        let (votes, roots) = book.capacity();
        if self.votes.len() > votes || self.roots.len() > roots {
            receipt.refused.push(format!("more than {votes} votes or {roots} roots: nobody has so many to send"));
            return receipt;
        }
        for vote in &self.votes {
            let taken = vote.read(self.slot).and_then(|vote| book.take(&vote, present).map_err(Refused::Vote));
            receipt.count(taken);
        }
        for root in &self.roots {
            let taken = root.read(self.slot).and_then(|root| book.take_root(&root, present).map_err(Refused::Vote));
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

impl PriceMessage {
    fn of(vote: &Vote) -> Self {
        Self {
            reporter: vote.reporter,
            feed: feed::name(&vote.feed),
            price: feed::decimal(vote.quote.price),
            confidence: vote.quote.confidence,
            signature: hex::encode_prefixed(vote.signature),
        }
    }

    fn read(&self, slot: u64) -> Result<Vote, Refused> {
        let text = |error: feed::FeedError| Refused::Text(error.to_string());
        let quote = Quote { price: feed::price(&self.price).map_err(text)?, confidence: self.confidence };
        let (feed, signature) = (feed::feed(&self.feed).map_err(text)?, signature(&self.signature)?);
        Ok(Vote { reporter: self.reporter, feed, slot, quote, signature })
    }
}

impl RootMessage {
    fn of(vote: &RootVote) -> Self {
        Self { reporter: vote.reporter, root: vote.root, signature: hex::encode_prefixed(vote.signature) }
    }

    fn read(&self, slot: u64) -> Result<RootVote, Refused> {
        Ok(RootVote { reporter: self.reporter, slot, root: self.root, signature: signature(&self.signature)? })
    }
}

fn signature(text: &str) -> Result<[u8; 64], Refused> {
    hex::decode_to_array(text).map_err(|_| Refused::Text("a signature is 64 bytes in hexadecimal".to_owned()))
}
