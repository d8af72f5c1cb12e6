//! What the evening came to: measured from events, receipts and the relayer, then told as table, plot and file.
mod claims;
mod figures;
mod gas;
mod haircuts;
mod latency;
mod plot;
mod requirements;
mod responses;
mod summary;
mod table;

pub use claims::Claims;
pub use figures::{Figures, Inputs, measure};
pub use gas::Spread;
pub use haircuts::Haircuts;
pub use latency::{Latency, drained};
pub use plot::draw;
pub use summary::write;
pub use table::print;
