//! portfolio-examiner: what ties a revealed book to what was signed, pure computation.

solidity! {
    interface PortfolioExaminer {
        /// Followed by the packed [`crate::packed::Examination`]; `root` is the book's. Whoever holds the answer against an
        /// account's history, its house's parameters and the committed marks of the statement's slot knows whether the book is
        /// that account's, and the risk-verifier says what it requires and what its variation is.
        function examine() external pure returns (bytes32 root, bytes32 parametersHash, bytes32 marksRoot, uint64 asOf);
        /// Followed by the packed [`crate::packed::Following`]. The history at the book before; the history after the steps, with
        /// the roots stated, and the last of these; the root of the book after, as it is shown; and the root that the steps make of the book before.
        /// `salted` is false where one of its leaves has no salt in either book: then `root` says nothing. After the words come
        /// those of the oracle's rounds that the steps settled expiries at, as many as `rounds` says, three for each: feed, slot, price.
        function follow() external pure returns (bytes32 startHistory, bytes32 endHistory, bytes32 statedRoot, bytes32 afterRoot, bytes32 root, bool salted, uint32 steps, uint32 rounds);

        /// Packed bytes end early, go on too long, or hold a value out of range or order; `offset` counts from the byte
        /// after the selector.
        error Malformed(uint256 offset);
        /// As `reason` says: 1 there is not one salt for each position, 2 the marks are no part of a set, 3 an instrument
        /// has no name or stands twice, 4 an amount is out of range, 5 a fill is not the account's, 6 an expiry names no future,
        /// or a round that cannot settle it, 7 a book is shown at the account's beginning.
        error NotShown(uint8 reason);
    }
}

/// Values of `reason` in `NotShown`.
pub mod reason {
    /// There is not one salt for each position.
    pub const SALTS: u8 = 1;
    /// The marks are no part of a set.
    pub const MARKS: u8 = 2;
    /// An instrument has no name or stands twice.
    pub const INSTRUMENT: u8 = 3;
    /// An amount is out of range.
    pub const OVERFLOW: u8 = 4;
    /// A fill is not the account's.
    pub const FILL: u8 = 5;
    /// An expiry names no future, or a round that cannot settle it.
    pub const EXPIRY: u8 = 6;
    /// A book is shown at the account's beginning.
    pub const BEGINNING: u8 = 7;
}
