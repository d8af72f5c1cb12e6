//! Lapse: fills past their `settleBy` are spent on chain, many to a transaction.
//!
//! A fill ends with the event of the transaction that lapsed it, whoever sent that. Until then it is live, so a process
//! that dies anywhere leaves it to the next one: an intent is resolved like any other, and a second lapse of the same
//! fill is refused by simulation.
//!
//! The relayer pays for lapses: [`crate::state::Late`] limits those that a venue is to blame for.
use crate::hub::Hub;
use crate::lanes::room::Rooms;
use crate::lanes::{Ask, RevertAction, encode_lapse, revert_action};
use crate::state::Kind;
use crate::submit::Call;
use alloy::primitives::Address;
use chain::Revert;
use std::sync::Arc;

/// When a lapse may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapsing {
    /// Before the next bundle: fills have waited too long already.
    Overdue,
    /// Nothing is to settle.
    Idle,
}

/// Gas of a lapse, from above.
const GAS: u64 = 400_000;
const GAS_OF_FILL: u64 = 10_000;

#[derive(Default)]
pub struct Lapse;

impl Lapse {
    /// The next lapse, if a venue's fills are due: one of each venue is in flight at a time.
    pub fn propose(&mut self, hub: &mut Hub, rooms: &Rooms, when: Lapsing) -> Option<Call> {
        let venues = match when {
            Lapsing::Overdue => hub.late.overdue(),
            Lapsing::Idle => hub.late.gathered(),
        };
        let flying =
            |venue: &Address| hub.flights.iter().any(|flight| flight.kind == Kind::Lapse && flight.venue == *venue);
        let ready = hub.flights.ready(0, hub.config.limits.in_flight);
        let venue = venues.into_iter().find(|venue| ready && !flying(venue))?;
        hub.late.rest(venue);
        self.plan(hub, rooms, venue)
    }

    fn plan(&self, hub: &mut Hub, rooms: &Rooms, venue: Address) -> Option<Call> {
        let taken = hub.late.next(venue, rooms.lapses.now());
        hub.late.charge(venue, &taken);
        let count = taken.iter().map(|(_, places)| places.len()).sum();
        let calldata = match encode_lapse(venue, &taken) {
            Ok(calldata) => calldata,
            Err(error) => {
                tracing::error!(%venue, %error, "fills cannot be lapsed");
                return None;
            }
        };
        let (statements, accounts, fills) = Default::default();
        let gas = GAS.saturating_add(GAS_OF_FILL.saturating_mul(count as u64));
        let (house_after, prices, unsigned) = (None, Arc::default(), None);
        let (kind, house) = (Kind::Lapse, 0);
        Some(Call {
            kind,
            house,
            venue,
            calldata,
            unsigned,
            statements,
            prices,
            accounts,
            house_after,
            fills,
            count,
            gas,
        })
    }

    pub fn refused(&mut self, call: &Call, revert: &Revert) -> Ask {
        tracing::info!(venue = %call.venue, %revert, "lapse refused");
        match revert_action(revert) {
            RevertAction::Applied(id) => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fill::{Batch, Fill, FillId};
    use alloy::primitives::B256;
    use risk::{Instrument, Price, Quantity, Underlying};
    use std::collections::BTreeSet;

    #[test]
    fn as_many_accounts_as_a_transaction_names_can_be_written() {
        let venue = Address::repeat_byte(7);
        let fill = |sequence: u64| Fill {
            id: FillId { venue, sequence },
            buyer: sequence * 2,
            seller: sequence * 2 + 1,
            matched_at: 1_000,
            settle_by: 31_000,
            group: 0,
            salt: B256::ZERO,
            instrument: Instrument::perpetual(Underlying::BTC),
            quantity: Quantity::from_raw(5),
            price: Price::from_raw(11),
            accepted_at: 77,
        };
        let fills: Vec<Fill> = (0..127).map(fill).collect();
        let leaves = fills.iter().map(Fill::leaf).collect();
        let (previous_batch_hash, hash, signature) = (B256::ZERO, B256::ZERO, [0; 64]);
        let batch = Arc::new(Batch { venue, first_sequence: 0, previous_batch_hash, hash, signature, fills, leaves });
        let taken: BTreeSet<u8> = (0..127).collect();
        encode_lapse(venue, &[(batch, taken)]).unwrap();
    }
}
