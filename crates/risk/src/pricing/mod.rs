//! European options on a forward: Black-76, everything as a share of the unshocked forward F in Q24.40.
//!
//! With strike ratio κ = K/F, shock factor g (the shocked forward over F) and width w = v·√T,
//! `call/F = g·N(d1) − κ·N(d2)`, `d1, d2 = (ln g − ln κ)/w ± w/2`, and the put by parity, exactly: call − g + κ.
//! What depends on one thing only is computed once: [`Strike`] (a logarithm) for each option, [`Shock`] (a logarithm)
//! for each move, [`Spread`] (a reciprocal) for each option's volatility.
//!
//! Error: a common error e of d1 and d2 changes the price by e²·w/2·φ(d1) only, since F·φ(d1) = K·φ(d2), so logarithm
//! and reciprocal need few digits; the width's error counts with φ(d1), N's with g and κ. [`Strike::error`] bounds the sum.
mod black76;
mod shock;
mod spread;
mod strike;

pub(crate) use black76::call;
pub use black76::{Share, black76, price};
pub(crate) use shock::Shock;
pub(crate) use spread::{Clock, Spread};
pub(crate) use strike::Strike;
