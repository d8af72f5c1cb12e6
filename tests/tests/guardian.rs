//! What guardian and pauser may do alone: only what tightens or stops. And what only the owner may.
use abi::escrow::MarginEscrow::*;
use abi::registry::EligibilityRegistry::{
    GuardianSet, HaircutMoved, InvalidTerms as InvalidRule, LimitMoved, NotGuardian, NotOwner, NotTighter, NotVenue,
    NotWoundDown, PauserSet, StatusSet, Tightened, acceptCall, applyWindDownCall, guardianCall, pauserCall, resumeCall,
    setGuardianCall, setPauserCall, setRuleCall, suspendCall, tightenCall, windDownCall,
};
use abi::registry::status::{ACTIVE, SUSPENDED, WIND_DOWN_SECONDS, WINDING_DOWN};
use abi::registry::{HaircutRule, cause, clock};
use alloy::primitives::Address;
use plumbline_tests::*;

fn guarded() -> Fork {
    let w = World::open();
    w.appoint();
    w
}

#[test]
fn the_owner_names_guardian_and_pauser() {
    let w = World::new();
    let (previous, guardian, pauser) = (Address::ZERO, GUARDIAN.address(), PAUSER.address());
    w.prank(GOVERNOR)
        .registry(setGuardianCall { guardian })
        .expect_emit(GuardianSet { previous, current: guardian })
        .ok();
    w.prank(GOVERNOR).registry(setPauserCall { pauser }).expect_emit(PauserSet { previous, current: pauser }).ok();
    assert_eq!((w.view(w.registry, guardianCall {}), w.view(w.registry, pauserCall {})), (guardian, pauser));
}

#[test]
fn every_role_is_checked_from_a_wrong_caller() {
    let w = guarded();
    let index = w.usde.index;
    for actor in [GUARDIAN, PAUSER, STRANGER, HOUSE] {
        let caller = actor.address();
        w.prank(actor).registry(setGuardianCall { guardian: caller }).expect_revert(NotOwner { caller });
        w.prank(actor).registry(setPauserCall { pauser: caller }).expect_revert(NotOwner { caller });
        w.prank(actor).registry(resumeCall { index }).expect_revert(NotOwner { caller });
        w.prank(actor).registry(setRuleCall { index, rule: w.rule(w.usde) }).expect_revert(NotOwner { caller });
    }
    for actor in [GOVERNOR, PAUSER, STRANGER, HOUSE] {
        let caller = actor.address();
        w.prank(actor).registry(tightenCall { index, haircut: 100_000 }).expect_revert(NotGuardian { caller });
        w.prank(actor).registry(suspendCall { index }).expect_revert(NotGuardian { caller });
        w.prank(actor).registry(windDownCall { index }).expect_revert(NotGuardian { caller });
    }
    for actor in [GOVERNOR, GUARDIAN, PAUSER, STRANGER, HOUSE, AGENT] {
        let caller = actor.address();
        w.prank(actor).registry(acceptCall { assets: 0 }).expect_revert(NotVenue { caller });
    }
    for actor in [GOVERNOR, GUARDIAN, STRANGER, HOUSE] {
        w.prank(actor).escrow(pauseCall {}).expect_revert(NotPauser { caller: actor.address() });
    }
    w.prank(PAUSER).escrow(pauseCall {}).ok();
    for actor in [GUARDIAN, STRANGER, HOUSE] {
        w.prank(actor).escrow(unpauseCall {}).expect_revert(NotPauser { caller: actor.address() });
    }
}

#[test]
fn nobody_is_guardian_or_pauser_before_the_owner_says_so() {
    let w = World::open();
    w.prank(STRANGER).registry(suspendCall { index: 0 }).expect_revert(NotGuardian { caller: STRANGER.address() });
    w.prank(STRANGER).escrow(pauseCall {}).expect_revert(NotPauser { caller: STRANGER.address() });
}

#[test]
fn the_guardian_tightens_by_the_clock_and_at_once_for_new_pledges() {
    let w = guarded();
    let index = w.usde.index;
    w.prank(GUARDIAN)
        .registry(tightenCall { index, haircut: 200_000 })
        .expect_emit(Tightened { index, previous: 0, current: 200_000 })
        .ok();
    w.pass(10);
    assert_eq!((w.haircut(w.usde).haircut, w.haircut(w.usde).target), (50_138, 200_000));
    assert_eq!(w.valuation(w.usde).factorNew, 800_000_000);
    w.pass(3_590);
    assert_eq!(w.haircut(w.usde).haircut, 50_000 + clock::TIGHTEN_PPM_PER_HOUR as u32);
    w.pass(3 * 3_600);
    assert_eq!(w.haircut(w.usde).haircut, 200_000);
}

#[test]
fn the_guardians_tightening_names_its_cause() {
    let w = guarded();
    w.prank(GUARDIAN).registry(tightenCall { index: w.usde.index, haircut: 200_000 }).ok();
    w.warp(10);
    w.post_only(w.usdc);
    let (slot, registry) = (w.slot(), w.registry);
    let round = w.round(w.usde.feed, slot, &[100_000_000; 5]);
    w.prank(RELAYER).submit(vec![round]).ok();
    let sync = abi::registry::EligibilityRegistry::syncCall { slot, assets: w.usde.bit() };
    let moved = w.prank(RELAYER).send(registry, sync).ok().event::<HaircutMoved>();
    assert_eq!((moved.cause, moved.target), (cause::GUARDIAN, 200_000));
}

#[test]
fn the_guardian_never_loosens() {
    let w = guarded();
    let index = w.usde.index;
    w.prank(GUARDIAN).registry(tightenCall { index, haircut: 200_000 }).ok();
    for haircut in [0, 100_000, 200_000, w.rule(w.usde).cap + 1] {
        let refused = NotTighter { index, haircut, held: 200_000 };
        w.prank(GUARDIAN).registry(tightenCall { index, haircut }).expect_revert(refused);
    }
}

#[test]
fn what_the_owner_lifts_decays_by_the_clock() {
    let w = guarded();
    let index = w.usde.index;
    w.prank(GUARDIAN).registry(tightenCall { index, haircut: 60_000 }).ok();
    w.pass(3_600);
    assert_eq!(w.haircut(w.usde).haircut, 60_000);
    w.prank(GOVERNOR)
        .registry(resumeCall { index })
        .expect_emit(Tightened { index, previous: 60_000, current: 0 })
        .ok();
    w.pass(clock::LOOSEN_SECONDS);
    assert_eq!(w.haircut(w.usde).haircut, 60_000 - clock::LOOSEN_PPM as u32);
}

#[test]
fn a_suspended_asset_takes_no_pledges_and_keeps_its_value() {
    let w = guarded();
    let index = w.usde.index;
    w.deal(w.usde, ALICE, w.usde.whole(2_000));
    w.prank(ALICE).pledge(ALICE, w.usde, w.usde.whole(1_000)).ok();
    let before = w.valuation(w.usde).factor;
    w.prank(GUARDIAN)
        .registry(suspendCall { index })
        .expect_emit(StatusSet { index, previous: ACTIVE, current: SUSPENDED, countsUntil: 0 })
        .ok();
    let refused = AssetSuspended { token: w.usde.address };
    w.prank(ALICE).pledge(ALICE, w.usde, w.usde.whole(1_000)).expect_revert(refused.clone());
    let pledge = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 1);
    w.prank(ALICE).execute_own(pledge).expect_revert(refused.clone());
    let into = w.substitution(ALICE, (w.usde, w.usde.whole(500)), (w.usdc, w.usdc.whole(100)), 2);
    w.prank(ALICE).execute_own(into).expect_revert(refused.clone());
    let top_up = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).top_up(ALICE, index, usd(100)).sign();
    w.prank(RELAYER).settle(&top_up).expect_revert(refused);
    w.pass(10);
    assert_eq!(w.valuation(w.usde).factor, before);
    let out = w.substitution(ALICE, (w.usdc, w.usdc.whole(1_000)), (w.usde, w.usde.whole(1_000)), 3);
    w.prank(ALICE).execute_own(out).ok();
    w.prank(GOVERNOR).registry(resumeCall { index }).ok();
    w.prank(ALICE).pledge(ALICE, w.usde, w.usde.whole(1_000)).ok();
    w.audit();
}

#[test]
fn a_wind_down_counts_for_nothing_after_a_day() {
    let w = guarded();
    let (index, limit) = (w.usde.index, w.rule(w.usde).concentrationLimit);
    w.deal(w.usde, ALICE, w.usde.whole(100_000));
    w.prank(ALICE).pledge(ALICE, w.usde, w.usde.whole(100_000)).ok();
    let bundle = w.draft(&[(ALICE, usd(250_000)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let until = w.now() + WIND_DOWN_SECONDS;
    w.prank(GUARDIAN)
        .registry(windDownCall { index })
        .expect_emit(StatusSet { index, previous: ACTIVE, current: WINDING_DOWN, countsUntil: until })
        .ok();
    w.warp(WIND_DOWN_SECONDS - 1);
    let early = NotWoundDown { index, countsUntil: until, timestamp: w.now() };
    w.prank(STRANGER).registry(applyWindDownCall { index }).expect_revert(early);
    w.warp(1);
    w.prank(STRANGER)
        .registry(applyWindDownCall { index })
        .expect_emit(LimitMoved { index, previous: limit, current: 0 })
        .ok();
    w.warp(10);
    w.post(&[]);
    assert_eq!(w.valuation(w.usde).concentrationLimit, 0, "a sync keeps it");
    assert_eq!(w.state(ALICE).posted, usd(198_000));
    let issued = w.prank(STRANGER).escrow(issueClaimCall { account: w.account(ALICE) }).ok().event::<ClaimIssued>();
    assert_eq!(issued.amount, usd(52_000));
    w.audit();
}

#[test]
fn the_owner_changes_a_rule_within_its_bounds() {
    let w = guarded();
    let (index, old) = (w.usde.index, w.rule(w.usde));
    let rule = HaircutRule { baseHaircut: 80_000, concentrationLimit: 500_000, ..old.clone() };
    w.prank(GOVERNOR).registry(setRuleCall { index, rule: rule.clone() }).ok();
    assert_eq!(w.rule(w.usde), rule);
    w.pass(10);
    w.pass(10);
    let haircut = w.haircut(w.usde).haircut;
    assert!(haircut > 50_000 && haircut <= 50_000 + 2 * 139, "by the clock: {haircut}");
    for wrong in [
        HaircutRule { floor: haircut + 1, baseHaircut: 80_000, ..old.clone() },
        HaircutRule { cap: haircut - 1, baseHaircut: 40_000, floor: 0, ..old.clone() },
        HaircutRule { cap: 1_000_000, ..old.clone() },
        HaircutRule { baseHaircut: old.cap + 1, ..old.clone() },
        HaircutRule { concentrationLimit: 0, ..old },
    ] {
        let refused = InvalidRule { token: w.usde.address };
        w.prank(GOVERNOR).registry(setRuleCall { index, rule: wrong }).expect_revert(refused);
    }
}

#[test]
fn a_pause_stops_new_risk_and_releases_and_nothing_else() {
    let w = guarded();
    w.trade_all(99_000);
    w.prank(PAUSER).escrow(pauseCall {}).expect_emit(Paused { by: PAUSER.address() }).ok();
    assert!(w.view(w.escrow, pausedCall {}));
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(EnforcedPause {});
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    w.prank(ALICE).execute_own(release).expect_revert(EnforcedPause {});
    let worse = w.substitution(ALICE, (w.usde, w.usde.whole(10)), (w.usdc, w.usdc.whole(100)), 2);
    w.prank(ALICE).execute_own(worse).expect_revert(EnforcedPause {});

    let better = w.substitution(ALICE, (w.usde, w.usde.whole(200)), (w.usdc, w.usdc.whole(100)), 3);
    w.prank(ALICE).execute_own(better).ok();
    w.deal(w.usdc, ALICE, w.usdc.whole(5));
    w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(5)).ok();
    w.make_short(ALICE, usd(300_000));
    w.pass(3_601);
    let set = w.draft_mark(&[(ALICE, usd(300_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(STRANGER).escrow(enforceCall { account: w.account(ALICE) }).ok();
    assert!(w.state(ALICE).inDefault);
    w.prank(BOB).withdraw(w.usdc, w.usdc.whole(1)).ok();

    w.prank(GOVERNOR).escrow(unpauseCall {}).expect_emit(Unpaused { by: GOVERNOR.address() }).ok();
    assert!(!w.view(w.escrow, pausedCall {}));
    w.audit();
}
