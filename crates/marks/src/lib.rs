//! From the oracle's feeds to the kernel's marks: one rule for the relayer, which proposes requirements, for
//! the agents, who compute and sign them, and for the reporters, who commit to the marks of a slot so that a statement can be proved
//! wrong.
//!
//! * [`market`]: what can be traded, and the feeds that mark it.
//! * [`prices`]: medians by slot, and how long they hold.
//! * [`medians`]: marks of instruments from medians.
//! * [`expiry`]: what dated instruments settle at.
//! * [`set`]: all marks of a slot, and the root over them.
#![warn(missing_docs, clippy::missing_errors_doc)]
pub mod expiry;
pub mod market;
pub mod medians;
pub mod prices;
pub mod set;

pub use market::{ListedExpiry, Market, Markets, NotListed};
pub use medians::MarksError;
pub use prices::{PriceBook, Prices, Spot};
pub use set::MarkSet;
