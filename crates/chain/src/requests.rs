//! What is signed for a relayer or by it and never goes on chain; its domain is that of [`crate::sign::Domain::relayer`].
//!
//! The types stand in a module of their own, for `sol!` brings names that would be in the way.

/// Name of the domain; its version is "1", its contract the escrow that the relayer serves.
pub const RELAYER: &str = "Plumbline Relayer";

mod types {
    alloy::sol! {
        /// A read of what is not for everybody, by whoever signs it.
        #[derive(Debug, PartialEq, Eq)]
        struct Read {
            /// Host, and port where the URL has one, of the relayer that is asked: no other one can use it.
            string host;
            /// Path and query, as sent.
            string path;
            /// Seconds since 1970, at most 600 ahead.
            uint64 expiresAt;
        }

        /// A venue takes back fills that are in no transaction yet.
        #[derive(Debug, PartialEq, Eq)]
        struct Cancel {
            address venue;
            uint64 firstSequence;
            uint32 count;
        }

        /// A relayer tells a venue what became of its fills: signed by the key that pays its gas.
        #[derive(Debug, PartialEq, Eq)]
        struct Notice {
            address venue;
            /// Where it is posted, as the relayer's configuration has it.
            string url;
            /// Seconds since 1970.
            uint64 sentAt;
            /// `keccak256` of the body.
            bytes32 body;
        }
    }
}

pub use types::{Cancel, Notice, Read};
