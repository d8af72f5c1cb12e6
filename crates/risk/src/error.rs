//! Why a computation refused.
use crate::{Instrument, ParameterError, Underlying};

/// Why there is no requirement, variation or price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum RiskError {
    /// An amount left its range; nothing is ever wrapped or clamped.
    #[error("{what} is out of range")]
    Overflow { what: &'static str },
    #[error("no mark for {0}")]
    MissingMark(Instrument),
    #[error("no volatility for {0}")]
    MissingVolatility(Instrument),
    #[error("no spot price for {0}")]
    MissingSpot(Underlying),
    /// Seconds since 1970. A position must be settled at its expiry, not margined after it.
    #[error("{instrument} has expired: marks are as of {as_of}")]
    Expired { instrument: Instrument, as_of: u64 },
    #[error(transparent)]
    Parameter(#[from] ParameterError),
}

/// Names the amount in [`RiskError::Overflow`].
pub(crate) trait OrOverflow<T> {
    fn or_overflow(self, what: &'static str) -> Result<T, RiskError>;
}

impl<T> OrOverflow<T> for Option<T> {
    fn or_overflow(self, what: &'static str) -> Result<T, RiskError> {
        self.ok_or(RiskError::Overflow { what })
    }
}
