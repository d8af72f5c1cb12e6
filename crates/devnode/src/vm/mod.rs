//! The Stylus virtual machine: metering, host functions, and how a program's run is suspended for a call.

pub mod compiled;
pub mod depth;
pub mod entry;
pub mod frame;
pub mod host;
pub mod hostio;
pub mod ink;
pub mod instrument;
pub mod pages;
pub mod program;
pub mod service;
