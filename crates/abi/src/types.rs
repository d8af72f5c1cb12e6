//! The typed data that parties sign (EIP-712, one domain per contract).

pub use crate::escrow::{
    Agreement, CollateralInstruction, DailyLimit, DisputeRuling, Mandate, Migration, PositionChange, ReturnOrder,
    SubstituteOrder, TopUpLimit, TopUpOrder, Withdrawal,
};

solidity! {
    /// A venue's batch of fills; `fillsRoot` commits to them.
    #[derive(Debug, PartialEq, Eq)]
    struct FillBatch {
        address venue;
        uint64 firstSequence;
        uint32 count;
        bytes32 fillsRoot;
        bytes32 previousBatchHash;
    }

    /// A leaf of a batch: hashed as `keccak256(abi.encode(fill))`.
    #[derive(Debug, PartialEq, Eq)]
    struct Fill {
        uint64 sequence;
        uint64 buyerAccount;
        uint64 sellerAccount;
        /// Milliseconds.
        uint64 matchedAt;
        /// Milliseconds; past it the fill can only lapse.
        uint64 settleBy;
        /// 0, or a number shared by the fills of this batch that settle together.
        uint64 group;
        bytes32 termsHash;
    }

    /// The private terms of a fill: hashed as `keccak256(abi.encode(terms))`.
    #[derive(Debug, PartialEq, Eq)]
    struct FillTerms {
        bytes32 salt;
        /// ASCII, zero-padded: `BTC-PERP`.
        bytes32 instrument;
        /// 1e-8 of the underlying, positive.
        uint64 quantity;
        /// 1e-8 USD.
        uint64 price;
    }

    /// An account's requirement and variation, as computed by the agents.
    #[derive(Debug, PartialEq, Eq)]
    struct MarginStatement {
        uint64 account;
        uint64 sequence;
        /// What the book had become before, see [`crate::history`].
        bytes32 previousHistory;
        /// Root of the book after it; zero where positions do not move.
        bytes32 newRoot;
        /// Ties the statement to exactly the fills the bundle applies, or to the event; zero where positions do not move. See [`crate::packed`].
        bytes32 fillsDigest;
        uint64 requirement;
        /// What the book is worth at the slot's marks, with its cash: since the account opened, positive is received.
        int64 cumulativeVariation;
        /// What this statement's fills gained against the marks; part of the level above.
        int64 fillVariation;
    }

    /// Statements of accounts of one house; applied whole or not at all.
    #[derive(Debug, PartialEq, Eq)]
    struct StatementSet {
        uint32 house;
        MarginStatement[] statements;
        /// The house's own cumulative variation: with it the set's changes sum to zero.
        int64 houseCumulativeVariation;
        /// Hash of what the bundle tops up, see [`crate::packed::moves_digest`]; zero where it tops up nothing.
        bytes32 topUps;
        /// The oracle slot whose prices were used.
        uint64 slot;
        bytes32 parametersHash;
        uint64 asOf;
        uint64 validUntil;
    }

    /// All that one reporter says of one slot.
    #[derive(Debug, PartialEq, Eq)]
    struct SlotReport {
        uint64 slot;
        /// ASCII, zero-padded: `BTC-USD`. Ascending.
        bytes32[] feeds;
        /// Of each feed, 1e-8 USD.
        uint64[] prices;
        /// Of each feed, parts per million; 1,000,000 is full confidence.
        uint32[] confidences;
        /// Commits to the wider mark set of the slot: forwards, rates, vols. Zero: to none.
        bytes32 marksRoot;
    }
}
