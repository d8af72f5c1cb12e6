//! Signs prices and posts them: five keys of five sources make one round.
//!
//! * [`feed`]: names of feeds and prices as decimal text.
//! * [`source`]: who signs, and which set the oracle is governed by.
//! * [`price_file`]: prices over time from a CSV file.
//! * [`round`]: one slot's signed rounds.
//! * [`post`]: `submit` to the oracle, `sync` to the registry.
//! * [`commit`]: the root over a slot's marks, so that a dispute can prove any of them.
//! * [`outage`]: outages of the sequencer, recorded while their feed shows them.
//! * [`serve`]: every slot a round, until interrupted.
pub mod commit;
pub mod feed;
pub mod outage;
pub mod post;
pub mod price_file;
pub mod round;
pub mod serve;
pub mod source;

pub use commit::{Committed, Committer};
pub use post::{Posted, Poster};
pub use price_file::PriceFile;
pub use round::{Quote, Quotes};
pub use source::{Source, Sources};
