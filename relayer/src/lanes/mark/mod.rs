//! Mark: statements without fills, one set after the other, as long as an account of a house needs one at the newest slot.
mod act;
mod plan;
mod policy;

pub use act::Mark;
#[cfg(test)]
pub use plan::{Choice, Seen, candidates, plan_marks};
pub use policy::{Difference, MOST_SLOTS, MarkPolicy};
