//! One word for all that ever moved an account's positions.
use alloy_primitives::{B256, keccak256};

/// `keccak256(history ‖ root ‖ digest)`, its lowest bit that of the root: 1 where the book holds positions.
pub fn after(history: B256, root: B256, digest: B256) -> B256 {
    let mut hash = keccak256([history.0, root.0, digest.0].as_flattened());
    if let (Some(last), Some(flag)) = (hash.0.last_mut(), root.0.last()) {
        *last = (*last & !1) | (flag & 1);
    }
    hash
}

/// Whether the book behind it has no positions.
pub fn is_flat(history: B256) -> bool {
    history.0.last().is_none_or(|last| last & 1 == 0)
}
