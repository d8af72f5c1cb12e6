//! Reporters against sources and a chain: one program, so that what all tests share is compiled once.
mod check;
mod exchange;
mod five;
mod price_files;
mod sources;
mod support;
