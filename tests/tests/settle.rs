//! What `settle` does when every check passes.
use abi::escrow::MarginEscrow::*;
use abi::packed::Bundle;
use alloy::primitives::{B256, U256};
use plumbline_tests::*;

/// Of an account whose first fills the bundle takes.
fn history_of(bundle: &Bundle, place: usize, account: u64) -> B256 {
    let digest = bundle.digest_of(account).expect("the account is in the bundle");
    abi::history::after(B256::ZERO, bundle.set.statements[place].new_root, digest)
}

#[test]
fn settle_writes_root_sequence_and_requirement() {
    let w = World::open();
    let draft = w.draft(&[(ALICE, usd(50_000)), (BOB, usd(60_000))]).fill(ALICE, BOB);
    let bundle = draft.clone().sign();
    let (slot, now) = (w.slot(), w.now());
    w.prank(RELAYER)
        .settle(&bundle)
        .expect_emit(FillsSettled {
            venue: VENUE.address(),
            firstSequence: draft.batches[0].first_sequence,
            batchHash: draft.batches[0].hash(VENUE.address()),
            taken: U256::from(1),
        })
        .expect_emit(MarginStated {
            account: w.account(BOB),
            sequence: 1,
            root: bundle.set.statements[1].new_root,
            history: history_of(&bundle, 1, draft.accounts[&BOB]),
            requirement: usd(60_000),
            cumulativeVariation: 0,
            fillVariation: 0,
            paid: 0,
            posted: usd(60_000),
            slot,
            asOf: now,
        })
        .expect_no_emit::<HouseStated>()
        .ok();
    let state = w.state(ALICE);
    assert_eq!((state.sequence, state.requirement, state.required), (1, usd(50_000), usd(50_000)));
    assert_eq!((state.history, state.slot, state.asOf), (history_of(&bundle, 0, w.account(ALICE)), slot, now));
    assert!(w.sequence_applied(VENUE, draft.batches[0].first_sequence));
    assert!(!w.sequence_applied(VENUE, draft.batches[0].first_sequence + 1));
}

#[test]
fn variation_is_paid_between_accounts_through_the_house() {
    let w = World::open();
    let before = w.house_state().balance;
    let bundle = w
        .draft(&[(ALICE, usd(50_000)), (BOB, usd(50_000)), (CAROL, usd(50_000))])
        .fill(ALICE, BOB)
        .variation(ALICE, -7_000_000_001)
        .variation(BOB, 4_000_000_000)
        .sign();
    let (house, account) = (w.house(), w.account(ALICE));
    let done = w
        .prank(RELAYER)
        .settle(&bundle)
        .expect_emit(HouseStated { house, cumulativeVariation: 3_000_000_001, balance: before + 3_000_000_001 })
        .ok();
    let stated: Vec<_> = done.events::<MarginStated>().iter().map(|stated| (stated.account, stated.paid)).collect();
    assert_eq!(stated, [(account, -7_000_000_001), (account + 1, 4_000_000_000), (account + 2, 0)]);
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(200_000) - 7_000_000_001);
    assert_eq!(w.balance(BOB, w.usdc).lots, usd(204_000));
    assert_eq!(w.house_state().balance, before + 3_000_000_001);
    assert_eq!(w.house_state().cumulativeVariation, 3_000_000_001);
}

#[test]
fn top_up_moves_inventory_within_the_limit() {
    let w = World::open();
    let bundle = w
        .draft(&[(ALICE, usd(220_000)), (BOB, usd(50_000))])
        .fill(ALICE, BOB)
        .top_up(ALICE, w.usdc.index, usd(23_000))
        .sign();
    let (alice, usdc) = (w.account(ALICE), w.usdc);
    w.prank(RELAYER)
        .settle(&bundle)
        .expect_emit(Pledged {
            account: alice,
            token: usdc.address,
            from: VENUE.address(),
            amount: usdc.whole(23_000),
            source: abi::escrow::source::TOP_UP,
            stressedLots: 0,
        })
        .ok();
    let balance = w.balance(ALICE, w.usdc);
    assert_eq!((balance.lots, w.top_up_left(ALICE, VENUE, w.usdc)), (usd(223_000), usd(27_000)));
    assert_eq!(w.inventory(ALICE, w.usdc), w.usdc.whole(77_000));
    assert_eq!(w.state(ALICE).posted, usd(220_000));
}

#[test]
fn bundle_takes_some_fills_of_a_batch_and_the_rest_later() {
    let w = World::open();
    let whole = w.draft(&[(ALICE, usd(50_000)), (BOB, usd(50_000)), (CAROL, usd(10_000))]);
    let whole = whole.fill(ALICE, BOB).fill(BOB, CAROL).fill(ALICE, CAROL).fill(CAROL, ALICE).fill(BOB, ALICE);
    let first = whole.batches[0].first_sequence;

    let some = whole.clone().with(|d| d.batches[0].left = vec![1, 4]).sign();
    let done = w.prank(RELAYER).settle(&some).ok();
    assert_eq!(done.event::<FillsSettled>().taken, U256::from(0b01101));

    let rest = w.draft(&[(ALICE, usd(50_000)), (BOB, usd(50_000)), (CAROL, usd(10_000))]);
    let rest = rest.with(|d| {
        d.batches = whole.batches.clone();
        d.batches[0].left = vec![0, 2, 3];
    });
    let done = w.prank(RELAYER).settle(&rest.sign()).ok();
    assert_eq!(done.event::<FillsSettled>().taken, U256::from(0b10010));
    assert!((first..first + 5).all(|sequence| w.sequence_applied(VENUE, sequence)));
}

#[test]
fn batches_of_one_venue_settle_together() {
    let w = World::open();
    let draft =
        w.draft(&[(ALICE, usd(50_000)), (BOB, usd(50_000))]).fill(ALICE, BOB).batch().fill(BOB, ALICE).fill(ALICE, BOB);
    let done = w.prank(RELAYER).settle(&draft.sign()).ok();
    let taken: Vec<_> = done.events::<FillsSettled>().iter().map(|batch| batch.taken).collect();
    assert_eq!(taken, [U256::from(1), U256::from(3)]);
}

#[test]
fn batch_of_256_fills_settles() {
    let w = World::open();
    let mut draft = w.draft(&[(ALICE, usd(50_000)), (BOB, usd(50_000))]);
    for _ in 0..256 {
        draft = draft.fill(ALICE, BOB);
    }
    let done = w.prank(RELAYER).settle(&draft.sign()).ok();
    assert_eq!(done.event::<FillsSettled>().taken, U256::MAX);
}

#[test]
fn sequences_of_a_batch_may_straddle_two_words() {
    let w = World::open();
    let mut draft = w.draft(&[(ALICE, usd(50_000)), (BOB, usd(50_000))]);
    draft.batches[0].first_sequence += 250;
    for _ in 0..12 {
        draft = draft.fill(ALICE, BOB);
    }
    let first = draft.batches[0].first_sequence;
    let bundle = draft.with(|d| d.batches[0].left = vec![3, 8]).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    let applied: Vec<u64> = (0..12).filter(|place| w.sequence_applied(VENUE, first + place)).collect();
    assert_eq!(applied, [0, 1, 2, 4, 5, 6, 7, 9, 10, 11]);
}

#[test]
fn account_without_fills_is_topped_up_while_its_mandate_lasts() {
    let w = World::open();
    let requirements = [(ALICE, usd(1)), (BOB, usd(1)), (CAROL, 0)];
    let draft = w.draft(&requirements).fill(ALICE, BOB).top_up(CAROL, w.usdc.index, usd(5));
    w.prank(RELAYER).settle(&draft.sign()).ok();
    assert_eq!(w.balance(CAROL, w.usdc).lots, usd(200_005));
    w.prank(CAROL).revoke_mandate(CAROL, VENUE).ok();
    w.warp(1);
    let draft = w.draft(&requirements).fill(ALICE, BOB).top_up(CAROL, w.usdc.index, usd(5));
    let found = w.prank(RELAYER).settle(&draft.sign()).expect_revert_of::<MandateExpired>();
    assert_eq!(found.account, w.account(CAROL));
}

#[test]
fn short_account_may_reduce_its_risk() {
    let w = World::open();
    w.make_short(ALICE, usd(300_000));
    let bundle = w.draft(&[(ALICE, usd(290_000)), (BOB, usd(50_000))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).expect_no_emit::<ClaimSatisfied>().ok();
    assert_eq!((w.state(ALICE).posted, w.state(ALICE).required), (usd(198_000), usd(290_000)));
    assert!(w.claim(ALICE).open);
}

#[test]
fn settle_satisfies_the_claim_that_it_meets() {
    let w = World::open();
    w.make_short(ALICE, usd(300_000));
    let bundle = w.draft(&[(ALICE, usd(190_000)), (BOB, usd(50_000))]).fill(ALICE, BOB).sign();
    let account = w.account(ALICE);
    w.prank(RELAYER).settle(&bundle).expect_emit(ClaimSatisfied { account, number: 1, late: false }).ok();
    assert!(!w.claim(ALICE).open);
}

#[test]
fn credit_first_reduces_what_the_account_owes() {
    let w = World::open();
    w.make_owing(ALICE, usd(10_000));
    assert_eq!(w.claim(ALICE).owed, usd(10_000));
    let bundle = w.draft(&[(ALICE, 0), (BOB, usd(50_000))]).fill(ALICE, BOB).variation(ALICE, 12_000_000_000).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!((w.claim(ALICE).owed, w.balance(ALICE, w.usdc).lots), (0, usd(2_000)));
}

#[test]
fn anyone_may_submit_a_bundle() {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).fill(ALICE, BOB).sign();
    w.prank(STRANGER).settle(&bundle).ok();
}

#[test]
fn two_agents_both_sign() {
    let w = World::open();
    let terms = abi::escrow::Agreement { secondAgent: SECOND_AGENT.address(), ..w.agreement(DAVE) };
    w.open_account(DAVE, terms);
    w.use_house_of(DAVE);
    let set = w.draft_mark(&[(DAVE, 0)]).with(|d| d.second_agent = Some(SECOND_AGENT)).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    assert_eq!(w.state(DAVE).sequence, 1);
}
