//! What a relayer asks an agent to sign, and what the agent answers: JSON between two processes.
//!
//! A proposal is the call itself, as it will stand on chain, with any bytes in place of the agents' signatures. The agent takes
//! everything from it that the contract will take, and adds what it knows of its own. What only the parties know travels beside
//! it: the terms of the fills, whose hashes the venue signed; and, where the agent lacks a book, the book, whose hash the chain keeps.
use abi::escrow::MarginEscrow::{markCall, settleCall};
use abi::packed::{Bundle, Malformed, Set, fill_hash, fills_digest, lifecycle_digest, moves_digest};
use abi::types::{FillTerms, MarginStatement, StatementSet};
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::sol_types::SolCall;
use risk::{Book, Cash, Instrument, Position, Quantity};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The key that salts an account's positions, from the secret that relayer and agents share; pledgor and secured party hold
/// their account's.
pub fn account_key(positions: B256, account: u64) -> B256 {
    keccak256([positions.as_slice(), &account.to_be_bytes()].concat())
}

/// `POST /v1/sets` of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    /// Of the chain, as EIP-155 numbers them.
    pub chain_id: u64,
    /// The escrow that the call is for.
    pub escrow: Address,
    /// The newest block that the relayer had absorbed.
    pub block_number: u64,
    /// That block's hash.
    pub block_hash: B256,
    /// Digests of the sets that it builds on and that no absorbed block has yet, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ahead: Vec<B256>,
    /// Calldata of `settle` or `mark`, selector included.
    pub call: Bytes,
    /// Of the fills that it takes, in its order.
    #[serde(default)]
    pub terms: Vec<Terms>,
    /// Books that an agent said it lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<Opening>,
}

/// What a fill's `termsHash` commits to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// What keeps the hash from being guessed.
    pub salt: B256,
    /// Its name, as `BTC-20251031-120000-C`.
    pub instrument: String,
    /// 1e-8 of the underlying.
    pub quantity: u64,
    /// 1e-8 USD.
    pub price: u64,
}

/// A book, and what shows that it is the one behind an account's history: `history = after(previous, root, digest)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Opening {
    /// Whose book.
    pub account: u64,
    /// The account's history before what made the book.
    pub previous: B256,
    /// Of the fills or of the event that made it.
    pub digest: B256,
    /// The book.
    pub book: BookText,
}

/// A book as text: instruments with quantities in 1e-8, and cash in 1e-16 USD.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookText {
    /// Instrument and quantity in 1e-8, negative where short.
    pub positions: Vec<(String, i64)>,
    /// 1e-16 USD, a whole number.
    pub cash: String,
}

impl BookText {
    /// The text of a book.
    pub fn of(book: &Book) -> Self {
        let positions = book.positions().map(|held| (held.instrument.to_string(), held.quantity.raw()));
        Self { positions: positions.collect(), cash: book.cash().raw().to_string() }
    }

    /// `None` where an instrument or a number is none.
    pub fn read(&self) -> Option<Book> {
        let positions = self.positions.iter().map(|(name, quantity)| {
            let instrument: Instrument = name.parse().ok()?;
            Some(Position { instrument, quantity: Quantity::from_raw(*quantity) })
        });
        let book = Book::from_positions(positions.collect::<Option<Vec<_>>>()?).ok()?;
        Some(book.with_cash(Cash::from_raw(self.cash.parse().ok()?)))
    }
}

impl Terms {
    /// `None` where the instrument is none.
    pub fn instrument(&self) -> Option<Instrument> {
        self.instrument.parse().ok()
    }

    /// As the fill's `termsHash` commits to them.
    pub fn hash(&self, instrument: &Instrument) -> B256 {
        let terms =
            FillTerms { salt: self.salt, instrument: instrument.id(), quantity: self.quantity, price: self.price };
        abi::packed::terms_hash(&terms)
    }
}

/// What a proposal calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `mark`.
    Mark(Set),
    /// `settle`.
    Settle(Box<Bundle>),
}

impl Call {
    /// From calldata with its selector.
    ///
    /// # Errors
    /// Another function, or an offset at which the calldata is malformed.
    pub fn decode(calldata: &[u8]) -> Result<Self, Malformed> {
        let (selector, body) = calldata.split_first_chunk().ok_or(Malformed(0))?;
        match *selector {
            markCall::SELECTOR => Set::decode(body).map(Self::Mark),
            settleCall::SELECTOR => Bundle::decode(body).map(|bundle| Self::Settle(Box::new(bundle))),
            _ => Err(Malformed(0)),
        }
    }

    /// Calldata with its selector; `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let (selector, body) = match self {
            Self::Mark(set) => (markCall::SELECTOR, set.encode()?),
            Self::Settle(bundle) => (settleCall::SELECTOR, bundle.encode()?),
        };
        Some([selector.as_slice(), &body].concat())
    }

    /// What it states.
    pub const fn set(&self) -> &Set {
        match self {
            Self::Mark(set) => set,
            Self::Settle(bundle) => &bundle.set,
        }
    }

    /// The typed data that agents sign, as the contract rebuilds it: `known` tells an account's sequence and history on chain. `None`
    /// where it does not know an account, or the bundle takes a fill of an account that it does not state.
    pub fn typed(&self, known: impl Fn(u64) -> Option<(u64, B256)>) -> Option<StatementSet> {
        let (set, digests) = (self.set(), self.digests()?);
        let statements = set.statements.iter().zip(digests).map(|(statement, digest)| {
            let (sequence, history) = known(statement.account.into())?;
            Some(MarginStatement {
                account: statement.account.into(),
                sequence: sequence.checked_add(1)?,
                previousHistory: history,
                newRoot: statement.new_root,
                fillsDigest: digest,
                requirement: statement.requirement,
                cumulativeVariation: statement.cumulative_variation,
                fillVariation: statement.fill_variation,
            })
        });
        let top_ups = match self {
            Self::Mark(_) => B256::ZERO,
            Self::Settle(bundle) => moves_digest(&bundle.moves),
        };
        Some(StatementSet {
            house: set.house,
            statements: statements.collect::<Option<_>>()?,
            houseCumulativeVariation: set.house_cumulative_variation,
            topUps: top_ups,
            slot: set.slot,
            parametersHash: set.parameters_hash,
            asOf: set.as_of,
            validUntil: set.valid_until,
        })
    }

    /// What moves each statement's positions, in their order.
    fn digests(&self) -> Option<Vec<B256>> {
        let statements = &self.set().statements;
        let mut digests = vec![B256::ZERO; statements.len()];
        let Self::Settle(bundle) = self else { return Some(digests) };
        if let Some(event) = &bundle.lifecycle {
            digests.fill(lifecycle_digest(event));
        }
        let id = |place: u8| statements.get(usize::from(place)).map(|statement| u64::from(statement.account));
        for batch in &bundle.batches {
            for (place, fill) in &batch.fills {
                let leaf = fill_hash(&fill.leaf(batch, *place, id(fill.buyer)?, id(fill.seller)?)?);
                for side in [fill.buyer, fill.seller] {
                    let digest = digests.get_mut(usize::from(side))?;
                    *digest = fills_digest(*digest, leaf);
                }
            }
        }
        Some(digests)
    }

    /// The same, to be signed.
    pub const fn set_mut(&mut self) -> &mut Set {
        match self {
            Self::Mark(set) => set,
            Self::Settle(bundle) => &mut bundle.set,
        }
    }
}

/// The agent's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// Who signed.
    pub agent: Address,
    /// Of EIP-712 over the statement set.
    pub digest: B256,
    /// EIP-2098, 64 bytes.
    pub signature: Bytes,
}

/// Why an agent does not sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// For programs.
    pub reason: Reason,
    /// For people.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// The account that it is about, where it is about one.
    pub account: Option<u64>,
    /// The first figure that differs from what the agent computes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<Figure>,
    /// Of `books-unknown`: whose books are to be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<u64>,
    /// Of `already-signed`: the proposal that was, and may land yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Box<Proposal>>,
}

/// A figure as the relayer proposes it and as the agent computes it. Amounts are micro-USD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// As the typed data names it.
    pub name: String,
    /// What the relayer proposed.
    pub proposed: String,
    /// What the agent computes.
    pub computed: String,
}

/// What callers may branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It is no proposal: calldata that cannot be read, fills without terms.
    Malformed,
    /// Of another chain, escrow, or a block that the agent's chain does not have.
    OtherChain,
    /// The agent's node has not reached the proposal's block yet: ask again.
    Behind,
    /// It builds on a set that the agent did not sign: propose it once that is on chain.
    AheadUnknown,
    /// The agent does not sign for this house, or not under these parameters.
    NotServed,
    /// An account that is unknown, another house's, closed or in default.
    Account,
    /// Slot or time is too old, goes back, or lies ahead.
    Time,
    /// A fill that its venue did not sign, or that is applied or lapsed already.
    Fills,
    /// Show these books.
    BooksUnknown,
    /// A price that the computation needs is not there.
    Prices,
    /// The agent computes something else.
    Differs,
    /// It signed another statement for the same account and sequence, which may land yet.
    AlreadySigned,
    /// The agent's own store, key or node fails: ask again.
    Unable,
}

impl Refusal {
    /// A refusal that is about no account.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), account: None, figure: None, accounts: Vec::new(), standing: None }
    }

    /// The same, about an account.
    #[must_use]
    pub fn of(self, account: u64) -> Self {
        Self { account: Some(account), ..self }
    }

    /// A figure differs.
    pub fn differs(name: &str, proposed: impl fmt::Display, computed: impl fmt::Display) -> Self {
        let figure = Figure { name: name.to_owned(), proposed: proposed.to_string(), computed: computed.to_string() };
        let detail = format!("{name}: proposed {}, computed {}", figure.proposed, figure.computed);
        Self { figure: Some(figure), ..Self::new(Reason::Differs, detail) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.account {
            Some(account) => write!(formatter, "account {account}: {}", self.detail),
            None => formatter.write_str(&self.detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_survives_the_round_trip() {
        let mut book = Book::new();
        let instrument = "BTC-20251031-120000-C".parse().unwrap();
        book.trade(&instrument, Quantity::from_raw(-5), "113000.5".parse().unwrap()).unwrap();
        assert_eq!(BookText::of(&book).read(), Some(book));
    }

    #[test]
    fn calldata_of_another_function_is_no_proposal() {
        assert_eq!(Call::decode(&[1, 2, 3]), Err(Malformed(0)));
        assert_eq!(Call::decode(&[0; 40]), Err(Malformed(0)));
    }
}
