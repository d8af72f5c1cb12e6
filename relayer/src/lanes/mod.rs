//! Lanes: the four things that the relayer does on chain, each a plan and an act.
//!
//! A plan says what could go now; the act makes it a [`Call`] and hears what became of it.
//!
//! * [`settle`]: fills, with the margin they call for;
//! * [`mark`]: statements without fills, when prices move;
//! * [`expire`]: positions whose instrument has expired;
//! * [`lapse`]: fills that nobody settled in their time.
//!
//! They share the form that agents sign ([`encode`]), what a refusal says ([`mod@revert_action`]), how much fits ([`room`]), whose turn it is
//! ([`turns`]) and how long to wait ([`back_off`]). None of them talks to the node.
pub mod back_off;
pub mod call;
pub mod encode;
pub mod expire;
pub mod lapse;
pub mod mark;
pub mod prices;
pub mod revert_action;
pub mod room;
pub mod settle;
pub mod turns;

pub use encode::{encode_expiry, encode_lapse, encode_mark, encode_settle};
pub use expire::Expire;
pub use lapse::Lapse;
pub use mark::Mark;
pub use revert_action::{RevertAction, revert_action};
pub use room::Rooms;
pub use settle::Settle;

use crate::agents::NotSigned;
use crate::config::Limits;
use crate::hub::Hub;
use crate::state::fill::FillId;
use crate::state::{Flight, Kind};
use crate::submit::{Call, Outcome};
use chain::Revert;

pub struct Lanes {
    pub settle: Settle,
    pub mark: Mark,
    pub expire: Expire,
    pub lapse: Lapse,
    pub rooms: Rooms,
}

/// A fill that a node says is on chain already, to be looked up.
pub type Ask = Option<FillId>;

impl Lanes {
    pub fn new(limits: &Limits) -> Self {
        let (settle, mark, expire, lapse) = Default::default();
        Self { settle, mark, expire, lapse, rooms: Rooms::new(limits) }
    }

    /// The chain went back: what was tried says nothing any more.
    pub fn forget(&mut self) {
        (self.settle, self.mark, self.expire, self.lapse) = Default::default();
    }

    /// A call that the chain refused before it was sent.
    pub fn refused(&mut self, hub: &mut Hub, call: &Call, revert: &Revert) -> Ask {
        hub.learn_time(revert);
        match call.kind {
            Kind::Settle => return self.settle.refused(hub, call, revert),
            Kind::Mark => self.mark.refused(hub, call, revert),
            Kind::Expiry => self.expire.refused(hub, call, revert),
            Kind::Lapse => return self.lapse.refused(call, revert),
        }
        None
    }

    /// A call that an agent did not sign: what it names waits, or the whole, for a moment.
    pub fn not_signed(&mut self, hub: &mut Hub, call: &Call, not: &NotSigned) {
        tracing::warn!(
            kind = call.kind.name(),
            fills = call.count,
            accounts = call.accounts.len(),
            reason = not.detail,
            "not signed"
        );
        let named = not.account.filter(|id| call.accounts.contains_key(id));
        hub.dirty.accounts.extend(named);
        match call.kind {
            Kind::Settle => self.settle.not_signed(hub, call, named, not),
            Kind::Mark => self.mark.not_signed(hub, call, named),
            Kind::Expiry => self.expire.not_signed(hub, call, named),
            Kind::Lapse => {}
        }
    }

    /// A call that no transaction holds: the next one is smaller.
    pub fn too_large(&mut self, hub: &mut Hub, call: &Call, reason: &str) {
        tracing::info!(
            kind = call.kind.name(),
            fills = call.count,
            accounts = call.accounts.len(),
            reason,
            "too large"
        );
        match call.kind {
            Kind::Settle => self.settle.too_large(hub, &mut self.rooms, call, reason),
            Kind::Mark => self.mark.too_large(&mut self.rooms, call),
            Kind::Expiry => self.expire.too_large(hub, &mut self.rooms, call),
            Kind::Lapse => drop(self.rooms.lapses.shrink(call.count)),
        }
    }

    /// A transaction that is over.
    pub fn concluded(&mut self, hub: &mut Hub, flight: &Flight, outcome: &Outcome) {
        let (kind, accounts, fills) = (flight.kind.name(), flight.accounts.len(), flight.count);
        tracing::info!(kind, house = flight.house, accounts, fills, ?outcome, "transaction over");
        match flight.kind {
            Kind::Settle => self.settle.concluded(hub, &mut self.rooms, flight, outcome),
            Kind::Mark => self.mark.concluded(hub, &mut self.rooms, flight, outcome),
            Kind::Expiry => self.expire.concluded(hub, &mut self.rooms, flight, outcome),
            Kind::Lapse => {
                if matches!(outcome, Outcome::Included) {
                    self.rooms.lapses.grow();
                }
            }
        }
    }
}
