//! Accounts that a party asked to be stated at the next prices.
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Shared by the interface, which adds accounts that exist, and the lane of marks, which takes them away.
#[derive(Clone, Debug, Default)]
pub struct Asked(Arc<Mutex<BTreeSet<u64>>>);

impl Asked {
    /// An account is to be stated, however small the change.
    pub fn add(&self, account: u64) {
        self.0.lock().insert(account);
    }

    /// All of them now.
    pub fn all(&self) -> BTreeSet<u64> {
        self.0.lock().clone()
    }

    /// These have been stated, or cannot be.
    pub fn done<'a>(&self, accounts: impl IntoIterator<Item = &'a u64>) {
        let mut asked = self.0.lock();
        for account in accounts {
            asked.remove(account);
        }
    }
}
