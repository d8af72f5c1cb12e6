//! Whose word binds whom: agents by role, limits by mandate, top-ups by signature, pledges by consent, and all of it for a time.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Bounds, Mandate, TopUpLimit};
use abi::registry::role;
use alloy::primitives::{B256, U256};
use plumbline_tests::*;

fn open(w: &World, agreement: Agreement) -> Outcome<openAccountCall> {
    let digest = w.domain().agreement(&agreement);
    let (pledgor, party) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
    w.prank(RELAYER).open_account(agreement, pledgor, party)
}

#[test]
fn an_agent_is_a_calculation_agent_when_a_house_is_opened_and_in_every_set() {
    let w = World::open();
    let missing =
        |participant: Actor| MissingRole { participant: participant.address(), role: role::CALCULATION_AGENT };
    open(&w, Agreement { agent: STRANGER.address(), ..w.agreement(DAVE) }).expect_revert(missing(STRANGER));
    w.set_roles(AGENT, 0);
    let set = w.draft_mark(&[(ALICE, usd(1))]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(missing(AGENT));
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(missing(AGENT));
    w.set_roles(AGENT, role::CALCULATION_AGENT);
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn signatures_under_an_agreement_expire() {
    let w = World::open();
    let agreement = Agreement { validUntil: w.now() + 600, ..w.agreement(DAVE) };
    w.warp(601);
    let expired = Expired { validUntil: agreement.validUntil, timestamp: w.now() };
    open(&w, agreement).expect_revert(expired);
}

/// 120 s from match to settlement, governed and on chain, whatever the venue says.
#[test]
fn a_fill_settles_within_two_minutes_of_its_match() {
    let w = World::open();
    let matched = |draft: Draft, ago: u64| {
        draft.with(|draft| {
            let fill = draft.first_fill();
            fill.matchedAt -= ago * 1_000;
            fill.settleBy = fill.matchedAt + 16_777_000;
        })
    };
    let draft = |ago| matched(w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB), ago);
    w.pass(10);
    w.prank(RELAYER).settle(&draft(120).sign()).ok();
    let late = draft(121);
    let settle_by = late.batches[0].fills[0].matchedAt + 120_000;
    let refused = w.prank(RELAYER).settle(&late.sign()).expect_revert_of::<FillExpired>();
    assert_eq!(refused.settleBy, settle_by);
    w.prank(STRANGER).lapse(&draft(121).sign_lapse()).ok();
    w.prank(STRANGER).lapse(&draft(120).sign_lapse()).expect_revert_of::<FillNotExpired>();
}

#[test]
fn a_revoked_mandate_binds_for_two_minutes() {
    let w = World::open();
    let revoked_at = w.now();
    w.prank(ALICE).revoke_mandate(ALICE, VENUE).ok();
    w.pass(16_700);
    let draft = w.draft(&[(ALICE, usd(100_000)), (BOB, usd(1))]).fill(ALICE, BOB);
    let bundle = draft.with(|draft| {
        let fill = draft.first_fill();
        fill.matchedAt = revoked_at * 1_000;
        fill.settleBy = fill.matchedAt + 16_777_000;
    });
    w.prank(RELAYER).settle(&bundle.sign()).expect_revert_of::<FillExpired>();
}

#[test]
fn bounds_are_governed_within_bounds() {
    let w = World::open();
    let standard = Bounds { settleWithin: 120, stakePpm: 1_000, leastStake: usd(1_000) };
    assert_eq!(w.bounds(), standard);
    let set = |by: Actor, bounds: Bounds| w.prank(by).escrow(setBoundsCall { bounds });
    for by in [HOUSE, AGENT, STRANGER] {
        set(by, standard.clone()).expect_revert(NotGovernor { caller: by.address() });
    }
    for bounds in [
        Bounds { settleWithin: 29, ..standard.clone() },
        Bounds { settleWithin: 601, ..standard.clone() },
        Bounds { stakePpm: 99, ..standard.clone() },
        Bounds { stakePpm: 20_001, ..standard.clone() },
        Bounds { leastStake: usd(1_000_000) + 1, ..standard.clone() },
    ] {
        set(GOVERNOR, bounds).expect_revert_of::<InvalidTerms>();
    }
    let other = Bounds { settleWithin: 60, stakePpm: 5_000, leastStake: usd(50) };
    set(GOVERNOR, other.clone()).expect_emit(BoundsSet { settleWithin: 60, stakePpm: 5_000, leastStake: usd(50) }).ok();
    assert_eq!(w.bounds(), other);
}

/// What a bundle takes from inventory is in the set that its agents signed.
#[test]
fn a_stranger_adds_no_top_up_to_anybodys_bundle() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB).sign();
    let mut theirs = bundle.clone();
    theirs.moves.push(abi::packed::Move { account: 0, asset: w.usdc.index, lots: usd(50_000) });
    w.prank(STRANGER).settle(&theirs).expect_revert_of::<InvalidSigner>();
    let signed =
        w.draft(&[(ALICE, usd(1_000)), (BOB, usd(1_000))]).fill(ALICE, BOB).top_up(ALICE, w.usdc.index, usd(5)).sign();
    for spoil in [|b: &mut abi::packed::Bundle| b.moves[0].lots += 1, |b: &mut abi::packed::Bundle| b.moves.clear()] {
        let mut other = signed.clone();
        spoil(&mut other);
        w.prank(STRANGER).settle(&other).expect_revert_of::<InvalidSigner>();
    }
    w.prank(RELAYER).settle(&signed).ok();
    w.audit();
}

fn limited(w: &World, venue: Actor, tokens: u64, nonce: u64) -> Mandate {
    let limit = TopUpLimit { token: w.usdc.address, amount: w.usdc.whole(tokens).to() };
    Mandate { venue: venue.address(), topUpLimits: vec![limit], ..w.mandate_for(ALICE, nonce) }
}

/// A limit given to one venue is not spent by another, and neither forgets the other's.
#[test]
fn top_up_limits_are_the_mandates() {
    let w = World::open();
    w.register(ALICE, limited(&w, VENUE, 10, 40));
    w.register(ALICE, limited(&w, OTHER_VENUE, 50_000, 41));
    let left = |venue| w.top_up_left(ALICE, venue, w.usdc);
    assert_eq!((left(VENUE), left(OTHER_VENUE)), (usd(10), usd(50_000)));
    let top_up = |venue: Actor, dollars: u64| {
        let draft =
            w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).top_up(ALICE, w.usdc.index, usd(dollars));
        let draft = draft.with(|draft| (draft.venue, draft.venue_key) = (venue.address(), venue));
        w.prank(RELAYER).settle(&draft.sign())
    };
    w.register(BOB, Mandate { venue: OTHER_VENUE.address(), ..w.mandate_for(BOB, 41) });
    top_up(VENUE, 11).expect_revert_of::<TopUpLimitExceeded>();
    top_up(VENUE, 4).ok();
    top_up(OTHER_VENUE, 30_000).ok();
    top_up(VENUE, 7).expect_revert_of::<TopUpLimitExceeded>();
    top_up(VENUE, 6).ok();
    assert_eq!((left(VENUE), left(OTHER_VENUE)), (0, usd(20_000)));
    w.audit();
}

/// A pledge by a stranger needs the pledgor's standing consent.
#[test]
fn nobody_pledges_into_an_account_that_did_not_say_so() {
    let w = World::open();
    w.deal(w.usdc, STRANGER, w.usdc.whole(2));
    let account = w.account(ALICE);
    let refused = NotPledgor { account, caller: STRANGER.address() };
    w.prank(STRANGER).pledge(ALICE, w.usdc, w.usdc.units(1)).expect_revert(refused.clone());
    w.prank(STRANGER).allow_pledges(ALICE, true).expect_revert(refused.clone());
    w.prank(ALICE).allow_pledges(ALICE, true).expect_emit(PledgesAllowed { account, allowed: true }).ok();
    assert!(w.state(ALICE).takesPledges);
    w.prank(STRANGER).pledge(ALICE, w.usdc, w.usdc.units(1)).ok();
    w.prank(ALICE).allow_pledges(ALICE, false).ok();
    w.prank(STRANGER).pledge(ALICE, w.usdc, w.usdc.units(1)).expect_revert(refused);
    w.audit();
}

/// Dust without a price is no reason to refuse an account that gets better.
#[test]
fn dust_without_a_price_blocks_no_risk_reduction() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(1));
    w.make_short(ALICE, usd(250_000));
    w.warp(100);
    w.post_only(w.usdc);
    let bundle = w.draft(&[(ALICE, usd(240_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let more = w.draft(&[(ALICE, usd(240_001)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&more).expect_revert_of::<MarginShort>();
    w.audit();
}

/// What is not final does not leave, in whatever token: a wrong credit counts for no release.
#[test]
fn variation_held_back_lets_no_other_collateral_leave() {
    let w = World::open();
    w.post_margin(BOB, w.usde, w.usde.whole(100_000));
    let set = w.draft_mark(&[(BOB, usd(198_000))]).variation(BOB, 150_000_000_000).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let free = w.balance(BOB, w.usdc).lots - w.balance(BOB, w.usdc).heldBackLots;
    assert_eq!(free, usd(200_000));
    let release = w.release_instruction(BOB, w.usdc, w.usdc.whole(150_000), 51);
    w.prank(BOB).execute_own(release).expect_revert_of::<MarginShort>();
    // Its own surplus leaves.
    let release = w.release_instruction(BOB, w.usde, w.usde.whole(90_000), 52);
    w.prank(BOB).execute_own(release).ok();
    w.audit();
}

#[test]
fn two_agents_of_a_house_are_asked_in_every_set() {
    let w = World::open();
    w.join(DAVE, Agreement { secondAgent: SECOND_AGENT.address(), ..w.agreement(DAVE) });
    w.use_house_of(DAVE);
    w.set_roles(SECOND_AGENT, 0);
    let draft = w.draft_mark(&[(DAVE, 0)]).with(|draft| draft.second_agent = Some(SECOND_AGENT));
    let missing = MissingRole { participant: SECOND_AGENT.address(), role: role::CALCULATION_AGENT };
    w.prank(RELAYER).mark(&draft.sign_mark()).expect_revert(missing);
}

/// A default is no state without exit: both parties can sign an account out of it.
#[test]
fn both_parties_sign_an_account_out_of_a_default() {
    let w = World::open();
    w.make_short(ALICE, usd(250_000));
    w.pass(3_601);
    let set = w.draft_mark(&[(ALICE, usd(250_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let account = w.account(ALICE);
    w.prank(STRANGER).escrow(enforceCall { account }).ok();
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(50_000), 78);
    let (own, other) = (w.sign_instruction(ALICE, &release), w.sign_instruction(HOUSE, &release));
    w.prank(ALICE).execute_with_consent(release.clone(), own.clone(), own.clone()).expect_revert_of::<InvalidSigner>();
    w.prank(STRANGER)
        .execute_with_consent(release.clone(), other.clone(), other.clone())
        .expect_revert_of::<InvalidSigner>();
    w.prank(ALICE).execute_with_consent(release, own, other).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(150_000));
    let pledge = w.pledge_instruction(ALICE, w.usdc, w.usdc.whole(1), 79);
    let (own, other) = (w.sign_instruction(ALICE, &pledge), w.sign_instruction(HOUSE, &pledge));
    w.prank(ALICE).execute_with_consent(pledge, own, other).expect_revert(AccountInDefault { account });
    w.audit();
    let migration = w.migration(ALICE, w.successor(successor::Mood::Takes), 80);
    let (one, other) = (w.sign_migration(ALICE, &migration), w.sign_migration(HOUSE, &migration));
    w.prank(STRANGER).migrate(&migration, one.clone(), one.clone()).expect_revert_of::<InvalidSigner>();
    w.prank(STRANGER).migrate(&migration, one, other).ok();
    assert!(w.state(ALICE).closed && w.balance(ALICE, w.usdc).lots == 0);
    w.audit();
}

/// A sequence of 40 bits lasts an account's lifetime.
#[test]
fn statement_sequences_do_not_run_out() {
    let years = (1u64 << 40) / (4 * 365 * 86_400);
    assert!(years > 8_000);
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, 0)]).with(|draft| draft.statement(ALICE).sequence = 1 << 28).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert_of::<InvalidSigner>();
    let set =
        w.draft_mark(&[(ALICE, 0)]).with(|draft| draft.statement(ALICE).newRoot = B256::repeat_byte(1)).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(PositionsMoved { account: w.account(ALICE) });
    assert_eq!(U256::from(w.state(ALICE).sequence), U256::ZERO);
}
