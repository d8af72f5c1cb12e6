//! An agent as relayers meet it, over HTTP: one program, so that what all tests share is compiled once.
mod proposals;
mod rule;
mod speed;
mod support;
