//! Deployments onto local chains: one program, so that what all tests share is compiled once.
mod activation;
mod cache;
mod command;
mod conditions;
mod devnode;
mod fragments;
mod funds;
mod keepalive;
mod nonces;
mod quiet;
mod support;
