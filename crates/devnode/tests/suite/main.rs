//! The devnode from outside: one program, since linking it is what takes the time.

mod activation;
mod cast;
mod harness;
mod ink;
mod nitro;
mod precompiles;
mod programs;
mod robust;
mod rpc;
mod state;
mod stylus;
mod trace;
mod vectors;
