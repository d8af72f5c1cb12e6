//! Book + marks + parameters → requirement.
//!
//! Each underlying is a book of its own; requirements of several add up, less what [`crate::parameters::Offset`]
//! forgives. For one underlying:
//! 1. [`model`]: parameters made ready: the distinct moves of forward and volatility that scenarios name, as points;
//! 2. [`ladder`]: one option's value at every point, the only step that prices;
//! 3. [`chain`], [`expiring`]: quantities times ladders, summed within an expiry; its profit or loss at every point;
//! 4. [`evaluation`]: all expiries and the perpetual in every scenario, and the worst of them, at most 0;
//! 5. [`contingency`]: what is added whatever the prices do; [`total`]: initial and maintenance margin.
//!
//! [`known`] keeps 3 and 4 between fills, and a [`Surface`] keeps 2 for all books at the same marks; a [`StreamingBook`] takes
//! positions and marks as one list, without maps.
mod chain;
mod contingency;
mod evaluation;
mod expiring;
mod known;
mod ladder;
mod model;
mod requirement;
mod scenario;
mod smile;
mod streaming;
mod surface;
mod total;

pub use contingency::Contingencies;
pub use evaluation::Collateral;
pub use known::KnownBook;
pub use model::Model;
pub use requirement::{Assessment, BookRequirement, OffsetRelief, Requirement, assess, requirement};
pub use scenario::{ScenarioLoss, Worst};
pub use streaming::StreamingBook;
pub use surface::Surface;
