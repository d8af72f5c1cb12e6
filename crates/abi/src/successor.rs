//! What the escrow calls on a contract that takes over one of its accounts.

solidity! {
    /// An account as it was left: its parties and its last statement. Units as in the escrow.
    #[derive(Debug, PartialEq, Eq)]
    struct MigratedAccount {
        /// Its number with the predecessor, which is the caller.
        uint64 account;
        /// EIP-712 struct hash of the [`crate::escrow::Agreement`] that both signed.
        bytes32 agreementHash;
        address pledgor;
        address securedParty;
        bytes32 history;
        uint64 sequence;
        uint64 requirement;
        int64 cumulativeVariation;
        uint64 slot;
        uint64 asOf;
    }

    interface Successor {
        /// After the tokens have come, in the same transaction: `amounts` units of `tokens`, each listed once, to the credit of
        /// the account's parties as it sees fit. Answers its own selector where it takes them; anything else reverts all.
        function acceptMigration(MigratedAccount account, address[] tokens, uint256[] amounts) external returns (bytes4);
    }
}
