//! Prices of 10 October 2025, minute by minute from files and slot by slot as reporters sign them.
mod bars;
mod day;
mod expiry;
mod quotes;

pub use bars::SLOTS_IN_MINUTE;
pub use day::Day;
pub use quotes::SOURCES;

/// 2025-10-10 00:00 UTC.
pub const MIDNIGHT: u64 = 1_760_054_400;
/// 20:45 UTC, where the demo begins.
pub const BEGIN: u64 = MIDNIGHT + (20 * 60 + 45) * 60;

/// `21:54` of a time of that day.
pub fn clock(seconds: u64) -> String {
    let minute = seconds.saturating_sub(MIDNIGHT) / 60;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
