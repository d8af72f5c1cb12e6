//! Amounts, decimals and rounding against a model that shares nothing with the contracts.
use abi::escrow::MarginEscrow::*;
use abi::registry::AssetTerms;
use alloy::primitives::U256;
use plumbline_tests::deploy::terms;
use plumbline_tests::model::{self, Holding};
use plumbline_tests::*;
use proptest::prelude::*;

const DECIMALS: [u8; 3] = [2, 6, 18];

/// What one case pledges of one token.
#[derive(Clone, Debug)]
struct Asset {
    decimals: u8,
    haircut: u32,
    limit: u32,
    price: u64,
    /// In the smallest amount that is both whole lots and whole units.
    steps: u64,
}

impl Asset {
    fn lots(&self) -> u64 {
        let step = if self.decimals < 6 { 10u64.pow(6 - u32::from(self.decimals)) } else { 1 };
        self.steps * step
    }
}

fn asset(decimals: u8) -> impl Strategy<Value = Asset> {
    let steps = if decimals < 6 { 0..200_000_000u64 } else { 0..2_000_000_000_000 };
    (0u32..400_000, 0u32..=1_000_000, 60_000_000u64..104_000_000, steps)
        .prop_map(move |(haircut, limit, price, steps)| Asset { decimals, haircut, limit, price, steps })
}

fn assets() -> impl Strategy<Value = Vec<Asset>> {
    DECIMALS.into_iter().map(asset).collect::<Vec<_>>()
}

/// Lists the assets, prices them and pledges them for Dave.
fn pledged(assets: &[Asset], agreement: impl FnOnce(&mut abi::escrow::Agreement)) -> (Fork, Vec<Token>) {
    let w = World::new();
    let names = [("FUZZ2", "FUZZ2-USD"), ("FUZZ6", "FUZZ6-USD"), ("FUZZ18", "FUZZ18-USD")];
    let mut tokens = Vec::new();
    for (asset, (name, feed_name)) in assets.iter().zip(names) {
        let flat = AssetTerms {
            deviationSlope: 0,
            dispersionSlope: 0,
            confidenceSlope: 0,
            feed: feed(feed_name),
            ..terms(asset.haircut, asset.limit)
        };
        tokens.push(w.list(name, asset.decimals, flat));
    }
    w.warp(10);
    let prices: Vec<_> = tokens.iter().zip(assets).map(|(token, asset)| (token.feed, asset.price)).collect();
    w.post(&prices);
    let mut terms = w.agreement(DAVE);
    terms.eligibleAssets = tokens.iter().map(Token::bit).sum::<u16>() | 0b111;
    agreement(&mut terms);
    w.join(DAVE, terms);
    w.use_house_of(DAVE);
    for (token, asset) in tokens.iter().zip(assets) {
        if asset.steps > 0 {
            w.post_margin(DAVE, *token, token.units(asset.lots()));
        }
    }
    (w, tokens)
}

fn holdings(assets: &[Asset]) -> Vec<Holding> {
    let holding = |asset: &Asset| {
        let factor = model::factor(asset.price, asset.haircut);
        Holding { lots: asset.lots(), stressed: 0, factor, factor_new: factor, concentration_limit: asset.limit }
    };
    assets.iter().map(holding).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), ..ProptestConfig::default() })]

    #[test]
    fn fuzz_posted_and_required_are_those_of_the_model(
        assets in assets(),
        requirement in 0u64..5_000_000_000_000,
        independent in 0u64..50_000_000_000,
        threshold in 0u64..50_000_000_000,
    ) {
        let (w, tokens) = pledged(&assets, |terms| {
            (terms.independentAmount, terms.threshold) = (independent, threshold);
        });
        for (token, asset) in tokens.iter().zip(&assets) {
            prop_assert_eq!(w.valuation(*token).factor, model::factor(asset.price, asset.haircut));
        }
        let set = w.draft_mark(&[(DAVE, requirement)]).sign_mark();
        let done = w.prank(RELAYER).mark(&set).ok();
        let required = model::required(requirement, independent, threshold);
        let posted = model::posted(&holdings(&assets), required);
        let state = w.state(DAVE);
        prop_assert_eq!((state.required, state.posted), (required, posted));
        prop_assert_eq!(done.event::<MarginStated>().posted, posted);
        let short = required.saturating_sub(posted);
        let due = short > 0 && short >= usd(100);
        prop_assert_eq!(w.claim(DAVE).first.amount, if due { short } else { 0 });
    }

    #[test]
    fn fuzz_settle_never_undercollateralised(
        assets in assets(),
        first in 0u64..3_000_000_000_000,
        next in 0u64..3_000_000_000_000,
        threshold in 0u64..50_000_000_000,
    ) {
        let (w, _) = pledged(&assets, |terms| terms.threshold = threshold);
        let bob = w.agreement(BOB);
        w.join(BOB, bob);
        let set = w.draft_mark(&[(DAVE, first)]).sign_mark();
        w.prank(RELAYER).mark(&set).ok();
        let before = w.state(DAVE);
        let bundle = w.draft(&[(DAVE, next), (BOB, 0)]).fill(DAVE, BOB).sign();
        let cap = usd(1_000_000);
        let outcome = w.prank(RELAYER).settle(&bundle);

        let required = model::required(next, 0, threshold);
        let posted = model::posted(&holdings(&assets), required);
        let was_short = before.required > before.posted;
        let shortfall = required.saturating_sub(posted);
        let reduces = was_short && required <= before.required && shortfall <= before.required - before.posted;
        if next > cap {
            outcome.expect_revert(RequirementCapExceeded { account: w.account(DAVE), venue: VENUE.address(), requirement: next, cap });
        } else if shortfall == 0 || reduces {
            outcome.ok();
            prop_assert_eq!((w.state(DAVE).required, w.state(DAVE).posted), (required, posted));
        } else {
            outcome.expect_revert(MarginShort { account: w.account(DAVE), posted, required });
            prop_assert_eq!(w.state(DAVE), before);
        }
    }

    #[test]
    fn fuzz_deposits_keep_every_unit_or_refuse(
        decimals in prop::sample::select(DECIMALS.to_vec()),
        amount in prop_oneof![0u128..u128::from(u64::MAX), (0u128..1_000_000).prop_map(|n| n * 1_000_000_000_000)],
        back in 0u8..=100,
    ) {
        let w = World::new();
        let token = w.list("FUZZ", decimals, AssetTerms { feed: feed("FUZZ-USD"), ..terms(0, 1_000_000) });
        let units = U256::from(amount);
        w.deal(token, ALICE, units);
        let per_lot = 10u128.pow(u32::from(decimals.saturating_sub(6)));
        let lots_per_unit = 10u128.pow(u32::from(6u8.saturating_sub(decimals)));
        let outcome = w.prank(ALICE).deposit(token, units);
        if amount % per_lot != 0 {
            outcome.expect_revert(NotWholeLots { token: token.address, amount: units });
            prop_assert_eq!(w.wallet(ALICE, token), units);
        } else if amount / per_lot * lots_per_unit > u128::from(u64::MAX) {
            prop_assert!(outcome.reverted());
            prop_assert_eq!(w.wallet(ALICE, token), units);
        } else if amount > 0 {
            outcome.ok();
            prop_assert_eq!(w.inventory(ALICE, token), units);
            let out = units * U256::from(back) / U256::from(100) / U256::from(per_lot) * U256::from(per_lot);
            if !out.is_zero() {
                w.prank(ALICE).withdraw(token, out).ok();
            }
            prop_assert_eq!((w.inventory(ALICE, token), w.wallet(ALICE, token)), (units - out, out));
            prop_assert_eq!(w.wallet(w.escrow, token), units - out);
        } else {
            outcome.ignore();
            prop_assert_eq!(w.inventory(ALICE, token), U256::ZERO);
        }
    }

    #[test]
    fn fuzz_variation_is_conserved(moves in prop::collection::vec(-150_000_000_000i64..150_000_000_000, 3)) {
        let w = World::open();
        let total = |w: &World| DESKS.map(|desk| w.balance(desk, w.usdc).lots).iter().sum::<u64>() + w.house_state().balance;
        let before = total(&w);
        let mut draft = w.draft_mark(&DESKS.map(|desk| (desk, usd(1))));
        for (desk, amount) in DESKS.iter().zip(&moves) {
            draft = draft.variation(*desk, *amount);
        }
        w.prank(RELAYER).mark(&draft.sign_mark()).ok();
        prop_assert_eq!(total(&w), before);
        for (desk, amount) in DESKS.iter().zip(&moves) {
            let state = w.state(*desk);
            let moved = w.balance(*desk, w.usdc).lots as i64 - usd(200_000) as i64;
            prop_assert_eq!(moved - state.owed as i64 + state.houseOwes as i64, *amount);
        }
    }
}

/// More with `PLUMBLINE_SLOW=1`.
fn cases(fast: u32) -> u32 {
    if std::env::var_os("PLUMBLINE_SLOW").is_some() { fast * 16 } else { fast }
}
