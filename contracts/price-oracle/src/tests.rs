//! Actions of the oracle, native, against a machine in memory.
extern crate std;

mod governance;
mod marks;
mod rounds;

use crate::route;
use abi::oracle::PriceOracle::{SlotTaken, setReportersCall, stylus_constructorCall, submitCall};
use abi::oracle::{Reporter, ReporterSet};
use abi::packed::{SignedSlot, TakenSlot};
use abi::types::SlotReport;
use abi::{PPM, SLOT_SECONDS, eip712};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Signature};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use contract_kit::{Result, memory::Memory};
use k256::ecdsa::SigningKey;

const ORACLE: Address = Address::repeat_byte(0x0a);
const OWNER: Address = Address::repeat_byte(0x01);
const STRANGER: Address = Address::repeat_byte(0x02);
const NOW: u64 = 1_760_115_600;
const SLOT: u64 = NOW / SLOT_SECONDS;
const FEED: B256 = B256::with_last_byte(7);

/// The oracle of five reporters, each a group of its own, three of which make a price.
struct World {
    machine: Memory,
    signers: Vec<SigningKey>,
    set: ReporterSet,
}

impl World {
    fn new() -> Self {
        let machine = constructed();
        let signers: Vec<_> =
            (1..=5).map(|key| SigningKey::from_slice(&B256::with_last_byte(key).0).unwrap()).collect();
        let reporter =
            |(group, signer): (u16, &SigningKey)| Reporter { signer: Address::from_private_key(signer), group };
        let reporters = (0..).zip(&signers).map(reporter).collect();
        let set = ReporterSet { quorum: 3, bandPpm: 20_000, maxAgeSlots: 6, reporters };
        machine.act(OWNER, ORACLE, &setReportersCall { set: set.clone() }).unwrap();
        Self { machine, signers, set }
    }

    /// Anyone posts what is signed of the present slot.
    fn post(&self, messages: Vec<(u8, SlotReport)>) -> Result<Vec<u8>> {
        self.post_slot(&self.signed(messages))
    }

    fn post_slot(&self, slot: &SignedSlot) -> Result<Vec<u8>> {
        self.machine.send(STRANGER, ORACLE, &[&submitCall::SELECTOR[..], &slot.encode().unwrap()].concat())
    }

    fn signed(&self, messages: Vec<(u8, SlotReport)>) -> SignedSlot {
        let slot = messages[0].1.slot;
        let sign = |(reporter, message): (u8, SlotReport)| {
            let signature = self.sign(reporter, eip712::slot_hash(&message));
            (reporter, message, signature)
        };
        SignedSlot::of(self.set.clone(), slot, messages.into_iter().map(sign).collect()).unwrap()
    }

    /// The first reporters say these prices of the feed.
    fn say(&self, prices: &[u64]) -> Vec<(u8, SlotReport)> {
        (0..).zip(prices).map(|(place, price)| (place, says(&[(FEED, *price)]))).collect()
    }

    /// What the oracle told of slots.
    fn taken(&self) -> Vec<TakenSlot> {
        let told = self.machine.events::<SlotTaken>(ORACLE);
        told.iter().map(|told| TakenSlot::decode(&told.taken).unwrap()).collect()
    }

    fn sign(&self, reporter: u8, hash: B256) -> [u8; 64] {
        let domain = eip712::domain_separator(eip712::ORACLE, Memory::CHAIN_ID, ORACLE);
        let digest = eip712::digest(domain, hash);
        let (signature, parity) =
            self.signers[usize::from(reporter)].sign_prehash_recoverable(digest.as_slice()).unwrap();
        Signature::from((signature, parity)).as_erc2098()
    }
}

/// With full confidence, and no root.
fn says(quotes: &[(B256, u64)]) -> SlotReport {
    SlotReport {
        slot: SLOT,
        feeds: quotes.iter().map(|(feed, _)| *feed).collect(),
        prices: quotes.iter().map(|(_, price)| *price).collect(),
        confidences: std::vec![PPM; quotes.len()],
        marksRoot: B256::ZERO,
    }
}

/// An oracle that has an owner and no reporters yet.
fn constructed() -> Memory {
    let machine = Memory::default();
    machine.warp(NOW);
    machine.deploy(ORACLE, route);
    construct(&machine, OWNER).unwrap();
    machine
}

fn construct(machine: &Memory, owner: Address) -> Result<Vec<u8>> {
    let calldata = [&stylus_constructorCall::SELECTOR[..], &owner.abi_encode()].concat();
    machine.send(STRANGER, ORACLE, &calldata)
}

/// What the oracle emitted of one type.
fn emitted<E: SolEvent>(machine: &Memory) -> Vec<Vec<u8>> {
    machine.events::<E>(ORACLE).iter().map(encoded).collect()
}

fn encoded<E: SolEvent>(event: &E) -> Vec<u8> {
    let log = event.encode_log_data();
    [log.topics().concat(), log.data.to_vec()].concat()
}
