//! What ends a turn of the engine before its time. None of it loses anything.
use crate::journal::JournalError;
use alloy::primitives::B256;
use chain::ChainError;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(
        "this chain does not have block {number} ({hash}), nor any that was absorbed before it: the journal is another chain's, or the chain went back further than the journal remembers"
    )]
    OtherChain { number: u64, hash: B256 },
    #[error("the chain went back to block {number} ({hash}); what came after it is undone")]
    TakenBack { number: u64, hash: B256 },
    #[error(
        "the journal's last block {number} ({hash}) is not the node's: this relayer does not lead, and waits until the leader has undone it"
    )]
    Waits { number: u64, hash: B256 },
    #[error("the chain's id is {actual}, the deployment's {expected}")]
    OtherChainId { expected: u64, actual: u64 },
    #[error("{0}")]
    Encode(String),
}
