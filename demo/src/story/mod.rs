//! Who does what that evening: venues match trades, desks answer claims and substitute collateral.
mod answers;
mod desks;
mod funds;
mod substitution;
mod trades;
mod venue;

pub use desks::{Desks, Moves};
pub use funds::{LATE_DESK, network};
pub use trades::{Market, Trade, Trader};
pub use venue::{Offered, Venue};
