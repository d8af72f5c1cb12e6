//! portfolio-examiner: what ties a revealed book to what was signed, pure computation.
use alloy_sol_types::sol;

sol! {
    interface PortfolioExaminer {
        /// Followed by the packed [`crate::packed::Examination`]. Whoever holds the answer against an account's root, its
        /// house's parameters and the committed marks of the statement's slot knows whether the book is that account's,
        /// and the risk-verifier says what it requires.
        function examine() external pure returns (bytes32 positionsRoot, bytes32 parametersHash, bytes32 marksRoot, uint64 asOf);
        /// Followed by the packed [`crate::packed::Following`]: the roots of both books shown, the digest of the fills, and the
        /// root that they make of the book before. `salted` is false where one of its positions has no salt in either book:
        /// then `newRoot` says nothing. What the account paid for the fills, micro-USD, is rounded down.
        function follow() external pure returns (bytes32 beforeRoot, bytes32 afterRoot, bytes32 fillsDigest, bytes32 newRoot, bool salted, int64 cost);

        /// Packed bytes end early, go on too long, or hold a value out of range or order; `offset` counts from the byte
        /// after the selector.
        error Malformed(uint256 offset);
        /// As `reason` says: 1 there is not one salt for each position, 2 the marks are no part of a set, 3 an instrument
        /// has no name or stands twice, 4 an amount is out of range, 5 a fill is not the account's.
        error NotShown(uint8 reason);
    }
}

/// Values of `reason` in `NotShown`.
pub mod reason {
    pub const SALTS: u8 = 1;
    pub const MARKS: u8 = 2;
    pub const INSTRUMENT: u8 = 3;
    pub const OVERFLOW: u8 = 4;
    pub const FILL: u8 = 5;
}
