//! Deployment of the system on an Arbitrum chain: rehearsed, priced, resumable, verified.
//!
//! * [`network`]: one file says which chain, who governs, which prices, assets and participants.
//! * [`step`]: the list of what is to be done; `state`: whether it is, by the chain's word; `perform`: doing it.
//! * [`sender`]: one transaction at a time, its bytes kept before they are sent, so that an interrupted run goes on; [`gas`]: its limit.
//! * [`rehearsal`]: the same steps on a local chain, which gives the gas; [`cost`]: what that comes to.
//! * `places`: of the programs in the chain's cache.
//! * [`keepalive`]: another year for the programs, in good time; [`reach`]: what both commands begin with.
//! * [`conditions`]: what the chain takes now; [`activation`]: whether it would activate a program; `obstacle`: what it would not take.
//! * [`verify`]: what stands on chain against what was built.
//!
//! Gas is gas of the chain, amounts are wei, times seconds. Errors are for the operator: what failed, and what to do.
#![warn(missing_docs, clippy::missing_errors_doc)]

pub mod activation;
pub mod artifacts;
pub mod conditions;
pub mod cost;
pub mod gas;
pub mod keepalive;
mod key;
pub mod network;
mod obstacle;
mod perform;
mod places;
pub mod reach;
pub mod record;
pub mod rehearsal;
pub mod run;
pub mod sender;
mod standing;
mod state;
pub mod step;
mod timelock;
pub mod verify;

pub use artifacts::{Artifacts, workspace};
pub use network::Network;
pub use record::Record;
pub use run::Run;
pub use sender::Sender;
pub use step::Step;
pub use timelock::TIMELOCK;
