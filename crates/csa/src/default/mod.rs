//! What follows a failed claim: the price at which a book passes on, what is lost, and who bears it.
//!
//! * [`parameters`]: what a default manager fixes at construction; [`mod@clock`]: how long a round has run.
//! * [`slices`]: parts of a book that sum to it; [`rate`]: what a part costs its taker, and whose bid is first.
//! * [`sale`]: what other collateral brings; [`waterfall`]: margin, capital, bonds, claim; [`gains`]: a house that cannot pay.
pub mod clock;
pub mod gains;
pub mod parameters;
pub mod rate;
pub mod sale;
pub mod slices;
pub mod waterfall;
