//! Check 4: what the pledgor allowed the venue, and claims past their deadline.
use abi::escrow::Mandate;
use abi::escrow::MarginEscrow::*;
use plumbline_tests::*;

fn trade(w: &World, requirement: u64) -> Draft {
    w.draft(&[(ALICE, requirement), (BOB, usd(1_000))]).fill(ALICE, BOB)
}

#[test]
fn without_a_mandate_nobody_is_bound() {
    let w = World::open();
    let terms = w.agreement(DAVE);
    let account = w.open_account(DAVE, terms);
    let bundle = w.draft(&[(ALICE, usd(1)), (DAVE, 0)]).fill(ALICE, DAVE).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(NoMandate { account, venue: VENUE.address() });
}

#[test]
fn a_mandate_for_one_venue_binds_to_no_other() {
    let w = World::open();
    let bundle = trade(&w, usd(1_000)).with(|d| (d.venue, d.venue_key) = (OTHER_VENUE.address(), OTHER_VENUE)).sign();
    let expected = NoMandate { account: w.account(ALICE), venue: OTHER_VENUE.address() };
    w.prank(RELAYER).settle(&bundle).expect_revert(expected);
}

#[test]
fn a_fill_matched_after_the_mandate_reverts() {
    let w = World::open();
    let until = w.now() + 100;
    let mandate = Mandate { validUntil: until, ..w.mandate_for(ALICE, 70) };
    w.register(ALICE, mandate);
    w.pass(101);
    let bundle = trade(&w, usd(1_000)).sign();
    let (account, venue) = (w.account(ALICE), VENUE.address());
    let found = w.prank(RELAYER).settle(&bundle).expect_revert_of::<MandateExpired>();
    assert_eq!((found.account, found.venue, found.validUntil), (account, venue, until));
}

#[test]
fn one_late_fill_of_many_is_enough() {
    let w = World::open();
    let mandate = Mandate { validUntil: w.now() + 5, ..w.mandate_for(ALICE, 70) };
    w.register(ALICE, mandate);
    w.warp(6);
    let mut draft = trade(&w, usd(1_000)).fill(ALICE, BOB).fill(ALICE, BOB);
    draft.batches[0].fills[0].matchedAt -= 2_000;
    draft.batches[0].fills[2].matchedAt -= 3_000;
    let late = draft.batches[0].fills[1].matchedAt;
    let found = w.prank(RELAYER).settle(&draft.sign()).expect_revert_of::<MandateExpired>();
    assert_eq!((found.account, found.matchedAt), (w.account(ALICE), late));
}

#[test]
fn a_fill_matched_within_the_mandate_settles_after_it() {
    let w = World::open();
    let mandate = Mandate { validUntil: w.now() + 5, ..w.mandate_for(ALICE, 70) };
    w.register(ALICE, mandate);
    w.warp(5);
    let bundle = trade(&w, usd(1_000)).sign();
    w.warp(10);
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn revoking_binds_fills_matched_later() {
    let w = World::open();
    let before = trade(&w, usd(1_000)).sign();
    w.warp(1);
    w.prank(ALICE).revoke_mandate(ALICE, VENUE).ok();
    w.prank(RELAYER).settle(&before).ok();
    w.warp(1);
    let after = trade(&w, usd(1_000)).sign();
    let found = w.prank(RELAYER).settle(&after).expect_revert_of::<MandateExpired>();
    assert_eq!(found.account, w.account(ALICE));
}

#[test]
fn a_requirement_over_the_cap_reverts() {
    let w = World::open();
    let cap = usd(100_000);
    let mandate = Mandate { requirementCap: cap, ..w.mandate_for(ALICE, 70) };
    w.register(ALICE, mandate);
    let bundle = trade(&w, cap + 1).sign();
    let (account, venue) = (w.account(ALICE), VENUE.address());
    w.prank(RELAYER).settle(&bundle).expect_revert(RequirementCapExceeded {
        account,
        venue,
        requirement: cap + 1,
        cap,
    });
    let bundle = trade(&w, cap).sign();
    w.prank(RELAYER).settle(&bundle).ok();
}

#[test]
fn fill_variation_over_the_days_cap_reverts() {
    let w = World::open();
    let (account, venue, cap) = (w.account(ALICE), VENUE.address(), usd(50_000));
    let bundle = trade(&w, usd(1_000)).fill_variation(ALICE, -30_000_000_000).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.mandate(ALICE, VENUE).used, usd(30_000));

    let bundle = trade(&w, usd(1_000)).fill_variation(ALICE, -20_000_000_001).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(FillVariationCapExceeded {
        account,
        venue,
        used: usd(50_000) + 1,
        cap,
    });

    w.pass(DAY);
    let bundle = trade(&w, usd(1_000)).fill_variation(ALICE, -20_000_000_001).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.mandate(ALICE, VENUE).used, usd(20_000) + 1);
}

#[test]
fn fill_gains_do_not_refill_the_cap() {
    let w = World::open();
    let loss = trade(&w, usd(1_000)).fill_variation(ALICE, -50_000_000_000).sign();
    w.prank(RELAYER).settle(&loss).ok();
    let gain = trade(&w, usd(1_000)).fill_variation(ALICE, 10_000_000_000).sign();
    w.prank(RELAYER).settle(&gain).ok();
    let loss = trade(&w, usd(1_000)).fill_variation(ALICE, -1).sign();
    w.prank(RELAYER).settle(&loss).expect_revert_of::<FillVariationCapExceeded>();
}

#[test]
fn an_overdue_claim_stops_fills_that_cure_nothing() {
    let w = World::open();
    w.make_short(ALICE, usd(300_000));
    let deadline = w.claim(ALICE).first.deadline;
    w.pass(deadline - w.now());
    let bundle = trade(&w, usd(250_000)).sign();
    w.prank(RELAYER).settle(&bundle).ok();

    w.pass(10);
    let bundle = trade(&w, usd(250_000)).sign();
    w.prank(RELAYER).settle(&bundle).expect_revert(ClaimOverdue { account: w.account(ALICE), deadline });
}
