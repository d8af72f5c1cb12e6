//! The devnode from outside: one program, since linking it is what takes the time.

mod activation;
mod arbos;
mod cast;
mod data;
mod harness;
mod ink;
mod nitro;
mod precompiles;
mod programs;
mod quiet;
mod robust;
mod rpc;
mod start;
mod state;
mod stylus;
mod trace;
mod vectors;
