//! What a proposal builds on: the chain, and the sets before it that the agent signed and that no block has yet.
use crate::promise::Promises;
use crate::view::View;
use alloy::primitives::B256;
use chain::ledger::{Account, House};
use chain::proposal::{Reason, Refusal};
use std::collections::BTreeMap;

/// An account as the next statement finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Of its last statement.
    pub sequence: u64,
    /// What its next statement must name as `previousHistory`.
    pub history: B256,
    /// Micro-USD, as last stated.
    pub cumulative_variation: i64,
    /// Of its last statement; the next one's is no lower.
    pub slot: u64,
    /// Seconds, of its last statement; the next one's is no lower.
    pub as_of: u64,
}

/// Accounts and houses that sets in flight state.
#[derive(Debug, Default)]
pub struct Ahead {
    accounts: BTreeMap<u64, Standing>,
    houses: BTreeMap<u32, i64>,
}

impl Ahead {
    /// The sets of these digests, one on the other; those that landed are the chain's already.
    ///
    /// # Errors
    /// A set that was not signed here, or that can land no more.
    pub fn of(digests: &[B256], promises: &Promises, view: &View) -> Result<Self, Refusal> {
        let mut ahead = Self::default();
        let refuse = |detail: String| Err(Refusal::new(Reason::AheadUnknown, detail));
        for digest in digests {
            let Some(promise) = promises.get(*digest) else {
                return refuse(format!("it builds on set {digest}, which was not signed here"));
            };
            if promise.is_over(&view.ledger.accounts) {
                continue;
            }
            for stated in &promise.statements {
                let before = view.account(stated.account).map(|account| ahead.account(stated.account, account));
                if before.is_none_or(|before| before.sequence.saturating_add(1) != stated.sequence) {
                    return refuse(format!("set {digest} does not follow what it builds on"));
                }
                let (slot, as_of) = (promise.slot, promise.as_of);
                let (sequence, history) = (stated.sequence, stated.history);
                let standing = Standing { sequence, history, cumulative_variation: stated.variation, slot, as_of };
                ahead.accounts.insert(stated.account, standing);
            }
            ahead.houses.insert(promise.house, promise.house_variation);
        }
        Ok(ahead)
    }

    /// As the sets in flight leave it, else as it is on chain (`account`).
    pub fn account(&self, id: u64, account: &Account) -> Standing {
        self.accounts.get(&id).copied().unwrap_or(Standing {
            sequence: account.sequence,
            history: account.history,
            cumulative_variation: account.cumulative_variation,
            slot: account.slot,
            as_of: account.as_of,
        })
    }

    /// A house's cumulative variation.
    pub fn house(&self, id: u32, house: &House) -> i64 {
        self.houses.get(&id).copied().unwrap_or(house.cumulative_variation)
    }
}
