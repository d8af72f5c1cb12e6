//! A disclosed book against what is stated of its account.
use crate::ledger::{Account, Fault};
use abi::{SLOT_SECONDS, history};
use alloy::primitives::B256;
use risk::{Book, Marks, RiskError, book_root, variation_level};

/// A book as who holds its key discloses it.
#[derive(Clone, Copy, Debug)]
pub struct Disclosed<'a> {
    /// What is disclosed.
    pub book: &'a Book,
    /// The key of its salts.
    pub key: B256,
    /// The history before the book's last change, and the digest of what changed it; zeros where nothing ever did.
    pub previous_history: B256,
    /// Of what changed the book last.
    pub digest: B256,
}

/// Why a book is not the account's.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum BookError {
    /// Invariant 9: it is another book, or another moment's marks. Invariant 11: the variation stated is not the book's.
    #[error("invariant {invariant} is broken: {0}", invariant = .0.invariant)]
    Broken(Fault),
    #[error("the book has no value at these marks: {0}")]
    Unpriced(#[from] RiskError),
}

/// The account's history has the book as its last step, and its variation is the book's level at the marks of its slot.
///
/// Whether the marks are those that the oracle has a root of is for the caller to say: see [`abi::packed::MarksProof`].
///
/// # Errors
/// [`BookError`] where it is not so, or the marks lack one of the book's.
pub fn check_book(account: &Account, disclosed: &Disclosed<'_>, marks: &Marks) -> Result<(), BookError> {
    let broken = |invariant, what: &str, expected: String, found: String| {
        if expected == found { Ok(()) } else { Err(BookError::Broken(Fault::new(invariant, what, expected, found))) }
    };
    broken(9, "history", account.history.to_string(), disclosed.history().to_string())?;
    broken(9, "time of the marks", (account.slot * SLOT_SECONDS).to_string(), marks.as_of().to_string())?;
    let level = variation_level(disclosed.book, marks)?.raw();
    broken(11, "variation", level.to_string(), account.cumulative_variation.to_string())
}

impl Disclosed<'_> {
    /// What the account's history is with this book as its last step.
    fn history(&self) -> B256 {
        let root = book_root(self.book, self.key);
        if root.is_zero() && self.digest.is_zero() {
            return self.previous_history;
        }
        history::after(self.previous_history, root, self.digest)
    }
}
