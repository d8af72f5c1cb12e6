//! risk-verifier: the risk kernel on chain, pure computation.

solidity! {
    interface RiskVerifier {
        /// Followed by the packed [`crate::packed::Portfolio`]. Micro-USD: what the account must hold as initial and as
        /// maintenance margin, and its variation: what its positions are worth at their marks with its cash, rounded down once.
        function evaluate() external pure returns (uint64 im, uint64 mm, int64 variation);

        /// Packed bytes end early, go on too long, or hold a value out of range or order; `offset` counts from the byte
        /// after the selector.
        error Malformed(uint256 offset);
        /// The kernel refused, as `reason` says: 1 an amount is out of range, 2 a position has expired, 3 a parameter is
        /// outside its range, 4 a mark is.
        error NotComputable(uint8 reason);
    }
}

/// Values of `reason` in `NotComputable`.
pub mod reason {
    /// An amount is out of range.
    pub const OVERFLOW: u8 = 1;
    /// Something of the book has expired.
    pub const EXPIRED: u8 = 2;
    /// A parameter is out of its governed range.
    pub const PARAMETER: u8 = 3;
    /// A mark is not one.
    pub const MARK: u8 = 4;
}
