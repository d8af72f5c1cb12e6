//! Book + marks + parameters → requirement.
//!
//! Each underlying is a book of its own; requirements of several add up, without offset. For one underlying:
//! 1. [`exposure`]: what the positions amount to: perpetuals as one delta, futures by expiry;
//! 2. [`scenario`]: profit or loss in every scenario, and of the basis contingency; the worst of them, at most 0;
//! 3. [`contingency`]: what is added whatever the prices do;
//! 4. [`requirement`]: initial and maintenance margin.
//!
//! Options will be a third leg of [`exposure`], priced within their expiry by [`scenario`].
mod contingency;
mod exposure;
mod requirement;
mod scenario;

pub use contingency::Contingencies;
pub use requirement::{BookRequirement, Requirement, requirement, underlying_requirement};
pub use scenario::{ScenarioLoss, Worst, scenario_losses};
