//! Mark: statements without fills, one set after the other, as long as an account of a house needs one at the newest slot.
mod act;
mod plan;

pub use act::Mark;
pub use plan::{Seen, candidates, plan_marks};
