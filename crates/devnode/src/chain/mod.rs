//! The chain: state, blocks, pool, and the handle that everything else uses.

mod arbos;
mod control;
mod data;
mod develop;
mod error;
mod estimate;
mod execute;
mod genesis;
mod handle;
mod ledger;
mod logs;
mod lookup;
mod mine;
mod node_interface;
mod query;
mod record;
mod request;
mod save;
mod sign;
mod slots;
mod start;
mod state;
mod submit;
mod trace;
mod view;

pub(crate) use data::{LEVEL as BROTLI_LEVEL, PRICE_SLOT, UNITS_PER_BYTE};
pub use error::{ChainError, Revert};
pub(crate) use execute::SEQUENCER;
pub use handle::{Chain, Event};
pub(crate) use logs::{in_block, of_transaction};
pub use record::{BlockRecord, TxRecord};
pub use request::{CallError, CallRequest, GasBreakdown, Outcome, TxRequest};
pub(crate) use start::{ARBOS, START_TYPE, StartBlock};
pub(crate) use submit::decode;
pub use trace::GasReport;
pub(crate) use view::StateView;
