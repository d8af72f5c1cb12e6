//! Claims as their events tell them.
use crate::decimal::decimal;
use alloy::primitives::B256;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimEvent {
    pub account: u64,
    pub number: u16,
    pub block_number: u64,
    /// Chain time, seconds; 0 where the node does not tell it with the log.
    pub at: u64,
    pub tx: B256,
    pub change: ClaimChange,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    Issued {
        tranche: u8,
        cause: u8,
        amount: u64,
        owed: u64,
        deadline: u64,
    },
    /// What is still asked for.
    Reduced {
        asked: u64,
    },
    Satisfied {
        late: bool,
    },
    Cancelled,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimStanding {
    Open,
    Satisfied,
    /// Satisfied after its first deadline.
    SatisfiedLate,
    /// Given up by the secured party.
    Cancelled,
    /// Enforced: the account is in default.
    Failed,
}

impl ClaimStanding {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Satisfied => "satisfied",
            Self::SatisfiedLate => "satisfied-late",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// A claim from its events. Amounts are decimal strings in USD, times seconds of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimView {
    pub account: u64,
    pub number: u16,
    pub state: ClaimStanding,
    pub tranches: Vec<TrancheView>,
    /// What it still asks for: what was delivered counts to the oldest tranche first.
    #[serde(default)]
    pub asked: String,
    /// Variation in the claim when it was last raised.
    pub owed: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub satisfied: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrancheView {
    pub amount: String,
    /// `variation`, `initial`, `haircut`, `concentration`, `recall` or `interest`.
    pub cause: String,
    pub deadline: u64,
    pub issued: Place,
}

/// Where on chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    #[schema(value_type = String)]
    pub tx: B256,
    pub block_number: u64,
    /// Seconds; the chain's time.
    pub at: u64,
}

impl ClaimView {
    fn new(account: u64, number: u16) -> Self {
        let state = ClaimStanding::Open;
        let zero = || "0".to_owned();
        Self { account, number, state, tranches: Vec::new(), asked: zero(), owed: zero(), satisfied: None }
    }

    /// The claim after one more event.
    pub fn after(held: Option<&Self>, event: &ClaimEvent, head_timestamp: u64) -> Self {
        let mut claim = held.cloned().unwrap_or_else(|| Self::new(event.account, event.number));
        let at = if event.at > 0 { event.at } else { head_timestamp };
        let place = Place { tx: event.tx, block_number: event.block_number, at };
        if matches!(event.change, ClaimChange::Satisfied { .. } | ClaimChange::Cancelled) {
            claim.asked = "0".to_owned();
        }
        match event.change {
            ClaimChange::Issued { cause, amount, owed, deadline, .. } => {
                let cause = abi::escrow::cause::name(cause);
                let before: risk::Usd = claim.asked.parse().unwrap_or_default();
                let asked = u64::try_from(before).unwrap_or_default().saturating_add(amount);
                claim.asked = decimal(asked);
                let amount = decimal(amount);
                claim.tranches.push(TrancheView { amount, cause: cause.to_owned(), deadline, issued: place });
                claim.owed = decimal(owed);
            }
            ClaimChange::Reduced { asked } => claim.asked = decimal(asked),
            ClaimChange::Satisfied { late } => {
                claim.state = if late { ClaimStanding::SatisfiedLate } else { ClaimStanding::Satisfied };
                claim.satisfied = Some(place);
            }
            ClaimChange::Cancelled => claim.state = ClaimStanding::Cancelled,
            ClaimChange::Failed => claim.state = ClaimStanding::Failed,
        }
        claim
    }
}
