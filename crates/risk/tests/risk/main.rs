//! The risk kernel through its public interface.
mod commitment;
mod futures;
mod incremental;
mod instruments;
mod parameters;
mod perpetuals;
mod properties;
mod reference;
mod support;
mod variation;
