//! Fills that their venue took back.
use super::{JournalError, int};
use crate::state::fill::FillId;
use sqlx::AnyConnection;

/// Why a fill that lapsed did not settle.
pub const CANCELLED: &str = "cancelled by the venue";

/// Notes that live fills are to be settled no more, `at` milliseconds since 1970; they end with the transaction that lapses them.
pub async fn cancel(connection: &mut AnyConnection, fills: &[FillId], at: u64) -> Result<(), JournalError> {
    for fill in fills {
        sqlx::query(
            "UPDATE fills SET cancelled_at = $1, reason = $2 WHERE venue = $3 AND sequence = $4 AND state = 'accepted' AND cancelled_at IS NULL",
        )
        .bind(int(at))
        .bind(CANCELLED)
        .bind(fill.venue.as_slice())
        .bind(int(fill.sequence))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
