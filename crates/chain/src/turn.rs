//! One transaction at a time from a key: between asking for its nonce and the node's taking it, no other may ask.
use alloy::primitives::Address;
use alloy::providers::Provider;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

type Turns = HashMap<(usize, Address), Arc<tokio::sync::Mutex<()>>>;

static TURNS: LazyLock<Mutex<Turns>> = LazyLock::new(Mutex::default);

/// Waits for the key's turn on this connection; it ends when dropped.
pub async fn take(provider: &impl Provider, key: Address) -> OwnedMutexGuard<()> {
    let connection = provider.weak_client().as_ptr().addr();
    let turn = {
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody waits for those that only this table holds.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry((connection, key)).or_default().clone()
    };
    turn.lock_owned().await
}
