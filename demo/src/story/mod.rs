//! Who does what that evening: venues match trades, desks answer claims and substitute collateral.
mod answers;
mod desks;
mod disputes;
mod funds;
mod hedges;
mod keeper;
pub mod orders;
mod recall;
mod substitution;
mod trades;
mod unminded;
mod venue;

pub use desks::{Desks, Moves};
pub use disputes::{Disputed, Ruled};
pub use funds::{LATE_DESK, network};
pub use hedges::Hedger;
pub use keeper::Keeper;
pub use recall::give_notice;
pub use trades::{Market, Trade, Trader};
pub use unminded::open as open_unminded;
pub use venue::{Offered, Venue};
