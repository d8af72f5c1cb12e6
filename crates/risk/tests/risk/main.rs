//! The risk kernel through its public interface.
mod black76;
mod commitment;
mod futures;
mod incremental;
mod instruments;
mod options;
mod parameters;
mod perpetuals;
mod properties;
mod reference;
mod smile;
mod support;
mod variation;
