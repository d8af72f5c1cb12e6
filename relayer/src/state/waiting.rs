//! Why a fill stays matched and unsettled. An expected outcome, not an error.
use risk::Usd;
use serde::Serialize;
use utoipa::ToSchema;

/// The code that callers may branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// `P < C` after every top-up the mandate allows.
    MarginShort,
    /// The account lacks settlement token for the variation.
    VariationUncovered,
    /// The house lacks settlement token for the variation it would pay.
    HouseUncovered,
    NoMandate,
    MandateExpired,
    RequirementCapExceeded,
    FillVariationCapExceeded,
    ClaimOverdue,
    /// A claim on the account failed: it is frozen until its close-out.
    AccountInDefault,
    /// The account has left for a successor of the escrow.
    AccountClosed,
    /// No oracle slot is recent enough, or an asset the account holds was not valued lately.
    PricesStale,
    /// A dated position has expired and has not left the account's book yet.
    PositionsExpired,
    /// `matchedAt` lies after the chain's time.
    MatchedInFuture,
    /// The journal does not reproduce the account's positions on chain.
    PositionsUnknown,
    /// The agent here does not sign for the account's house, or under other risk parameters.
    HouseNotServed,
    /// An agent computes something else, named in the detail, or does not answer.
    NotSigned,
    /// The escrow refused the bundle for another reason, named in the detail.
    Refused,
}

impl Reason {
    /// Whether what is missing is for the venue and the accounts' parties to bring, not for house, agents, reporters or operator.
    pub const fn is_of_the_parties(self) -> bool {
        match self {
            Self::HouseUncovered | Self::PricesStale | Self::PositionsExpired => false,
            Self::PositionsUnknown | Self::HouseNotServed | Self::NotSigned => false,
            Self::MarginShort | Self::VariationUncovered | Self::NoMandate | Self::MandateExpired => true,
            Self::RequirementCapExceeded | Self::FillVariationCapExceeded | Self::ClaimOverdue => true,
            Self::AccountInDefault | Self::AccountClosed | Self::MatchedInFuture | Self::Refused => true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub reason: Reason,
    pub account: Option<u64>,
    /// What is missing.
    pub shortfall: Option<Usd>,
    pub detail: String,
}

impl Waiting {
    pub fn new(reason: Reason, account: u64, detail: impl Into<String>) -> Self {
        Self { reason, account: Some(account), shortfall: None, detail: detail.into() }
    }

    /// `amount` in micro-USD.
    pub fn short(reason: Reason, account: u64, amount: u64, detail: impl Into<String>) -> Self {
        let shortfall = Usd::from_raw(i64::try_from(amount).unwrap_or(i64::MAX));
        Self { shortfall: Some(shortfall), ..Self::new(reason, account, detail) }
    }

    /// A figure left its range, or the kernel refused.
    pub fn refused(account: u64, detail: impl ToString) -> Self {
        Self::new(Reason::Refused, account, detail.to_string())
    }
}
