//! One call brings a slot: rounds, root of marks, and the registry's sync; each part goes through whatever becomes of the others.
use abi::oracle::PriceOracle::*;
use abi::packed::SignedSlot;
use abi::registry::EligibilityRegistry::{NoRound as NoRoundToFollow, SlotNotNewer, UnknownIndex, Valued};
use abi::registry::{HaircutState, Valuation};
use alloy::primitives::{B256, U256};
use alloy::sol_types::SolEvent;
use plumbline_tests::gas::{Bytes, Costs};
use plumbline_tests::market::taken;
use plumbline_tests::*;
use proptest::prelude::*;

const ROOT: B256 = B256::repeat_byte(0xa7);

trait Slot {
    fn signed(&self, price: u64, reporters: usize, root: B256) -> SignedSlot;
    fn followed(&self) -> Vec<(Valuation, HaircutState)>;
    fn valued(&self) -> Vec<u64>;
}

impl Slot for World {
    /// The first reporters say this price of all three tokens.
    fn signed(&self, price: u64, reporters: usize, root: B256) -> SignedSlot {
        let prices = vec![price; reporters];
        self.signed_slot(&self.tokens().map(|token| self.round(token.feed, self.slot(), &prices)), root)
    }

    fn followed(&self) -> Vec<(Valuation, HaircutState)> {
        self.tokens().map(|token| (self.valuation(token), self.haircut(token))).to_vec()
    }

    /// Slots that the tokens are valued at.
    fn valued(&self) -> Vec<u64> {
        self.tokens().map(|token| self.valuation(token).slot).to_vec()
    }
}

#[test]
fn one_call_brings_rounds_marks_and_sync() {
    let w = World::new();
    w.warp(10);
    let slot = w.slot();
    let done = w.prank(STRANGER).submit_and_sync(&w.signed(ONE, 5, ROOT), 0b111).ok();
    let expected: U256 = U256::from(0b111) | (U256::from(1) << 255);
    assert_eq!((done.returned.taken, done.returned.moved), (expected, 0b111));
    assert_eq!((w.valued(), w.root_of(slot)), (vec![slot; 3], ROOT));
    let told = taken(&done.logs);
    assert_eq!((told.rounds().count(), told.root()), (3, Some(ROOT)));
    assert_eq!(done.logs.iter().filter(|log| log.topics()[0] == Valued::SIGNATURE_HASH).count(), 3);
}

/// Somebody is faster with the rounds, with the root, with the sync, or with all but one.
#[test]
fn whoever_brings_a_part_first_stops_nothing_of_the_rest() {
    let parts: [fn(&World, &SignedSlot); 4] = [
        |w, signed| drop(w.prank(STRANGER).submit_signed(signed).ok()),
        |w, _| drop(w.send_marks(&w.marks(w.slot(), ROOT, &[0, 1, 2])).ok()),
        |w, _| {
            let rounds = w.tokens()[..2].iter().map(|token| w.round(token.feed, w.slot(), &[ONE; 5])).collect();
            w.prank(STRANGER).submit(rounds).ok();
        },
        |w, signed| drop(w.prank(STRANGER).submit_and_sync(signed, 0b011).ok()),
    ];
    for part in parts {
        let w = World::new();
        w.warp(10);
        let signed = w.signed(ONE, 5, ROOT);
        part(&w, &signed);
        w.prank(RELAYER).submit_and_sync(&signed, 0b111).ok();
        assert_eq!((w.valued(), w.root_of(w.slot())), (vec![w.slot(); 3], ROOT));
    }
}

#[test]
fn a_slot_that_brings_nothing_says_why() {
    let w = World::new();
    w.warp(10);
    let (slot, signed) = (w.slot(), w.signed(ONE, 5, ROOT));
    w.prank(RELAYER).submit_and_sync(&signed, 0b111).ok();
    let feed = *signed.reports.feeds.last().unwrap();
    let (reports, held) = (U256::from(5), U256::from(5));
    let old = NotSuperseding { feed, slot, reports, held };
    w.prank(STRANGER).submit_and_sync(&signed, 0b111).expect_revert(old.clone());
    w.prank(STRANGER).submit_and_sync(&signed, 0).expect_revert(old);
    w.warp(10);
    let (votes, quorum) = (U256::from(2), U256::from(3));
    let short = NoQuorum { feed, votes, quorum };
    w.prank(STRANGER).submit_and_sync(&w.signed(ONE, 2, B256::ZERO), 0b111).expect_revert(short);
    w.prank(STRANGER).submit_and_sync(&signed, 0b1000).expect_revert(UnknownIndex { index: U256::from(3) });
    assert_eq!(w.valued(), [slot; 3]);
}

/// A root alone, through the registry too; a sync alone, of what the oracle has.
#[test]
fn each_part_is_possible_alone() {
    let w = World::new();
    w.warp(10);
    let (slot, before) = (w.slot(), w.valued());
    let done = w.prank(RELAYER).submit_and_sync(&w.marks(slot, ROOT, &[0, 2, 4]), 0b111).ok();
    assert_eq!((w.root_of(slot), done.returned.moved, w.valued()), (ROOT, 0, before.clone()));
    let done = w.prank(RELAYER).submit_and_sync(&w.signed(ONE, 5, B256::ZERO), 0).ok();
    assert_eq!((done.returned.moved, w.valued()), (0, before));
    w.sync().ok();
    assert_eq!(w.valued(), [slot; 3]);
}

/// One feed has no quorum: its asset stays, and the others follow. Synced alone it says what is missing.
#[test]
fn a_silent_feed_holds_up_no_other_asset() {
    let w = World::new();
    let before = w.slot();
    w.warp(10);
    let slot = w.slot();
    let [usdc, usde, cash] = w.tokens();
    let rounds =
        [w.round(usdc.feed, slot, &[ONE; 5]), w.round(usde.feed, slot, &[ONE; 2]), w.round(cash.feed, slot, &[ONE; 5])];
    let done = w.prank(RELAYER).submit_and_sync(&w.signed_slot(&rounds, B256::ZERO), 0b111).ok();
    assert_eq!((done.returned.moved, w.valued()), (0b101, vec![slot, before, slot]));
    w.sync().expect_revert(NoRoundToFollow { feed: usde.feed, slot });
    w.prank(RELAYER).submit(vec![w.round(usde.feed, slot, &[ONE; 3])]).ok();
    w.sync().ok();
    assert_eq!(w.valued(), [slot; 3]);
    w.sync().expect_revert(SlotNotNewer { slot, held: slot });
}

/// A poster leaves a reporter out; the next one brings all, and the registry takes the round again.
#[test]
fn whoever_drops_a_reporter_is_superseded() {
    let w = World::new();
    w.warp(10);
    let prices = [ONE, ONE, ONE, ONE, ONE * 97 / 100];
    let signed = |reporters: usize| {
        let round = |token: Token| w.round(token.feed, w.slot(), &prices[..reporters]);
        w.signed_slot(&w.tokens().map(round), B256::ZERO)
    };
    w.prank(STRANGER).submit_and_sync(&signed(4), 0b111).ok();
    let hidden = w.haircut(w.usde).signal;
    let done = w.prank(RELAYER).submit_and_sync(&signed(5), 0b111).ok();
    assert_eq!(done.returned.moved, 0b111);
    assert!(w.haircut(w.usde).signal > hidden, "the fifth shows as dispersion");
}

/// A slot that is over is still brought, within its age, and moves no asset back.
#[test]
fn an_older_slot_moves_nothing_back() {
    let w = World::new();
    w.warp(10);
    let late = w.signed(ONE, 5, ROOT);
    w.warp(10);
    w.prank(RELAYER).submit_and_sync(&w.signed(ONE, 5, B256::ZERO), 0b111).ok();
    let slot = w.slot();
    let done = w.prank(RELAYER).submit_and_sync(&late, 0b111).ok();
    assert_eq!((done.returned.moved, w.valued(), w.root_of(slot - 1)), (0, vec![slot; 3], ROOT));
}

/// How many of the reporters speak, their prices and seconds since the slot before.
fn step() -> impl Strategy<Value = (Vec<u64>, u64)> {
    (prop::collection::vec(prop_oneof![9 => 95_000_000..=101_000_000u64, 1 => 1..=u64::MAX], 1..=5), 10..40u64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// One call comes to what its parts come to one after the other.
    #[test]
    fn fuzz_one_call_is_its_parts(steps in prop::collection::vec(step(), 1..6)) {
        let (whole, parts) = (World::new(), World::new());
        for (prices, seconds) in steps {
            for w in [&whole, &parts] {
                w.warp(seconds);
            }
            let signed = |w: &World| w.signed_slot(&w.tokens().map(|token| w.round(token.feed, w.slot(), &prices)), ROOT);
            whole.prank(RELAYER).submit_and_sync(&signed(&whole), 0b111).ignore();
            parts.prank(RELAYER).submit_signed(&signed(&parts)).ignore();
            parts.sync().ignore();
            prop_assert_eq!(whole.followed(), parts.followed());
            prop_assert_eq!(whole.root_of(whole.slot()), parts.root_of(parts.slot()));
        }
    }
}

/// `cargo xtask bench slot`.
#[test]
#[ignore = "a measurement"]
fn cost_of_a_slot() {
    let (costs, registry) = (Costs::new(true), World::new().registry);
    println!("five reporters and a root of marks in one call; the first three feeds are followed by an asset each");
    println!("{:>6} {:>9} {:>9} {:>9} {:>9} {:>11}", "feeds", "gas", "budget", "calldata", "budget", "compressed");
    for (feeds, gas_bar, bytes_bar) in [(1, "-", "-"), (9, "220000", "1100"), (50, "-", "-")] {
        let slot = costs.slot(feeds);
        let Bytes { calldata, compressed } = Bytes::of(registry, &slot.calldata);
        println!("{feeds:>6} {:>9} {gas_bar:>9} {calldata:>9} {bytes_bar:>9} {compressed:>11}", slot.gas);
    }
}
