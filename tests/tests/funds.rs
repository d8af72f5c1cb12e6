//! Shares of a fund whose price grows: they count at it, up to the cap that the owner sets; a stablecoin never above 1 USD.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::{MarginShort, StaleValuation, enforceCall};
use abi::registry::EligibilityRegistry::{InvalidTerms, setRuleCall};
use abi::registry::{AssetTerms, HaircutRule, class};
use csa::{Holding, Lots, Posting};
use plumbline_tests::*;
use proptest::prelude::*;

const NAV: u64 = 1_090_000_000;
/// 10.90 less 2 %.
const FACTOR: u64 = 10_682_000_000;

fn share_terms(limit: u32) -> AssetTerms {
    AssetTerms {
        class: class::FUND_SHARE,
        feed: feed("FUND-USD"),
        deviationSlope: 0,
        priceCap: 1_200,
        ..deploy::terms(20_000, limit)
    }
}

/// A share at 10.90 with a cap of 12 and a haircut of 2 %; Dave may pledge it, and holds 1,000 in his wallet.
fn listed(limit: u32) -> (Fork, Token) {
    let w = World::open();
    let token = w.list("FUND", 18, share_terms(limit));
    w.warp(10);
    w.post(&[(token.feed, NAV)]);
    w.join(DAVE, terms(&w, token));
    w.deal(token, DAVE, token.whole(1_000));
    (w, token)
}

/// What is required is all that is asked for, to the last micro-USD.
fn terms(w: &World, token: Token) -> Agreement {
    Agreement {
        eligibleAssets: 0b111 | token.bit(),
        threshold: 0,
        independentAmount: 0,
        minimumTransferAmount: 0,
        ..w.agreement(DAVE)
    }
}

fn at(w: &World, token: Token, price: u64) {
    w.warp(10);
    w.post(&[(token.feed, price)]);
}

#[test]
fn a_share_counts_at_its_price() {
    let (w, token) = listed(1_000_000);
    assert_eq!(w.valuation(token).factor, FACTOR);
    w.prank(DAVE).pledge(DAVE, token, token.whole(100)).ok();
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(1_068))]).sign_mark()).ok();
    assert_eq!((w.state(DAVE).posted, w.claim(DAVE).open), (usd(1_068), false));
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(1_069))]).sign_mark()).ok();
    assert!(w.claim(DAVE).open, "100 shares are worth 1,068.20 USD");
    w.audit();
}

#[test]
fn what_grows_counts_up_to_the_cap_and_a_stablecoin_up_to_a_dollar() {
    let (w, token) = listed(1_000_000);
    w.warp(10);
    w.post(&[(token.feed, 1_500_000_000), (w.usdc.feed, 101_000_000)]);
    let share = w.valuation(token);
    assert_eq!((share.factor, share.priceCap), (11_760_000_000, 1_200));
    let dollar = w.valuation(w.usdc);
    assert!(dollar.factor <= 1_000_000_000 && dollar.priceCap == class::PAR);
    // The owner lets more of it count, from the next round on; no stablecoin.
    let rule = |token| w.rule(token);
    let set = |token: Token, price_cap| {
        let rule = HaircutRule { priceCap: price_cap, ..rule(token) };
        w.prank(GOVERNOR).registry(setRuleCall { index: token.index, rule })
    };
    set(token, 1_600).ok();
    assert_eq!(w.valuation(token).factor, 11_760_000_000);
    at(&w, token, 1_500_000_000);
    assert_eq!((w.valuation(token).factor, w.valuation(token).priceCap), (14_700_000_000, 1_600));
    for cap in [0, 99, class::MOST_PRICE + 1] {
        set(token, cap).expect_revert(InvalidTerms { token: token.address });
    }
    for other in w.tokens() {
        set(other, 101).expect_revert(InvalidTerms { token: other.address });
    }
    let slope = HaircutRule { deviationSlope: 1, ..rule(token) };
    w.prank(GOVERNOR)
        .registry(setRuleCall { index: token.index, rule: slope })
        .expect_revert(InvalidTerms { token: token.address });
    w.audit();
}

#[test]
fn a_fall_of_the_price_is_claimed_and_cured_by_more_shares() {
    let (w, token) = listed(1_000_000);
    w.prank(DAVE).pledge(DAVE, token, token.whole(100)).ok();
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(1_050))]).sign_mark()).ok();
    at(&w, token, 1_000_000_000);
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(1_050))]).sign_mark()).ok();
    assert_eq!(w.claim(DAVE).first.amount, usd(70), "100 are worth 980");
    w.prank(DAVE).pledge(DAVE, token, token.whole(7)).ok();
    assert_eq!(w.claim(DAVE).first.amount, 1_400_000, "7 more are worth 68.60");
    w.prank(DAVE).pledge(DAVE, token, token.units(142_858)).ok();
    assert!(!w.claim(DAVE).open);
    w.audit();
}

/// Without a price a share may be worth its cap: enforcement waits for what it cannot know, and for no more.
#[test]
fn enforcement_counts_a_share_without_a_price_at_its_cap() {
    for (requirement, enforced) in [(1_190, false), (1_210, true)] {
        let (w, token) = listed(1_000_000);
        w.prank(DAVE).pledge(DAVE, token, token.whole(100)).ok();
        w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(requirement))]).sign_mark()).ok();
        assert!(w.claim(DAVE).open);
        // From here on nobody reports the share.
        w.silence(token);
        w.pass(3_700);
        w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(requirement))]).sign_mark()).ok();
        let done = w.prank(STRANGER).escrow(enforceCall { account: w.account(DAVE) });
        assert_eq!(!done.reverted(), enforced, "{requirement}");
        assert_eq!(w.state(DAVE).inDefault, enforced);
        w.audit();
    }
}

#[test]
fn a_concentration_limit_holds_of_what_shares_are_worth() {
    let (w, token) = listed(500_000);
    w.prank(DAVE).pledge(DAVE, token, token.whole(100)).ok();
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(1_000))]).sign_mark()).ok();
    assert_eq!((w.state(DAVE).posted, w.claim(DAVE).first.amount), (usd(500), usd(500)));
    w.audit();
}

#[test]
fn a_bundle_tops_up_with_shares() {
    let (w, token) = listed(1_000_000);
    w.prank(DAVE).deposit(token, token.whole(100)).ok();
    let limit = abi::escrow::TopUpLimit { token: token.address, amount: token.whole(100).to() };
    let mandate = w.mandate_for(DAVE, 700);
    w.register(DAVE, abi::escrow::Mandate { topUpLimits: vec![limit], ..mandate });
    let lots = 46_807_714;
    let bundle =
        |lots| w.draft(&[(DAVE, usd(500)), (ALICE, usd(500))]).fill(DAVE, ALICE).top_up(DAVE, token.index, lots).sign();
    w.prank(RELAYER).settle(&bundle(lots - 1)).expect_revert_of::<MarginShort>();
    w.prank(RELAYER).settle(&bundle(lots)).ok();
    assert_eq!((w.state(DAVE).posted, w.inventory(DAVE, token)), (usd(500), token.units(100_000_000 - lots)));
    w.audit();
}

/// By factors nobody tells whether a share is the better collateral: without a fresh price it replaces nothing.
#[test]
fn a_share_with_an_old_price_replaces_no_dollar() {
    let (w, token) = listed(1_000_000);
    w.post_margin(DAVE, w.usdc, w.usdc.whole(1_000));
    w.prank(DAVE).deposit(token, token.whole(100)).ok();
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, usd(900))]).sign_mark()).ok();
    let swap = |nonce| w.substitution(DAVE, (token, token.whole(100)), (w.usdc, w.usdc.whole(1_000)), nonce);
    w.warp(600);
    w.prank(DAVE).execute_own(swap(1)).expect_revert_of::<StaleValuation>();
    w.post(&[]);
    w.prank(DAVE).execute_own(swap(2)).ok();
    assert_eq!(w.state(DAVE).posted, usd(900));
    w.audit();
}

#[test]
fn variation_is_settled_in_no_share() {
    let (w, token) = listed(1_000_000);
    let agreement = Agreement { settlementToken: token.address, eligibleAssets: token.bit(), ..w.agreement(DAVE) };
    let digest = w.domain().agreement(&agreement);
    let (own, house) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
    w.prank(RELAYER).open_account(agreement, own, house).expect_revert_of::<abi::escrow::MarginEscrow::InvalidTerms>();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The escrow's word and the pure function's are one, at any price, cap, haircut and amount.
    #[test]
    fn fuzz_a_share_is_worth_on_chain_what_it_is_worth_off_it(
        price in 1u64..100_000_000_000, cap in 100u32..200_000, haircut in 0u32..500_000, lots in 1u64..1_000_000_000_000, requirement in 1u64..1_000_000_000, limit in 1u32..=1_000_000,
    ) {
        let w = World::open();
        let asset = AssetTerms { baseHaircut: haircut, floor: 0, priceCap: cap, ..share_terms(limit) };
        let token = w.list("FUND", 6, asset);
        w.warp(10);
        w.post(&[(token.feed, price)]);
        w.join(DAVE, terms(&w, token));
        w.post_margin(DAVE, token, token.units(lots));
        w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, requirement)]).sign_mark()).ok();
        let valuation = w.valuation(token);
        let capped = u128::from(price.min(u64::from(cap) * 1_000_000));
        prop_assert_eq!(u128::from(valuation.factor), capped * u128::from(1_000_000 - haircut) / 100_000);
        let holding = Holding { lots: Lots { all: lots, stressed: 0 }, late: 0, valuation: &valuation, ratio: abi::escrow::WHOLE, recalled: false };
        let Posting { posted, .. } = csa::posting([holding], requirement, 0);
        prop_assert_eq!(w.state(DAVE).posted, posted);
        w.audit();
    }
}
