//! Signs prices in every slot of ten seconds and posts them: a quorum of reporters makes a round.
//!
//! * [`feed`]: names of feeds and prices as decimal text; [`time`]: how times are spelled.
//! * [`price_file`]: prices over time from a CSV file.
//! * [`input`]: where one reporter's prices come from: files, constants, HTTP, WebSockets.
//! * [`round`], [`votes`]: what is signed, and what is kept of what others signed.
//! * [`oracle`]: a slot to oracle and registry; [`commit`]: the root over its marks; [`outage`]: outages of the sequencer.
//! * [`service`]: one reporter, one key: every slot its votes, exchanged with the others, and the slot at its turn.
//! * [`source`], [`post`]: several keys in one process, for networks whose time is moved by hand.
#![warn(missing_docs, clippy::missing_errors_doc)]
mod commit;
pub mod feed;
pub mod input;
pub mod key;
mod oracle;
mod outage;
mod post;
mod price_file;
pub mod round;
pub mod service;
mod source;
pub mod time;
mod votes;

pub use commit::Committer;
pub use post::{Posted, Poster};
pub use price_file::PriceFile;
pub use round::{Quote, Quotes};
pub use service::{Config, Settings, serve};
pub use source::{Source, Sources};
pub use votes::Vote;
