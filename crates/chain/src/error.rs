use crate::Revert;
use alloy::primitives::B256;
use alloy::transports::TransportError;

/// Why a call, a transaction or a file failed; `what` names the operation.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum ChainError {
    #[error("{what}: the node refused or did not answer: {error}")]
    Rpc { what: String, error: Box<TransportError> },
    /// More gas or bytes than a transaction may have: less of the same may go.
    #[error("{what} is too large for one transaction: {reason}")]
    TooLarge { what: String, reason: String },
    #[error("{what} reverted: {revert}")]
    Reverted { what: String, revert: Revert },
    #[error("{what}: {reason}")]
    Decode { what: String, reason: String },
    #[error("{what}: transaction {tx} has no receipt after {seconds} s; look at the node's log")]
    NoReceipt { what: String, tx: B256, seconds: u64 },
    #[error("{what}: {error}")]
    Code { what: String, error: crate::fragments::CodeError },
    #[error("deployment file {path}: {reason}")]
    File { path: String, reason: String },
    #[error("the deployment of chain {chain_id} has no {kind} named {name}; it has: {known}")]
    Unknown { chain_id: u64, kind: &'static str, name: String, known: String },
    #[error("{0} is not a URL: expected something like http://127.0.0.1:8547")]
    Url(String),
}

impl ChainError {
    /// A transport error, with the revert in it made readable where there is one.
    pub fn rpc(what: impl Into<String>, error: TransportError) -> Self {
        let what = what.into();
        let Some(response) = error.as_error_resp() else { return Self::Rpc { what, error: Box::new(error) } };
        match response.as_revert_data() {
            Some(data) => Self::Reverted { what, revert: Revert::decode(&data) },
            // Nodes leave empty data out.
            None if response.message.starts_with("execution reverted") => {
                Self::Reverted { what, revert: Revert::Empty }
            }
            None if is_of_size(&response.message) => Self::TooLarge { what, reason: response.message.to_string() },
            None => Self::Rpc { what, error: Box::new(error) },
        }
    }

    /// Of code that is no program, at `what`.
    pub fn code(what: impl Into<String>, error: crate::fragments::CodeError) -> Self {
        Self::Code { what: what.into(), error }
    }

    /// The revert, if that is what it was.
    pub const fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Reverted { revert, .. } => Some(revert),
            _ => None,
        }
    }
}

/// Whether a node refused for size, in the words of geth and Nitro.
fn is_of_size(message: &str) -> bool {
    let message = message.to_lowercase();
    ["gas required exceeds allowance", "oversized data"].iter().any(|words| message.contains(words))
}
