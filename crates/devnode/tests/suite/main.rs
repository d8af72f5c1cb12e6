//! The devnode from outside: one program, since linking it is what takes the time.

mod activation;
mod arbos;
mod browser;
mod calls;
mod cast;
mod data;
mod fields;
mod follow;
mod harness;
mod history;
mod ink;
mod nitro;
mod openrpc;
mod precompiles;
mod programs;
mod quiet;
mod readme;
mod refused;
mod robust;
mod rpc;
mod settings;
mod start;
mod state;
mod stylus;
mod trace;
mod vectors;
