//! The second agent's word in a dispute: it recomputes the disputed figure, so that the pledgor need not publish its book.
//!
//! The book is the one that the agent filed under the disputed history, or that is shown and whose hash makes that history. Prices
//! are the oracle's of the disputed slot, as long as it keeps them. The escrow takes the word no further than the pledgor named, and
//! the kernel may be asked after it.
use crate::config::Config;
use crate::store::{Store, StoreError};
use crate::view::{Follower, newest_round};
use abi::escrow::MarginEscrow::ruleDisputeCall;
use abi::escrow::{DisputeRuling, MARK_SLOTS, subject};
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, I256, U256};
use alloy::sol_types::SolCall;
use chain::ChainError;
use chain::ledger::Dispute;
use chain::proposal::{Opening, account_key};
use chain::sign::Domain;
use marks::{Market, MarksError, Prices, Spot};
use risk::{Book, RiskError, book_root, requirement, variation_level};
use serde::Serialize;
use std::collections::BTreeSet;

/// Why there is no word.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum RuleError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to say.
    #[error("{0}")]
    Nothing(String),
    #[error("the second agent of the account's house is {second}, this key is {own}'s")]
    NotSecond { second: Address, own: Address },
    #[error(
        "the book behind the disputed history {0} is not in the store: name the agent's own store, or show the book with --book"
    )]
    NoBook(B256),
    #[error("the book that is shown is not the one behind the disputed history {0}")]
    OtherBook(B256),
    #[error("slot {slot}: {reason}")]
    Prices { slot: u64, reason: String },
    #[error("the kernel refuses: {0}")]
    Kernel(#[from] RiskError),
    #[error("the key: {0}")]
    Key(#[from] alloy::signers::Error),
}

/// The word, signed, and the call that carries it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ruled {
    /// The account in dispute.
    pub account: u64,
    /// Number of the dispute.
    pub dispute: u32,
    /// `requirement`, `variation` or `book`.
    pub subject: &'static str,
    /// Of the disputed statement.
    pub slot: u64,
    /// What stands: micro-USD, or a root.
    pub stated: String,
    /// What should have been stated, in the same form.
    pub found: String,
    /// Seconds; the word cannot be sent after it.
    pub valid_until: u64,
    /// Where the call goes.
    pub escrow: Address,
    /// Of `ruleDispute`: anyone may send it.
    pub calldata: alloy::primitives::Bytes,
}

/// Finds what should have been stated, and signs it for `validity` seconds.
///
/// # Errors
/// No dispute waits for a word, the key is not the second agent's, the book or a price is not there.
pub async fn rule(config: &Config, account: u64, shown: Option<&Opening>, validity: u64) -> Result<Ruled, RuleError> {
    let provider = crate::service::connect(&config.rpc_url, config.limits.rpc).await?;
    let mut follower = Follower::new(provider, config.contracts);
    let mut view = follower.begin().await?;
    follower.catch_up(&mut view).await?;
    let held = view.account(account).ok_or_else(|| RuleError::Nothing(format!("account {account} is not open")))?;
    let dispute = held.dispute;
    let now = view.now().max(follower.pending_time().await?);
    waits(&dispute, account, now)?;
    let house =
        view.house(held.house).ok_or_else(|| RuleError::Nothing(format!("house {} is not open", held.house)))?;
    let own = config.key.address();
    if house.second_agent != own {
        return Err(RuleError::NotSecond { second: house.second_agent, own });
    }
    let key = account_key(config.positions, account);
    let book = match shown {
        Some(opening) => proven(opening, key, dispute.history)?,
        None => {
            let filed = Store::book(&config.store, account, dispute.history).await?;
            let flat = dispute.history.is_zero().then(Book::new);
            filed.or(flat).ok_or(RuleError::NoBook(dispute.history))?
        }
    };
    let settlement = view.settlement_feed(house);
    let prices = prices(&follower, config, settlement, dispute.slot, view.head.hash).await?;
    let (word, stated, found) = finds(config, &dispute, &book, key, &prices, settlement)?;
    let ruling = DisputeRuling {
        account,
        dispute: dispute.number,
        subject: dispute.subject,
        found: word,
        validUntil: now.saturating_add(validity),
    };
    let digest = Domain::escrow(config.contracts.chain_id, config.contracts.escrow).ruling(&ruling);
    let signature = config.key.sign(digest).await?;
    let valid_until = ruling.validUntil;
    let calldata = ruleDisputeCall { ruling, signature: signature.to_vec().into() }.abi_encode().into();
    let (subject, escrow) = (name(dispute.subject), config.contracts.escrow);
    let (number, slot) = (dispute.number, dispute.slot);
    Ok(Ruled { account, dispute: number, subject, slot, stated, found, valid_until, escrow, calldata })
}

fn waits(dispute: &Dispute, account: u64, now: u64) -> Result<(), RuleError> {
    if !dispute.open {
        return Err(RuleError::Nothing(format!("no dispute of account {account} is open")));
    }
    if now > dispute.until {
        return Err(RuleError::Nothing(format!("the window of dispute {} ended at {}", dispute.number, dispute.until)));
    }
    if dispute.stands {
        return Err(RuleError::Nothing(format!("something is found in dispute {} already", dispute.number)));
    }
    Ok(())
}

/// A book that is shown, where its hash makes the history.
fn proven(opening: &Opening, key: B256, history: B256) -> Result<Book, RuleError> {
    let book = opening.book.read().ok_or(RuleError::OtherBook(history))?;
    let made = abi::history::after(opening.previous, book_root(&book, key), opening.digest);
    if made == history { Ok(book) } else { Err(RuleError::OtherBook(history)) }
}

/// Every feed's newest round that a mark at the slot could use.
async fn prices(
    follower: &Follower,
    config: &Config,
    settlement: B256,
    slot: u64,
    block: B256,
) -> Result<Prices, RuleError> {
    let spots = config.markets.iter().map(|market| market.feed);
    let dated = config.markets.iter().flat_map(Market::expiry_feeds);
    let feeds: BTreeSet<B256> = spots.chain(dated).chain([settlement]).collect();
    let mut prices = Prices { slot, ..Prices::default() };
    for feed in feeds {
        let (oracle, block) = (config.contracts.oracle, BlockId::hash(block));
        if let Some((at, round)) = newest_round(follower.provider(), oracle, feed, slot, MARK_SLOTS, block).await? {
            let spot = Spot { price: round.price, confidence: round.confidence };
            prices.feeds.insert(feed, spot.after(slot.saturating_sub(at)));
        }
    }
    Ok(prices)
}

/// The word, and both figures as text.
fn finds(
    config: &Config,
    dispute: &Dispute,
    book: &Book,
    key: B256,
    prices: &Prices,
    settlement: B256,
) -> Result<(B256, String, String), RuleError> {
    let slot = dispute.slot;
    let marks = || {
        let held = book.positions().map(|position| position.instrument);
        let marks = prices.marks(&config.markets, settlement, held);
        marks.map_err(|error: MarksError| RuleError::Prices { slot, reason: error.to_string() })
    };
    Ok(match dispute.subject {
        subject::REQUIREMENT => {
            let found = requirement(book, &marks()?, &config.parameters)?.initial;
            let found = u64::try_from(found).map_err(|_| RiskError::Overflow { what: "requirement" })?;
            (B256::from(U256::from(found)), dispute.requirement.to_string(), found.to_string())
        }
        subject::VARIATION => {
            let found = variation_level(book, &marks()?)?.raw();
            let word = I256::try_from(found).unwrap_or_default().into_raw();
            (B256::from(word), dispute.variation.to_string(), found.to_string())
        }
        _ => {
            let root = book_root(book, key);
            (root, dispute.root.to_string(), root.to_string())
        }
    })
}

const fn name(of: u8) -> &'static str {
    match of {
        subject::REQUIREMENT => "requirement",
        subject::VARIATION => "variation",
        _ => "book",
    }
}
