//! `mark`: the state moves without fills; what cannot be paid becomes a claim on whoever owes it.
use abi::escrow::MARK_SLOTS;
use abi::escrow::MarginEscrow::*;
use abi::escrow::cause;
use alloy::primitives::{B256, I256};
use alloy::sol_types::SolCall;
use plumbline_tests::*;

const USD: i64 = 1_000_000;

#[test]
fn mark_moves_requirement_and_variation() {
    let w = World::open();
    w.pass(30);
    let set = w
        .draft_mark(&[(ALICE, usd(20_000)), (BOB, usd(30_000))])
        .variation(ALICE, -100 * USD)
        .variation(BOB, 100 * USD);
    let (account, slot, now) = (w.account(ALICE), w.slot(), w.now());
    w.prank(RELAYER)
        .mark(&set.sign_mark())
        .expect_emit(MarginStated {
            account,
            sequence: 1,
            root: B256::ZERO,
            history: B256::ZERO,
            requirement: usd(20_000),
            cumulativeVariation: -100 * USD,
            fillVariation: 0,
            paid: -100 * USD,
            posted: usd(20_000),
            slot,
            asOf: now,
        })
        .expect_no_emit::<ClaimIssued>()
        .ok();
    let state = w.state(ALICE);
    assert_eq!((state.sequence, state.requirement, state.cumulativeVariation), (1, usd(20_000), -100 * USD));
    assert_eq!((w.balance(ALICE, w.usdc).lots, w.balance(BOB, w.usdc).lots), (usd(199_900), usd(200_100)));
}

#[test]
fn a_late_set_pays_only_the_difference() {
    let w = World::open();
    let first = w.draft_mark(&[(ALICE, 0)]).variation(ALICE, -700 * USD).sign_mark();
    w.prank(RELAYER).mark(&first).ok();
    let second = w.draft_mark(&[(ALICE, 0)]).variation(ALICE, -50 * USD).sign_mark();
    assert_eq!(second.statements[0].cumulative_variation, -750 * USD);
    w.prank(RELAYER).mark(&second).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(199_250));
}

#[test]
fn a_set_cannot_be_marked_twice() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, 0)]).variation(ALICE, -700 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(RELAYER).mark(&set).expect_revert_of::<InvalidSigner>();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(199_300));
}

#[test]
fn mark_issues_a_claim_for_the_shortfall() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, usd(250_000))]).sign_mark();
    let (account, deadline) = (w.account(ALICE), w.now() + 3_600);
    let done = w.prank(RELAYER).mark(&set).ok();
    let issued = done.event::<ClaimIssued>();
    assert_eq!((issued.account, issued.number, issued.cause), (account, 1, cause::INITIAL));
    assert_eq!((issued.amount, issued.owed, issued.deadline), (usd(52_000), 0, deadline));
    let claim = w.claim(ALICE);
    assert_eq!((claim.open, claim.number, claim.owed), (true, 1, 0));
    assert_eq!((claim.first.amount, claim.first.deadline, claim.first.cause), (usd(52_000), deadline, cause::INITIAL));
    assert_eq!(claim.second.amount, 0);
}

#[test]
fn a_shortfall_below_the_minimum_transfer_amount_is_not_due() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, usd(198_100) - 1)]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_no_emit::<ClaimIssued>().ok();
    assert!(!w.claim(ALICE).open);
}

#[test]
fn a_shortfall_of_the_minimum_transfer_amount_is_due_whole() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, usd(198_100))]).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    assert_eq!(done.event::<ClaimIssued>().amount, usd(100));
}

#[test]
fn without_a_minimum_any_shortfall_is_due() {
    let w = World::open();
    let terms = abi::escrow::Agreement { minimumTransferAmount: 0, ..w.agreement(DAVE) };
    w.join(DAVE, terms);
    let set = w.draft_mark(&[(DAVE, 1)]).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    assert_eq!(done.event::<ClaimIssued>().amount, 1);
}

#[test]
fn variation_beyond_the_balance_is_owed() {
    let w = World::open();
    let before = w.house_state().balance;
    let set = w.draft_mark(&[(ALICE, 0)]).variation(ALICE, -230_000 * USD).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    assert_eq!(done.event::<MarginStated>().paid, -200_000 * USD);
    let issued = done.event::<ClaimIssued>();
    assert_eq!((issued.cause, issued.amount, issued.owed), (cause::VARIATION, usd(30_000), usd(30_000)));
    assert_eq!(
        (w.balance(ALICE, w.usdc).lots, w.claim(ALICE).owed, w.state(ALICE).owed),
        (0, usd(30_000), usd(30_000))
    );
    assert_eq!(w.house_state().balance, before + usd(200_000));
}

#[test]
fn one_desks_loss_never_touches_another_desk() {
    let w = World::open();
    w.drain_house();
    let set = w.draft_mark(&[(ALICE, 0), (BOB, 0)]).variation(ALICE, -230_000 * USD).variation(BOB, 230_000 * USD);
    let (house, bob) = (w.house(), w.account(BOB));
    w.prank(RELAYER)
        .mark(&set.sign_mark())
        .expect_emit(HouseClaimIssued { house, account: bob, amount: usd(30_000), owed: usd(30_000) })
        .ok();
    assert_eq!(w.balance(BOB, w.usdc).lots, usd(400_000), "Bob has his own margin and what Alice could pay");
    assert_eq!(w.balance(CAROL, w.usdc).lots, usd(200_000));
    assert_eq!((w.state(BOB).houseOwes, w.house_state().owed, w.house_state().balance), (usd(30_000), usd(30_000), 0));
}

#[test]
fn debits_come_before_credits_in_a_mark() {
    let w = World::open();
    w.drain_house();
    let set =
        w.draft_mark(&[(ALICE, 0), (BOB, 0)]).variation(ALICE, 5_000 * USD).variation(BOB, -5_000 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).expect_no_emit::<HouseClaimIssued>().ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(205_000));
}

#[test]
fn mark_satisfies_a_claim_that_is_no_longer_due() {
    let w = World::open();
    w.make_short(ALICE, usd(300_000));
    let set = w.draft_mark(&[(ALICE, usd(150_000))]).sign_mark();
    let account = w.account(ALICE);
    w.prank(RELAYER).mark(&set).expect_emit(ClaimSatisfied { account, number: 1, late: false }).ok();
    assert!(!w.claim(ALICE).open);
}

#[test]
fn mark_accepts_the_last_valid_slot_of_an_hour() {
    let w = World::open();
    w.pass(3_610);
    let oldest = w.slot() - MARK_SLOTS;
    let stale = w.draft_mark(&[(ALICE, 0)]).with(|d| d.set.slot = oldest - 1).sign_mark();
    w.prank(RELAYER).mark(&stale).expect_revert(StaleSlot { slot: oldest - 1, oldest });
    let set = w.draft_mark(&[(ALICE, 0)]).with(|d| d.set.slot = oldest).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

#[test]
fn mark_goes_on_at_stale_valuations() {
    let w = World::open();
    w.warp(600);
    let set = w.draft_mark(&[(ALICE, usd(250_000))]).sign_mark();
    let done = w.prank(RELAYER).mark(&set).ok();
    assert_eq!(done.event::<ClaimIssued>().amount, usd(52_000));
}

#[test]
fn mark_refuses_what_settle_refuses() {
    let w = World::open();
    let draft = w.draft_mark(&[(ALICE, 0), (BOB, 0)]);
    let now = w.now();
    let sign = |change: fn(&mut Draft)| draft.clone().with(change).sign_mark();

    let set = sign(|d| d.set.validUntil = START - 1);
    w.prank(RELAYER).mark(&set).expect_revert(Expired { validUntil: now - 1, timestamp: now });
    let set = sign(|d| d.set.asOf += 1);
    w.prank(RELAYER).mark(&set).expect_revert(AsOfInFuture { asOf: now + 1, timestamp: now });
    let set = sign(|d| d.set.slot += 1);
    w.prank(RELAYER).mark(&set).expect_revert(SlotInFuture { slot: now / 10 + 1, current: now / 10 });
    let set = sign(|d| d.set.parametersHash = B256::ZERO);
    w.prank(RELAYER).mark(&set).expect_revert(ParametersNotAgreed { agreed: parameters_hash(), given: B256::ZERO });
    let set = sign(|d| d.agent = STRANGER);
    w.prank(RELAYER)
        .mark(&set)
        .expect_revert(InvalidSigner { expected: AGENT.address(), recovered: STRANGER.address() });
    let set = sign(|d| d.set.houseCumulativeVariation += 1);
    w.prank(RELAYER).mark(&set).expect_revert(VariationNotZeroSum { sum: I256::ONE });
    let set = sign(|d| d.set.statements.reverse());
    w.prank(RELAYER).mark(&set).expect_revert(AccountsNotAscending { account: w.account(ALICE) });
    let set = sign(|d| d.statement(BOB).account = 900);
    w.prank(RELAYER).mark(&set).expect_revert(UnknownAccount { account: 900 });
    let set = sign(|d| d.set.house = 77);
    w.prank(RELAYER).mark(&set).expect_revert(UnknownHouse { house: 77 });
}

#[test]
fn figures_without_room_in_the_ledger_are_refused() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, 1 << 50)]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(OutOfRange { field: feed("requirement") });
    let set = w.draft_mark(&[(ALICE, 0)]).variation(ALICE, 1 << 55).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(OutOfRange { field: feed("cumulativeVariation") });
    let terms = abi::escrow::Agreement { independentAmount: 1, ..w.agreement(DAVE) };
    w.join(DAVE, terms);
    let set = w.draft_mark(&[(DAVE, u64::MAX)]).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(Overflow {});
}

#[test]
fn mark_refuses_to_go_back_in_time() {
    let w = World::open();
    w.pass(20);
    let (now, account) = (w.now(), w.account(ALICE));
    let set = w.draft_mark(&[(ALICE, 0)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let set =
        w.draft_mark(&[(ALICE, 0)]).with(|d| (d.set.asOf, d.set.slot) = (d.set.asOf - 10, d.set.slot - 1)).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(OutOfOrder { account, asOf: now - 10, lastAsOf: now });
}

#[test]
fn mark_refuses_trailing_bytes() {
    let w = World::open();
    let mut bytes = w.draft_mark(&[(ALICE, 0)]).sign_mark().encode().unwrap();
    bytes.push(0);
    w.prank(RELAYER).packed::<markCall>(markCall::SELECTOR, bytes).expect_revert_of::<Malformed>();
}

/// Invariant 2: positions change only in `settle`. A statement without fills carries the stored root.
#[test]
fn mark_cannot_change_positions() {
    let w = World::open();
    w.trade_all(10_000);
    let set =
        w.draft_mark(&[(ALICE, usd(10_000))]).with(|d| d.statement(ALICE).newRoot = B256::repeat_byte(7)).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(PositionsMoved { account: w.account(ALICE) });
}

#[test]
fn mark_cannot_move_fill_variation() {
    let w = World::open();
    let set = w.draft_mark(&[(ALICE, 0)]).fill_variation(ALICE, -5 * USD).sign_mark();
    w.prank(RELAYER).mark(&set).expect_revert(PositionsMoved { account: w.account(ALICE) });
}
