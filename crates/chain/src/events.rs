//! All events of the contracts and of ERC-20, typed.
use crate::token::Erc20::Erc20Events;
use abi::escrow::MarginEscrow::MarginEscrowEvents;
use abi::oracle::PriceOracle::{PriceOracleEvents, SlotTaken};
use abi::packed::TakenSlot;
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents;
use alloy::primitives::{IntoLogData, Log as RawLog};
use alloy::rpc::types::Log;
use alloy::sol_types::SolEventInterface;

/// One event. Ownership events look alike in oracle and registry and come as the oracle's:
/// the log's address tells them apart.
#[derive(Clone)]
pub enum Event {
    /// Of the margin-escrow.
    Escrow(MarginEscrowEvents),
    /// Of the eligibility-registry.
    Registry(EligibilityRegistryEvents),
    /// Of the price-oracle.
    Oracle(PriceOracleEvents),
    /// Of a token.
    Token(Erc20Events),
}

impl std::fmt::Debug for Event {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.signature())
    }
}

impl Event {
    /// The event's signature, for example `FillsSettled(address,uint64,bytes32,uint256)`.
    pub fn signature(&self) -> &'static str {
        let name = match self {
            Self::Escrow(event) => MarginEscrowEvents::signature_by_selector(topic(event)),
            Self::Registry(event) => EligibilityRegistryEvents::signature_by_selector(topic(event)),
            Self::Oracle(event) => PriceOracleEvents::signature_by_selector(topic(event)),
            Self::Token(event) => Erc20Events::signature_by_selector(topic(event)),
        };
        name.unwrap_or("unknown")
    }
}

fn topic(event: &impl IntoLogData) -> [u8; 32] {
    event.to_log_data().topics().first().map_or([0; 32], |topic| topic.0)
}

/// The rounds and the root that a slot has from a `SlotTaken` on, and every vote behind them; `None` for bytes that no oracle of ours
/// emits.
pub fn taken(event: &SlotTaken) -> Option<TakenSlot> {
    TakenSlot::decode(&event.taken).ok().filter(|taken| taken.reports.slot == event.slot)
}

/// The event in a log of the RPC; `None` where it is none of ours.
pub fn decode(log: &Log) -> Option<Event> {
    decode_raw(&log.inner)
}

/// The event in a bare log.
pub fn decode_raw(log: &RawLog) -> Option<Event> {
    if let Ok(event) = MarginEscrowEvents::decode_log(log) {
        return Some(Event::Escrow(event.data));
    }
    if let Ok(event) = PriceOracleEvents::decode_log(log) {
        return Some(Event::Oracle(event.data));
    }
    if let Ok(event) = EligibilityRegistryEvents::decode_log(log) {
        return Some(Event::Registry(event.data));
    }
    Erc20Events::decode_log(log).ok().map(|event| Event::Token(event.data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::escrow::MarginEscrow::FillsSettled;
    use alloy::primitives::{Address, B256, U256};
    use alloy::sol_types::SolEvent;

    #[test]
    fn event_survives_the_round_trip() {
        let event = FillsSettled {
            venue: Address::repeat_byte(1),
            firstSequence: 7,
            batchHash: B256::ZERO,
            taken: U256::from(5),
        };
        let log = RawLog { address: Address::ZERO, data: event.encode_log_data() };
        let Some(Event::Escrow(MarginEscrowEvents::FillsSettled(read))) = decode_raw(&log) else {
            panic!("not decoded")
        };
        assert_eq!((read.firstSequence, read.taken), (7, U256::from(5)));
        assert!(decode_raw(&log).unwrap().signature().starts_with("FillsSettled("));
    }
}
