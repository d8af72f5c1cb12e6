//! The arithmetic of a default against a model of exact ratios and sets of seconds that shares no code with it.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]
mod clock;
mod loss;
mod price;
mod ratio;
