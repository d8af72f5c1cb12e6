//! The registry, native, in one machine with the oracle that it follows.
use crate::route;
use abi::oracle::PriceOracle::{NotSuperseding, setReportersCall, submitCall};
use abi::oracle::{Reporter, ReporterSet};
use abi::packed::SignedSlot;
use abi::registry::EligibilityRegistry::*;
use abi::registry::{AssetTerms, Valuation, class, status};
use abi::types::SlotReport;
use abi::{PPM, SLOT_SECONDS, eip712};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Signature, U256};
use alloy_sol_types::{SolCall, SolValue};
use contract_kit::{Result, memory::Memory};
use k256::ecdsa::SigningKey;

const ORACLE: Address = Address::repeat_byte(0x0a);
const REGISTRY: Address = Address::repeat_byte(0x0b);
const USDC: Address = Address::repeat_byte(0x0c);
const OWNER: Address = Address::repeat_byte(1);
const GUARDIAN: Address = Address::repeat_byte(2);
const STRANGER: Address = Address::repeat_byte(3);
const FEED: B256 = B256::with_last_byte(7);
const NOW: u64 = 1_760_115_600;
const SLOT: u64 = NOW / SLOT_SECONDS;
const PAR: u64 = 100_000_000;

struct World {
    machine: Memory,
    reporter: SigningKey,
    set: ReporterSet,
}

impl World {
    /// One listed asset, whose feed one reporter tells of.
    fn new() -> Self {
        let machine = Memory::default();
        machine.warp(NOW);
        machine.deploy(ORACLE, price_oracle::route);
        machine.deploy(REGISTRY, route);
        machine.deploy(USDC, |_, _| Ok(U256::from(6).abi_encode()));
        let construct = |contract, arguments: Vec<u8>| {
            let calldata = [&stylus_constructorCall::SELECTOR[..], &arguments].concat();
            machine.send(OWNER, contract, &calldata).unwrap();
        };
        construct(ORACLE, OWNER.abi_encode());
        construct(REGISTRY, (OWNER, ORACLE).abi_encode());
        let reporter = SigningKey::from_slice(&B256::with_last_byte(1).0).unwrap();
        let signer = Address::from_private_key(&reporter);
        let reporters = alloc::vec![Reporter { signer, group: 1 }];
        let set = ReporterSet { quorum: 1, bandPpm: 20_000, maxAgeSlots: 6, reporters };
        machine.act(OWNER, ORACLE, &setReportersCall { set: set.clone() }).unwrap();
        machine.act(OWNER, REGISTRY, &listAssetCall { terms: terms() }).unwrap();
        machine.act(OWNER, REGISTRY, &setGuardianCall { guardian: GUARDIAN }).unwrap();
        Self { machine, reporter, set }
    }

    fn post(&self, slot: u64, price: u64) {
        let payload = self.signed(slot, price).encode().unwrap();
        self.machine.send(STRANGER, ORACLE, &[&submitCall::SELECTOR[..], &payload].concat()).unwrap();
    }

    fn signed(&self, slot: u64, price: u64) -> SignedSlot {
        let (feeds, prices, confidences) = (alloc::vec![FEED], alloc::vec![price], alloc::vec![PPM]);
        let message = SlotReport { slot, feeds, prices, confidences, marksRoot: B256::ZERO };
        let domain = eip712::domain_separator(eip712::ORACLE, Memory::CHAIN_ID, ORACLE);
        let digest = eip712::digest(domain, eip712::slot_hash(&message));
        let (signature, parity) = self.reporter.sign_prehash_recoverable(digest.as_slice()).unwrap();
        let signature = Signature::from((signature, parity)).as_erc2098();
        SignedSlot::of(self.set.clone(), slot, alloc::vec![(0, message, signature)]).unwrap()
    }

    fn submit_and_sync(&self, slot: &SignedSlot, assets: u16) -> Result<(U256, u16)> {
        let payload = slot.encode_and_sync(assets).unwrap();
        let answer = self.machine.send(STRANGER, REGISTRY, &[&submitAndSyncCall::SELECTOR[..], &payload].concat())?;
        let answer = submitAndSyncCall::abi_decode_returns(&answer).unwrap();
        Ok((answer.taken, answer.moved))
    }

    fn sync(&self, slot: u64) -> Result<()> {
        self.machine.act(STRANGER, REGISTRY, &syncCall { slot, assets: 1 }).map(drop)
    }

    fn value(&self) -> Valuation {
        self.machine.act(STRANGER, REGISTRY, &valuationCall { index: 0 }).unwrap()
    }
}

fn terms() -> AssetTerms {
    AssetTerms {
        token: USDC,
        class: class::STABLECOIN,
        decimals: 6,
        feed: FEED,
        baseHaircut: 20_000,
        floor: 10_000,
        cap: 200_000,
        deviationSlope: 1_000_000,
        dispersionSlope: 0,
        confidenceSlope: 0,
        concentrationLimit: PPM,
        priceCap: class::PAR,
    }
}

#[test]
fn an_asset_is_worth_nothing_until_it_follows_a_round() {
    let w = World::new();
    assert_eq!((w.value().factor, w.value().slot), (0, 0));
    assert_eq!(w.sync(SLOT), Err(NoRound { feed: FEED, slot: SLOT }.into()));
    w.post(SLOT, PAR);
    assert_eq!(w.sync(SLOT), Ok(()));
    assert_eq!((w.value().factor, w.value().slot), (980_000_000, SLOT));
    assert_eq!(w.sync(SLOT), Err(SlotNotNewer { slot: SLOT, held: SLOT }.into()));
}

/// One call has the oracle take a slot and follows it; whichever part is there already, the other one goes through.
#[test]
fn one_call_brings_rounds_and_sync() {
    let w = World::new();
    let (one, none, signed) = (U256::from(1), U256::ZERO, w.signed(SLOT, PAR));
    assert_eq!(w.submit_and_sync(&signed, 1), Ok((one, 1)));
    assert_eq!((w.value().factor, w.value().slot), (980_000_000, SLOT));
    let held = NotSuperseding { feed: FEED, slot: SLOT, reports: one, held: one };
    assert_eq!(w.submit_and_sync(&signed, 1), Err(held.clone().into()), "the oracle's reason");
    assert_eq!(w.submit_and_sync(&signed, 0), Err(held.into()));
    w.machine.warp(NOW + SLOT_SECONDS);
    w.post(SLOT + 1, PAR);
    let next = w.signed(SLOT + 1, PAR);
    assert_eq!(w.submit_and_sync(&next, 1), Ok((none, 1)), "somebody else brought the round");
    w.machine.warp(NOW + 2 * SLOT_SECONDS);
    assert_eq!(w.submit_and_sync(&w.signed(SLOT + 2, PAR), 0), Ok((one, 0)));
    assert_eq!(w.value().slot, SLOT + 1, "nobody asked for it");
    assert_eq!(w.submit_and_sync(&signed, 2), Err(UnknownIndex { index: U256::from(1) }.into()));
}

/// The slot has rounds, and none of this asset's feed.
#[test]
fn an_asset_without_a_round_stays_where_it_is() {
    let w = World::new();
    let terms = AssetTerms { token: Address::repeat_byte(0x0d), feed: B256::with_last_byte(8), ..terms() };
    w.machine.deploy(terms.token, |_, _| Ok(U256::from(6).abi_encode()));
    w.machine.act(OWNER, REGISTRY, &listAssetCall { terms }).unwrap();
    assert_eq!(w.submit_and_sync(&w.signed(SLOT, PAR), 0b11), Ok((U256::from(1), 0b01)));
    let none = NoRound { feed: B256::with_last_byte(8), slot: SLOT };
    let sync = |assets| w.machine.act(STRANGER, REGISTRY, &syncCall { slot: SLOT, assets }).map(drop);
    assert_eq!(sync(0b11), Err(none.into()), "one stands there, one has no round");
}

#[test]
fn what_the_oracle_answers_to_a_slot_is_read_exactly() {
    let w = World::new();
    let signed = w.signed(SLOT, PAR);
    for answer in [alloc::vec![], alloc::vec![0; 12 * 32], alloc::vec![0; 13 * 32 - 1], alloc::vec![0xff; 13 * 32]] {
        w.machine.deploy(ORACLE, move |_, _| Ok(answer.clone()));
        assert_eq!(w.submit_and_sync(&signed, 1), Err(OracleCallFailed {}.into()));
    }
    w.machine.deploy(ORACLE, |_, _| Err(contract_kit::Revert(Vec::new())));
    assert_eq!(w.submit_and_sync(&signed, 1), Err(OracleCallFailed {}.into()));
    let call = |bytes: &[u8]| w.machine.send(STRANGER, REGISTRY, &[&submitAndSyncCall::SELECTOR[..], bytes].concat());
    assert_eq!(call(&[1]), Err(Malformed { offset: U256::from(1) }.into()));
}

/// One slot alone never tightens; the second does, by the clock.
#[test]
fn a_haircut_follows_what_two_rounds_say() {
    let w = World::new();
    for (slot, price, haircut) in
        [(SLOT, PAR, 20_000), (SLOT + 1, PAR * 9 / 10, 20_000), (SLOT + 2, PAR * 9 / 10, 20_138)]
    {
        w.machine.warp(slot * SLOT_SECONDS);
        w.post(slot, price);
        assert_eq!(w.sync(slot), Ok(()));
        let factor = price * (1_000_000 - haircut) / 100_000;
        assert_eq!((w.value().factor, w.value().slot), (factor, slot));
    }
}

#[test]
fn what_the_oracle_does_not_answer_is_refused() {
    let w = World::new();
    w.post(SLOT, PAR);
    w.machine.deploy(ORACLE, |_, _| Ok([0; 31].to_vec()));
    assert_eq!(w.sync(SLOT), Err(OracleCallFailed {}.into()));
    assert_eq!(w.value().slot, 0);
}

/// A suspension ends only where the token still says the decimals that it is listed with.
#[test]
fn the_token_itself_is_asked_for_its_decimals() {
    let w = World::new();
    let resume = || w.machine.act(OWNER, REGISTRY, &resumeCall { index: 0 }).map(drop);
    w.machine.deploy(USDC, |_, _| Ok(U256::from(18).abi_encode()));
    assert_eq!(resume(), Err(DecimalsDiffer { token: USDC, listed: 6, said: U256::from(18) }.into()));
    w.machine.deploy(USDC, |_, _| Ok([0; 31].to_vec()));
    assert_eq!(resume(), Err(NoDecimals { token: USDC }.into()));
    w.machine.deploy(USDC, |_, _| Ok(U256::from(6).abi_encode()));
    w.machine.set_gas_left(109_999);
    assert_eq!(resume(), Err(GasShort { left: 109_999, needed: 110_000 }.into()));
    w.machine.set_gas_left(110_000);
    assert_eq!(resume(), Ok(()));
}

#[test]
fn the_guardian_suspends_and_the_owner_resumes() {
    let w = World::new();
    let suspend = |sender| w.machine.act(sender, REGISTRY, &suspendCall { index: 0 }).map(drop);
    assert_eq!(suspend(STRANGER), Err(NotGuardian { caller: STRANGER }.into()));
    assert_eq!(suspend(GUARDIAN), Ok(()));
    assert!(w.value().suspended);
    assert!(w.machine.act(OWNER, REGISTRY, &resumeCall { index: 0 }).is_ok());
    assert!(!w.value().suspended);
    let statuses: Vec<_> = w.machine.events::<StatusSet>(REGISTRY).iter().map(|told| told.current).collect();
    assert_eq!(statuses, [status::SUSPENDED, status::ACTIVE]);
}
