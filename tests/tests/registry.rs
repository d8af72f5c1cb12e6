//! eligibility-registry: listing, valuations, haircuts that follow the oracle, participants.
use abi::PPM;
use abi::packed::valuation;
use abi::registry::EligibilityRegistry::*;
use abi::registry::{AssetTerms, HaircutRule, HaircutState, Valuation, cause, role};
use alloy::primitives::{Address, FixedBytes, U256, hex};
use alloy::sol_types::{SolCall, SolError, SolValue};
use plumbline_tests::hostile::answers;
use plumbline_tests::market::{Round, Said};
use plumbline_tests::*;
use proptest::prelude::*;

/// USDe's base haircut; half its deviation from par comes on top.
const BASE: u32 = 50_000;
/// At 0.90 USD USDe's signal is 10 points.
const STRESS: u64 = 90_000_000;
const STRESSED: u32 = 100_000;

trait Registry {
    fn usde_at(&self, price: u64, seconds: u64);
    fn sync_usde(&self, slot: u64) -> Outcome<syncCall>;
    fn list_terms(&self, terms: AssetTerms) -> Outcome<listAssetCall>;
    fn other_terms(&self) -> AssetTerms;
    fn usde_haircut(&self) -> HaircutState;
    fn words(&self, assets: u16) -> Vec<u8>;
}

impl Registry for World {
    /// After some seconds all reporters say so of USDe, and the registry follows.
    fn usde_at(&self, price: u64, seconds: u64) {
        let feed = self.usde.feed;
        self.warp(seconds);
        self.post(&[(feed, price)]);
    }

    fn sync_usde(&self, slot: u64) -> Outcome<syncCall> {
        let (registry, assets) = (self.registry, self.usde.bit());
        self.prank(STRANGER).send(registry, syncCall { slot, assets })
    }

    fn list_terms(&self, terms: AssetTerms) -> Outcome<listAssetCall> {
        let registry = self.registry;
        self.prank(GOVERNOR).send(registry, listAssetCall { terms })
    }

    fn other_terms(&self) -> AssetTerms {
        let token = Address::repeat_byte(7);
        self.node.set_code(token, &answers(6));
        AssetTerms { token, feed: feed("OTHER"), ..deploy::terms(30_000, 400_000) }
    }

    fn usde_haircut(&self) -> HaircutState {
        self.haircut(self.usde)
    }

    fn words(&self, assets: u16) -> Vec<u8> {
        self.node.call(self.registry, valuationsCall { assets }.abi_encode()).unwrap().to_vec()
    }
}

#[test]
fn listing_takes_the_next_index() {
    let w = World::new();
    let terms = w.other_terms();
    let emitted = AssetListed {
        index: 3,
        token: terms.token,
        class: terms.class,
        decimals: terms.decimals,
        feed: terms.feed,
        baseHaircut: terms.baseHaircut,
        floor: terms.floor,
        cap: terms.cap,
        deviationSlope: terms.deviationSlope,
        dispersionSlope: terms.dispersionSlope,
        confidenceSlope: terms.confidenceSlope,
        concentrationLimit: terms.concentrationLimit,
        priceCap: terms.priceCap,
    };
    assert_eq!(w.list_terms(terms.clone()).expect_emit(emitted).ok().returned, 3);
    assert_eq!(w.view(w.registry, assetCountCall {}), 4);
    assert_eq!(w.view(w.registry, assetAtCall { index: 3 }), terms);
    let found = w.view(w.registry, assetOfCall { token: terms.token });
    assert_eq!((found.index, found.decimals, found.class), (3, 6, 1));
}

#[test]
fn token_of_no_asset_is_unknown() {
    let w = World::new();
    let (registry, token) = (w.registry, Address::repeat_byte(7));
    w.prank(STRANGER).send(registry, assetOfCall { token }).expect_revert(UnknownAsset { token });
}

#[test]
fn listed_tokens_are_found_by_address() {
    let w = World::new();
    for (token, class) in w.tokens().into_iter().zip([1, 1, 2]) {
        let found = w.view(w.registry, assetOfCall { token: token.address });
        assert_eq!((found.index, found.decimals, found.class), (token.index, token.decimals, class));
    }
}

#[test]
fn terms_out_of_bounds_are_refused() {
    type Change = fn(&mut AssetTerms);
    let changes: [Change; 13] = [
        |terms| terms.class = 0,
        |terms| terms.class = 4,
        |terms| terms.priceCap = 99,
        |terms| terms.priceCap = 101,
        |terms| (terms.class, terms.priceCap) = (2, 1_200),
        // A fund's shares have no par to deviate from.
        |terms| (terms.class, terms.priceCap) = (3, 1_200),
        |terms| terms.decimals = 25,
        |terms| terms.feed = Default::default(),
        |terms| terms.floor = terms.baseHaircut + 1,
        |terms| terms.cap = terms.baseHaircut - 1,
        |terms| terms.cap = PPM,
        |terms| terms.concentrationLimit = 0,
        |terms| terms.concentrationLimit = PPM + 1,
    ];
    let w = World::new();
    for change in changes {
        let mut terms = w.other_terms();
        change(&mut terms);
        let token = terms.token;
        w.list_terms(terms).expect_revert(InvalidTerms { token });
    }
    let terms = AssetTerms { token: Address::ZERO, ..w.other_terms() };
    w.list_terms(terms).expect_revert(InvalidTerms { token: Address::ZERO });
}

#[test]
fn a_token_is_listed_once() {
    let w = World::new();
    let token = w.usdc.address;
    let terms = AssetTerms { token, ..w.other_terms() };
    w.list_terms(terms).expect_revert(AssetAlreadyListed { token });
}

/// What a token may answer to `decimals` that is no 6: code, and what is wrong with it.
fn answers_that_are_none() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("no code", vec![]),
        ("nothing", hex!("00").to_vec()),
        ("a revert", hex!("5f5ffd").to_vec()),
        ("31 bytes", hex!("60065f52601f5ff3").to_vec()),
        ("two words", hex!("60065f5260405ff3").to_vec()),
        ("ten thousand bytes", hex!("60065f526127105ff3").to_vec()),
        ("a loop without end", hex!("5b5f56").to_vec()),
    ]
}

#[test]
fn a_token_is_listed_with_the_decimals_that_it_says() {
    let w = World::new();
    let terms = w.other_terms();
    let token = terms.token;
    for (said, code) in [
        (U256::from(18), answers(18).to_vec()),
        (U256::from(5), answers(5).to_vec()),
        (U256::from(255), answers(255).to_vec()),
        (U256::from(256 + 6), hex!("6101065f5260205ff3").to_vec()),
        (U256::MAX, hex!("5f195f5260205ff3").to_vec()),
    ] {
        w.node.set_code(token, &code);
        w.list_terms(terms.clone()).expect_revert(DecimalsDiffer { token, listed: 6, said });
    }
    for (what, code) in answers_that_are_none() {
        w.node.set_code(token, &code);
        let outcome = w.list_terms(terms.clone());
        assert!(outcome.gas() < 300_000, "{what}: {} gas", outcome.gas());
        outcome.expect_revert(NoDecimals { token });
    }
    assert_eq!(w.view(w.registry, assetCountCall {}), 3);
    for decimals in [0, 2, 18, 24] {
        let token = Address::repeat_byte(0x70 + decimals);
        w.node.set_code(token, &answers(decimals));
        w.list_terms(AssetTerms { token, decimals, ..terms.clone() }).ok();
    }
}

/// Whoever sends it cannot make the token fail by withholding gas.
#[test]
fn a_listing_without_gas_to_ask_says_so() {
    let w = World::new();
    let terms = w.other_terms();
    let call = listAssetCall { terms }.abi_encode();
    let (mut short, mut done) = (0, 0);
    for gas in (60_000u64..500_000).step_by(10_000) {
        let before = w.snapshot();
        let outcome = w.node.transact_within(GOVERNOR.address(), w.registry, call.clone(), gas);
        short += u64::from(!outcome.success && outcome.output.starts_with(&GasShort::SELECTOR));
        assert!(
            !outcome.output.starts_with(&NoDecimals::SELECTOR)
                && !outcome.output.starts_with(&DecimalsDiffer::SELECTOR),
            "{gas}"
        );
        done += u64::from(outcome.success);
        w.revert(before);
    }
    assert!(short > 2 && done > 2, "{short} and {done}");
}

/// Decimals that an issuer changed later: neither looser terms nor the end of a suspension pass over them; governor and guardian
/// still tighten.
#[test]
fn changed_decimals_stop_new_terms_and_the_end_of_a_suspension() {
    let w = World::new();
    w.appoint();
    let (registry, index, rule) = (w.registry, w.usdc.index, w.rule(w.usdc));
    let code = w.node.code(w.usdc.address);
    w.prank(GUARDIAN).registry(suspendCall { index }).ok();
    w.node.set_code(w.usdc.address, &answers(18));
    let differ = DecimalsDiffer { token: w.usdc.address, listed: 6, said: U256::from(18) };
    let tight = HaircutRule { concentrationLimit: rule.concentrationLimit - 1, cap: rule.cap + 1, ..rule.clone() };
    w.prank(GOVERNOR).send(registry, setRuleCall { index, rule: tight }).ok();
    w.prank(GOVERNOR).send(registry, setRuleCall { index, rule: rule.clone() }).expect_revert(differ.clone());
    w.prank(GOVERNOR).send(registry, resumeCall { index }).expect_revert(differ);
    let haircut = w.haircut(w.usdc).haircut + 10_000;
    w.prank(GUARDIAN).registry(tightenCall { index, haircut }).ok();
    w.prank(GUARDIAN).registry(windDownCall { index }).ok();
    w.node.set_code(w.usdc.address, &code);
    w.prank(GOVERNOR).send(registry, setRuleCall { index, rule }).ok();
    w.prank(GOVERNOR).send(registry, resumeCall { index }).ok();
}

#[test]
fn there_are_sixteen_assets_at_most() {
    let w = World::new();
    for index in 3..16 {
        let terms = AssetTerms { token: Address::repeat_byte(index), ..w.other_terms() };
        w.node.set_code(terms.token, &answers(6));
        assert_eq!(w.list_terms(terms).ok().returned, index);
    }
    let terms = AssetTerms { token: Address::repeat_byte(16), ..w.other_terms() };
    w.node.set_code(terms.token, &answers(6));
    w.list_terms(terms).expect_revert(TooManyAssets {});
    assert_eq!(w.words(u16::MAX).len(), 16 * 32);
}

#[test]
fn asset_without_a_round_is_worth_nothing() {
    let w = World::new();
    let terms = w.other_terms();
    w.list_terms(terms).ok();
    let nothing =
        Valuation { slot: 0, factor: 0, factorNew: 0, concentrationLimit: 400_000, suspended: false, priceCap: 100 };
    assert_eq!(w.view(w.registry, valuationCall { index: 3 }), nothing);
    let resting = HaircutState {
        haircut: 30_000,
        target: 30_000,
        signal: 30_000,
        slot: 0,
        movedAt: 0,
        tightened: 0,
        status: 0,
        countsUntil: 0,
    };
    assert_eq!(w.view(w.registry, haircutCall { index: 3 }), resting);
}

#[test]
fn first_round_starts_at_the_base_haircut() {
    let w = World::new();
    let terms = w.other_terms();
    let (feed, slot) = (terms.feed, w.slot());
    w.list_terms(terms).ok();
    let round = w.round(feed, slot, &[STRESS; 5]);
    w.prank(RELAYER).submit(vec![round]).ok();
    let registry = w.registry;
    let factor = 873_000_000;
    let emitted =
        Valued { index: 3, slot, price: STRESS, factor, factorNew: factor, concentrationLimit: 400_000, priceCap: 100 };
    let outcome = w.prank(STRANGER).send(registry, syncCall { slot, assets: 8 });
    outcome.expect_emit(emitted).expect_no_emit::<HaircutMoved>().ok();
    let expected = HaircutState {
        haircut: 30_000,
        target: 30_000,
        signal: 80_000,
        slot,
        movedAt: w.now(),
        tightened: 0,
        status: 0,
        countsUntil: 0,
    };
    assert_eq!(w.view(registry, haircutCall { index: 3 }), expected);
}

#[test]
fn valuations_are_the_words_themselves() {
    let w = World::new();
    w.usde_at(99_123_456, 10);
    let [usdc, usde, cash] = w.tokens().map(|token| valuation::pack(&w.valuation(token)));
    assert_eq!(w.words(0b111), [usdc, usde, cash].concat());
    assert_eq!(w.words(0b101), [usdc, cash].concat());
    assert_eq!(w.words(0b010), usde);
    assert!(w.words(0).is_empty());
}

/// The words of the valuations, then one of roles.
#[test]
fn standing_is_valuations_and_the_roles_of_two() {
    let w = World::new();
    w.set_roles(DAVE, role::VENUE | role::CALCULATION_AGENT);
    let standing = |assets: u16, agent: Address, second: Address| {
        let call = standingCall { assets, agent, secondAgent: second }.abi_encode();
        w.node.call(w.registry, call).unwrap().to_vec()
    };
    let roles = |word: u16| U256::from(word).to_be_bytes::<32>();
    let (agent, dave, nobody) = (AGENT.address(), DAVE.address(), Address::ZERO);
    assert_eq!(standing(0b101, agent, dave), [&w.words(0b101)[..], &roles(0x0504)].concat());
    assert_eq!(standing(0b010, dave, nobody), [&w.words(0b010)[..], &roles(0x0005)].concat());
    assert_eq!(standing(0, nobody, agent), roles(0x0400));
    assert_eq!(standing(0, nobody, nobody), roles(0));
    w.set_roles(AGENT, 0);
    assert_eq!(standing(0, agent, dave), roles(0x0500));
    let unknown = UnknownIndex { index: U256::from(3) };
    let call = standingCall { assets: 0b1111, agent, secondAgent: dave };
    w.prank(STRANGER).send(w.registry, call).expect_revert(unknown);
}

#[test]
fn index_of_no_asset_is_unknown() {
    let w = World::new();
    let (registry, slot) = (w.registry, w.slot());
    let unknown = |index: u64| UnknownIndex { index: U256::from(index) };
    w.prank(STRANGER).send(registry, valuationsCall { assets: 0b1_0111 }).expect_revert(unknown(4));
    w.prank(STRANGER).send(registry, syncCall { slot: slot + 1, assets: 0b1000 }).expect_revert(unknown(3));
    w.prank(STRANGER).send(registry, valuationCall { index: 3 }).expect_revert(unknown(3));
    w.prank(STRANGER).send(registry, haircutCall { index: 16 }).expect_revert(unknown(16));
    w.prank(STRANGER).send(registry, assetAtCall { index: 255 }).expect_revert(unknown(255));
}

#[test]
fn no_asset_is_worth_more_than_par() {
    let w = World::new();
    w.warp(10);
    let prices = w.tokens().map(|token| (token.feed, 104_000_000));
    w.post(&prices);
    let factors = w.tokens().map(|token| w.valuation(token).factor);
    assert_eq!(factors, [990_000_000, 950_000_000, 980_000_000]);
}

#[test]
fn price_falls_in_the_factor_at_once() {
    let w = World::new();
    w.usde_at(97_000_001, 10);
    let value = w.valuation(w.usde);
    assert_eq!((value.factor, value.factorNew, value.slot), (921_500_009, 921_500_009, w.slot()));
    assert_eq!(value.concentrationLimit, 600_000);
}

#[test]
fn one_slot_alone_never_tightens() {
    let w = World::new();
    for _ in 0..3 {
        w.usde_at(STRESS, 1_800);
        assert_eq!(
            (w.usde_haircut().haircut, w.usde_haircut().target, w.usde_haircut().signal),
            (BASE, BASE, STRESSED)
        );
        w.usde_at(ONE, 1_800);
        assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target, w.usde_haircut().signal), (BASE, BASE, BASE));
    }
}

#[test]
fn two_slots_tighten_by_the_clock_and_new_pledges_at_once() {
    let w = World::new();
    w.usde_at(STRESS, 10);
    w.warp(10);
    let (feed, slot) = (w.usde.feed, w.slot());
    let round = w.round(feed, slot, &[STRESS; 5]);
    w.prank(RELAYER).submit(vec![round]).ok();
    let moved =
        HaircutMoved { index: 1, slot, previous: BASE, current: 50_138, target: STRESSED, cause: cause::TIGHTENED };
    let (factor, factor_new) = (854_875_800, 810_000_000);
    let valued = Valued {
        index: 1,
        slot,
        price: STRESS,
        factor,
        factorNew: factor_new,
        concentrationLimit: 600_000,
        priceCap: 100,
    };
    w.sync_usde(slot).expect_emit(moved).expect_emit(valued).ok();
    let expected = HaircutState {
        haircut: 50_138,
        target: STRESSED,
        signal: STRESSED,
        slot,
        movedAt: w.now(),
        tightened: 0,
        status: 0,
        countsUntil: 0,
    };
    assert_eq!(w.usde_haircut(), expected);
    let value =
        Valuation { slot, factor, factorNew: factor_new, concentrationLimit: 600_000, suspended: false, priceCap: 100 };
    assert_eq!(w.valuation(w.usde), value);
}

#[test]
fn target_is_the_milder_of_two_slots() {
    let w = World::new();
    w.usde_at(STRESS, 10);
    w.usde_at(94_000_000, 10);
    assert_eq!((w.usde_haircut().target, w.usde_haircut().signal), (80_000, 80_000));
    w.usde_at(STRESS, 10);
    assert_eq!((w.usde_haircut().target, w.usde_haircut().signal), (80_000, STRESSED));
}

#[test]
fn an_hour_tightens_five_points() {
    let w = World::new();
    w.usde_at(STRESS, 10);
    for _ in 0..72 {
        w.usde_at(STRESS, 50);
    }
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target), (STRESSED, STRESSED));
    let w = World::new();
    w.usde_at(80_000_000, 10);
    for _ in 0..72 {
        w.usde_at(80_000_000, 50);
    }
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target), (100_000, 150_000));
}

/// A spike, and another one much later: the round before the second decides, whoever synced which.
#[test]
fn two_spikes_with_calm_between_them_do_not_persist() {
    let w = World::new();
    w.usde_at(STRESS, 10);
    let feed = w.usde.feed;
    for price in [ONE, ONE, STRESS] {
        w.warp(10);
        let round = w.round(feed, w.slot(), &[price; 5]);
        w.prank(RELAYER).submit(vec![round]).ok();
    }
    w.sync_usde(w.slot()).ok();
    let held = w.usde_haircut();
    assert_eq!((held.haircut, held.target, held.signal), (BASE, BASE, STRESSED));
}

/// To sync the calm slots only hides nothing that the slot before and this one call for.
#[test]
fn a_signal_persists_where_only_its_second_slot_is_synced() {
    let w = World::new();
    let feed = w.usde.feed;
    w.usde_at(ONE, 3_600);
    for price in [STRESS, STRESS, ONE] {
        w.warp(10);
        let round = w.round(feed, w.slot(), &[price; 5]);
        w.prank(RELAYER).submit(vec![round]).ok();
    }
    let newest = w.slot();
    w.sync_usde(newest - 1).ok();
    // Two rounds span 20 seconds; the 30 since the last sync earn no more.
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target), (BASE + 277, STRESSED));
    w.sync_usde(newest - 2).expect_revert(SlotNotNewer { slot: newest - 2, held: newest - 1 });
    w.sync_usde(newest).ok();
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target), (BASE + 277, BASE));
    w.sync_usde(newest - 1).expect_revert(SlotNotNewer { slot: newest - 1, held: newest });
}

/// Two bad slots an hour ago are two slots' worth, not an hour's.
#[test]
fn a_late_sync_earns_no_credit() {
    let w = World::new();
    let feed = w.usde.feed;
    w.usde_at(ONE, 10);
    w.warp(20);
    let slot = w.slot();
    for slot in [slot - 1, slot] {
        w.prank(RELAYER).submit(vec![w.round(feed, slot, &[STRESS; 5])]).ok();
    }
    w.warp(3_600);
    w.sync_usde(slot).ok();
    assert_eq!(w.usde_haircut().haircut, BASE + 277);
}

/// Beyond an hour there is no slot before: nothing confirms, and the search costs no more.
#[test]
fn a_slot_after_an_hour_without_rounds_is_alone() {
    let w = World::new();
    w.cache_programs();
    w.usde_at(STRESS, 10);
    w.warp(3_610);
    let round = w.round(w.usde.feed, w.slot(), &[STRESS; 5]);
    w.prank(RELAYER).submit(vec![round]).ok();
    let gas = w.sync_usde(w.slot()).ok().gas;
    assert!(gas < 900_000, "{gas} gas");
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target), (BASE, BASE));
    w.usde_at(STRESS, 3_600);
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target), (BASE + 50_000, STRESSED));
}

/// Whoever posts and syncs the tight reports first hides the others from nobody: the slot is taken again with more reports.
#[test]
fn a_superseded_round_is_synced_again() {
    let tightened = |hide: bool| {
        let w = World::open();
        for _ in 0..12 {
            w.warp(10);
            let (slot, feed) = (w.slot(), w.usde.feed);
            let all = [ONE, ONE, ONE, price(7_000), price(7_000)];
            if hide {
                w.prank(STRANGER).submit(vec![w.round(feed, slot, &all[..3])]).ok();
                w.sync_usde(slot).ok();
                assert_eq!(w.usde_haircut().signal, BASE);
            }
            w.prank(RELAYER).submit(vec![w.round(feed, slot, &all)]).ok();
            w.sync_usde(slot).ok();
            w.sync_usde(slot).expect_revert(SlotNotNewer { slot, held: slot });
        }
        w.usde_haircut()
    };
    let (open, hidden) = (tightened(false), tightened(true));
    assert_eq!((open.target, open.haircut), (BASE + 300_000, BASE + 1_527));
    // A slot behind: the time until a reading counts for it at its first sync.
    assert_eq!((hidden.target, hidden.haircut), (open.target, BASE + 1_380));
}

#[test]
fn a_superseded_price_is_synced_again() {
    let w = World::new();
    w.warp(10);
    let (slot, feed) = (w.slot(), w.usde.feed);
    let all = [ONE, ONE, ONE, price(9_900), price(9_900)];
    w.prank(STRANGER).submit(vec![w.round(feed, slot, &all[2..])]).ok();
    w.sync_usde(slot).ok();
    let low = w.valuation(w.usde).factor;
    w.prank(RELAYER).submit(vec![w.round(feed, slot, &all)]).ok();
    w.sync_usde(slot).ok();
    assert!(w.valuation(w.usde).factor > low && w.valuation(w.usde).slot == slot);
}

/// Whoever posts three of five reports first keeps the dispersion from nobody.
#[test]
fn the_first_three_reports_hide_no_dispersion() {
    let tightened = |hide: bool| {
        let w = World::open();
        for _ in 0..12 {
            w.warp(10);
            let (slot, feed) = (w.slot(), w.usde.feed);
            let all = [ONE, ONE, ONE, price(7_000), price(7_000)];
            if hide {
                w.prank(STRANGER).submit(vec![w.round(feed, slot, &all[..3])]).ok();
            }
            w.prank(RELAYER).submit(vec![w.round(feed, slot, &all)]).ok();
            w.sync_usde(slot).ok();
        }
        w.usde_haircut()
    };
    let open = tightened(false);
    assert_eq!((open.haircut, open.target), (BASE + 1_527, BASE + 300_000));
    assert_eq!(HaircutState { movedAt: 0, ..tightened(true) }, HaircutState { movedAt: 0, ..open });
}

#[test]
fn two_slots_in_one_block_move_nothing() {
    let w = World::new();
    w.warp(20);
    let slot = w.slot();
    let feed = w.usde.feed;
    for slot in [slot - 1, slot] {
        w.prank(RELAYER).submit(vec![w.round(feed, slot, &[STRESS; 5])]).ok();
    }
    w.sync_usde(slot - 1).ok();
    let before = w.usde_haircut().movedAt;
    w.sync_usde(slot).ok();
    let allowed = (w.usde_haircut().movedAt - before) * 50_000 / 3_600;
    assert!(u64::from(w.usde_haircut().haircut - BASE) <= allowed);
    assert_eq!(w.usde_haircut().target, STRESSED);
}

#[test]
fn rest_earns_no_credit() {
    let w = World::new();
    w.usde_at(ONE, 10 * DAY);
    w.usde_at(STRESS, 10);
    w.usde_at(STRESS, 10);
    assert_eq!(w.usde_haircut().haircut, 50_138);
}

#[test]
fn three_days_loosen_half_a_point() {
    let w = World::new();
    for _ in 0..4 {
        w.usde_at(STRESS, 3_600);
    }
    assert_eq!(w.usde_haircut().haircut, STRESSED);
    w.usde_at(ONE, 10);
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().target), (STRESSED, BASE));
    for _ in 0..36 {
        w.usde_at(ONE, 7_200);
    }
    assert_eq!(w.usde_haircut().haircut, 95_000);
    let value = w.valuation(w.usde);
    assert_eq!((value.factor, value.factorNew), (905_000_000, 905_000_000));
}

#[test]
fn loosening_is_announced() {
    let w = World::new();
    for _ in 0..4 {
        w.usde_at(STRESS, 3_600);
    }
    w.warp(120);
    let (feed, slot) = (w.usde.feed, w.slot());
    let round = w.round(feed, slot, &[ONE; 5]);
    w.prank(RELAYER).submit(vec![round]).ok();
    let emitted =
        HaircutMoved { index: 1, slot, previous: STRESSED, current: 99_998, target: BASE, cause: cause::LOOSENED };
    w.sync_usde(slot).expect_emit(emitted).ok();
}

#[test]
fn haircut_stops_at_its_cap() {
    let w = World::new();
    for _ in 0..14 {
        w.warp(3_600);
        let (feed, slot) = (w.usde.feed, w.slot());
        let said = (0..5).map(|reporter| Said { reporter, price: 1, confidence: 0 }).collect();
        let round = Round { feed, slot, said };
        w.prank(RELAYER).submit(vec![round]).ok();
        w.sync_usde(slot).ok();
    }
    assert_eq!((w.usde_haircut().haircut, w.usde_haircut().signal), (600_000, 600_000));
}

/// 10 October 2025: one venue at 0.65, four near 0.99: the price hardly falls, the spread of sources shows.
#[test]
fn lone_print_moves_the_haircut_only_through_dispersion() {
    let w = World::new();
    for _ in 0..2 {
        w.warp(10);
        let (feed, slot) = (w.usde.feed, w.slot());
        let round = w.round(feed, slot, &[price(6_500), price(9_900), price(9_920), price(9_890), price(9_910)]);
        w.prank(RELAYER).submit(vec![round]).ok();
        w.sync_usde(slot).ok();
    }
    let held = w.usde_haircut();
    assert_eq!((held.haircut, held.target), (50_138, BASE + 4_750 + 343_766));
    assert_eq!(w.valuation(w.usde).factor, 940_838_311);
}

#[test]
fn synced_slot_must_be_newer() {
    let w = World::new();
    let held = w.slot();
    w.sync_usde(held).expect_revert(SlotNotNewer { slot: held, held });
    w.sync_usde(held - 1).expect_revert(SlotNotNewer { slot: held - 1, held });
}

#[test]
fn assets_already_there_are_passed_over() {
    let w = World::new();
    w.warp(10);
    let slot = w.slot();
    let rounds = w.tokens().map(|token| w.round(token.feed, slot, &[ONE; 5])).to_vec();
    w.prank(RELAYER).submit(rounds).ok();
    w.sync_usde(slot).ok();
    let before = w.usde_haircut();
    let valued: Vec<u8> = w.sync().ok().events::<Valued>().into_iter().map(|event| event.index).collect();
    assert_eq!((valued, w.usde_haircut()), (vec![0, 2], before));
    w.sync().expect_revert(SlotNotNewer { slot, held: slot });
}

#[test]
fn slot_must_have_a_round() {
    let w = World::new();
    w.warp(10);
    let (feed, slot) = (w.usde.feed, w.slot());
    w.sync_usde(slot).expect_revert(NoRound { feed, slot });
    w.sync_usde(u64::MAX).expect_revert(NoRound { feed, slot: u64::MAX });
}

#[test]
fn oracle_that_does_not_answer_is_told() {
    let w = World::new();
    for oracle in [STRANGER.address(), w.registry] {
        let registry = w.node.second(GOVERNOR.address(), w.registry);
        let data = [&stylus_constructorCall::SELECTOR[..], &(GOVERNOR.address(), oracle).abi_encode()].concat();
        w.prank(GOVERNOR).send_raw::<stylus_constructorCall>(registry, data).ok();
        assert_eq!(w.view(registry, oracleCall {}), oracle);
        let terms = w.other_terms();
        w.prank(GOVERNOR).send(registry, listAssetCall { terms }).ok();
        w.prank(STRANGER).send(registry, syncCall { slot: 1, assets: 1 }).expect_revert(OracleCallFailed {});
    }
}

#[test]
fn participants_have_identity_and_roles() {
    let w = World::new();
    let (registry, participant) = (w.registry, DAVE.address());
    let (lei, roles) = (FixedBytes::from(*b"5493001KJTIIGC8Y1R12"), role::VENUE | role::CALCULATION_AGENT);
    let call = setParticipantCall { participant, lei, roles };
    w.prank(GOVERNOR).send(registry, call).expect_emit(ParticipantSet { participant, lei, roles }).ok();
    let held = w.view(registry, rolesCall { participant });
    assert_eq!((held.roles, held.lei), (roles, lei));
    w.set_roles(DAVE, 0);
    assert_eq!(w.view(registry, rolesCall { participant }).roles, 0);
    assert_eq!(w.view(registry, rolesCall { participant: Address::repeat_byte(9) }).roles, 0);
}

#[test]
fn padding_must_be_zero() {
    let w = World::new();
    let registry = w.registry;
    let participant = DAVE.address();
    let good = setParticipantCall { participant, lei: FixedBytes::ZERO, roles: 1 }.abi_encode();
    for (at, offset) in [(4, 0), (4 + 32 + 20, 32), (4 + 64, 64)] {
        let mut data = good.clone();
        data[at] = 1;
        let outcome = w.prank(GOVERNOR).send_raw::<setParticipantCall>(registry, data);
        outcome.expect_revert(Malformed { offset: U256::from(offset) });
    }
    let longer = [&good[..], &[0]].concat();
    let outcome = w.prank(GOVERNOR).send_raw::<setParticipantCall>(registry, longer);
    outcome.expect_revert(Malformed { offset: U256::from(97) });
}

#[test]
fn only_the_owner_governs() {
    let w = World::new();
    let (registry, caller, terms) = (w.registry, STRANGER.address(), w.other_terms());
    let refused = NotOwner { caller };
    w.prank(STRANGER).send(registry, listAssetCall { terms }).expect_revert(refused.clone());
    let call = setParticipantCall { participant: caller, lei: FixedBytes::ZERO, roles: 7 };
    w.prank(STRANGER).send(registry, call).expect_revert(refused.clone());
    w.prank(STRANGER).send(registry, transferOwnershipCall { newOwner: caller }).expect_revert(refused.clone());
    w.prank(STRANGER).send(registry, acceptOwnershipCall {}).expect_revert(refused);
}

#[test]
fn ownership_passes_in_two_steps() {
    let w = World::new();
    let (registry, previous, new) = (w.registry, GOVERNOR.address(), ALICE.address());
    let started = OwnershipTransferStarted { previousOwner: previous, newOwner: new };
    w.prank(GOVERNOR).send(registry, transferOwnershipCall { newOwner: new }).expect_emit(started).ok();
    let terms = w.other_terms();
    w.prank(ALICE).send(registry, listAssetCall { terms: terms.clone() }).expect_revert(NotOwner { caller: new });
    let transferred = OwnershipTransferred { previousOwner: previous, newOwner: new };
    w.prank(ALICE).send(registry, acceptOwnershipCall {}).expect_emit(transferred).ok();
    assert_eq!(w.view(registry, ownerCall {}), new);
    w.list_terms(terms).expect_revert(NotOwner { caller: previous });
}

#[test]
fn constructor_runs_once() {
    let w = World::new();
    let stranger = STRANGER.address();
    let data = [&stylus_constructorCall::SELECTOR[..], &(stranger, stranger).abi_encode()].concat();
    let registry = w.registry;
    w.prank(STRANGER).send_raw::<stylus_constructorCall>(registry, data).expect_revert(AlreadyInitialized {});
    assert_eq!((w.view(registry, ownerCall {}), w.view(registry, oracleCall {})), (GOVERNOR.address(), w.oracle));
}

/// Five prices and the seconds since the last round.
fn step() -> impl Strategy<Value = (Vec<u64>, u32, u64)> {
    let source = prop_oneof![4 => 80_000_000..=101_000_000u64, 1 => 1..=u64::MAX];
    let prices = prop_oneof![
        source.clone().prop_map(|price| vec![price; 5]),
        (90_000_000..=99_000_000u64, prop::collection::vec(0..2_000_000u64, 5))
            .prop_map(|(low, up)| up.into_iter().map(|up| low + up).collect()),
        prop::collection::vec(source, 5),
    ];
    (prices, 0..=PPM, prop_oneof![10..100u64, 100..100_000u64])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Invariant 7: a haircut never leaves [floor, cap], never moves faster than its clock and never tightens on one slot.
    #[test]
    fn invariant_haircut_keeps_its_bounds_and_clock(steps in prop::collection::vec(step(), 1..24)) {
        let w = World::new();
        let feed = w.usde.feed;
        let mut path = vec![w.usde_haircut()];
        for (prices, confidence, seconds) in steps {
            w.warp(seconds);
            let slot = w.slot();
            let said = (0..).zip(prices).map(|(reporter, price)| Said { reporter, price, confidence }).collect();
            let round = Round { feed, slot, said };
            if w.prank(RELAYER).submit(vec![round]).reverted() {
                continue;
            }
            w.sync_usde(slot).ok();
            let (from, to) = (path[path.len() - 1].clone(), w.usde_haircut());
            prop_assert!(to.target <= from.haircut || to.target <= from.signal.min(to.signal));
            prop_assert_eq!(&w.words(w.usde.bit())[..], &valuation::pack(&w.valuation(w.usde))[..]);
            path.push(to);
        }
        for (at, from) in path.iter().enumerate() {
            prop_assert!((BASE / 2..=600_000).contains(&from.haircut) && (BASE / 2..=600_000).contains(&from.target));
            for to in &path[at..] {
                // A fraction earned before `from` may complete one ppm after it.
                let elapsed = u128::from(to.movedAt - from.movedAt);
                let (up, down) = (to.haircut.saturating_sub(from.haircut), from.haircut.saturating_sub(to.haircut));
                prop_assert!(u128::from(up.saturating_sub(1)) * 3_600 <= elapsed * 50_000);
                prop_assert!(u128::from(down.saturating_sub(1)) * 259_200 <= elapsed * 5_000);
            }
        }
    }
}
