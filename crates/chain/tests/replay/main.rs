//! The replay and its invariants over hand-written events: what holds passes, what is broken is named with its figures.
mod book;
mod debts;
mod demands;
mod events;
mod orders;
mod rulings;
mod support;
