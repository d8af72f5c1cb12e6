//! Settle: bundles of one house and one venue, as full as room and time allow.
mod act;
mod due;
mod plan;

#[cfg(test)]
mod tests;

pub use act::Settle;
pub use plan::Size;
