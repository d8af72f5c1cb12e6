//! What an issuer takes from the escrow is borne by all who hold the token, each the same share, and by nobody else.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{CollateralInstruction, WHOLE, cause};
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolCall;
use plumbline_tests::*;

/// An awkward token in which Dave and Carol have pledged 1,000 each, Alice has 500 in inventory and the house 500: 3,000.
/// It is also what they settle in.
fn held(decimals: u8) -> (Fork, Token) {
    let w = World::new();
    let token = w.list_awkward(decimals);
    w.pass(10);
    for desk in [DAVE, CAROL] {
        let eligible = token.bit() | w.usdc.bit() | w.usde.bit();
        w.join(desk, Agreement { settlementToken: token.address, eligibleAssets: eligible, ..w.agreement(desk) });
        w.post_margin(desk, token, token.whole(1_000));
    }
    w.use_house_of(DAVE);
    w.stock(ALICE, token, token.whole(500));
    w.deal(token, HOUSE, token.whole(500));
    fund(&w, token, 500).ok();
    (w, token)
}

/// The same after 30 % of it have gone, on record.
fn impaired() -> (Fork, Token) {
    let (w, token) = held(6);
    w.rebase(token, -900_000_000);
    reconcile(&w, token).ok();
    (w, token)
}

fn reconcile(w: &World, token: Token) -> Outcome<reconcileCall> {
    w.prank(STRANGER).escrow(reconcileCall { token: token.address })
}

fn fund(w: &World, token: Token, tokens: u64) -> Outcome<fundHouseCall> {
    let (spender, amount) = (w.escrow, token.whole(tokens));
    w.prank(HOUSE).send(token.address, TestToken::approveCall { spender, amount }).ok();
    w.prank(HOUSE).escrow(fundHouseCall { house: w.house(), amount })
}

fn release(w: &World, desk: Actor, token: Token, tokens: u64, to: Address) -> Outcome<executeCall> {
    let nonce = w.now() + tokens;
    let release = w.release_instruction(desk, token, token.whole(tokens), nonce);
    w.prank(desk).execute_own(CollateralInstruction { to, ..release })
}

fn custody(w: &World, token: Token) -> (u64, u64) {
    let state = w.view(w.escrow, custodyCall { token: token.address });
    (state.totalLots, state.ratio)
}

fn at_seventy(token: Token) -> AssetImpaired {
    AssetImpaired { token: token.address, ratio: 700_000_000 }
}

#[test]
fn the_books_count_what_comes_in_and_goes_out() {
    let (w, token) = held(6);
    assert_eq!(custody(&w, token), (usd(3_000), WHOLE));
    w.prank(ALICE).withdraw(token, token.whole(100)).ok();
    w.prank(HOUSE).withdraw_house(token.whole(50)).ok();
    release(&w, DAVE, token, 30, DAVE.address()).ok();
    release(&w, DAVE, token, 20, Address::ZERO).ok();
    assert_eq!(custody(&w, token), (usd(2_820), WHOLE));
    w.bar(token, DAVE, true);
    release(&w, DAVE, token, 10, DAVE.address()).ok();
    assert_eq!((custody(&w, token).0, w.inventory(DAVE, token)), (usd(2_820), token.whole(30)), "it never left");
    w.audit();
}

#[test]
fn two_desks_an_inventory_and_the_house_bear_the_same_share() {
    let (w, token) = held(6);
    let address = token.address;
    let set = w.draft_mark(&[(DAVE, usd(800))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.rebase(token, -900_000_000);
    let recorded = Reconciled { token: address, held: token.whole(2_100), totalLots: usd(3_000), ratio: 700_000_000 };
    reconcile(&w, token).expect_emit(recorded).ok();
    assert_eq!((w.state(DAVE).posted, w.balance(DAVE, token).lots), (usd(700), usd(1_000)));
    let (account, number, deadline) = (w.account(DAVE), 1, w.now() + 3_600);
    let (tranche, cause, amount) = (1, cause::HAIRCUT, usd(100));
    w.prank(STRANGER)
        .escrow(issueClaimCall { account })
        .expect_emit(ClaimIssued { account, number, tranche, cause, amount, owed: 0, deadline })
        .ok();
    let paid = |to: Actor, tokens: u64, paid: u64| PaidProRata {
        token: address,
        to: to.address(),
        amount: token.whole(tokens),
        paid: token.whole(paid),
    };
    w.prank(ALICE).withdraw(token, token.whole(500)).expect_emit(paid(ALICE, 500, 350)).ok();
    w.prank(HOUSE).withdraw_house(token.whole(500)).expect_emit(paid(HOUSE, 500, 350)).ok();
    release(&w, CAROL, token, 1_000, Address::ZERO).ok();
    w.prank(CAROL).withdraw(token, token.whole(1_000)).expect_emit(paid(CAROL, 1_000, 700)).ok();
    assert_eq!([ALICE, HOUSE, CAROL].map(|who| w.wallet(who, token)), [350, 350, 700].map(|n| token.whole(n)));
    assert_eq!((w.inventory(ALICE, token), w.house_state().balance, w.balance(CAROL, token).lots), (U256::ZERO, 0, 0));
    assert_eq!((w.wallet(w.escrow, token), custody(&w, token)), (token.whole(700), (usd(1_000), 700_000_000)));
    w.audit();
}

/// A claim for what was taken is met like any other, in a token that is whole.
#[test]
fn a_claim_for_what_is_missing_is_cured_in_another_token() {
    let (w, token) = held(6);
    let set = w.draft_mark(&[(DAVE, usd(800))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.rebase(token, -900_000_000);
    reconcile(&w, token).ok();
    w.prank(STRANGER).escrow(issueClaimCall { account: w.account(DAVE) }).ok();
    w.post_margin(DAVE, w.usdc, w.usdc.whole(102));
    assert!(!w.claim(DAVE).open);
    w.audit();
}

#[test]
fn nothing_comes_in_or_leaves_between_a_loss_and_its_record() {
    let (w, token) = held(6);
    for who in [DAVE, HOUSE] {
        w.deal(token, who, token.whole(10));
    }
    w.rebase(token, -1);
    let (held, booked) = (token.whole(3_000) - U256::from(1), token.whole(3_000));
    let short = CustodyShort { token: token.address, held, booked };
    w.prank(ALICE).withdraw(token, token.whole(1)).expect_revert(short.clone());
    w.prank(HOUSE).withdraw_house(token.whole(1)).expect_revert(short.clone());
    release(&w, CAROL, token, 1, CAROL.address()).expect_revert(short.clone());
    w.prank(DAVE).deposit(token, token.whole(10)).expect_revert(short.clone());
    w.prank(DAVE).pledge(DAVE, token, token.whole(10)).expect_revert(short.clone());
    fund(&w, token, 10).expect_revert(short);
    release(&w, CAROL, token, 1, Address::ZERO).ok();
    w.prank(CAROL).execute_own(w.pledge_instruction(CAROL, token, token.whole(1), 1)).ok();
    reconcile(&w, token).ok();
    w.prank(ALICE).withdraw(token, token.whole(500)).ok();
    assert_eq!(w.wallet(ALICE, token), token.whole(500) - U256::from(1), "nobody is paid more than the ratio");
    w.audit();
}

#[test]
fn none_of_an_impaired_asset_comes_in() {
    let (w, token) = impaired();
    w.deal(token, DAVE, token.whole(10));
    w.deal(token, HOUSE, token.whole(10));
    let (account, from, amount) = (w.account(DAVE), DAVE.address(), token.whole(10));
    w.prank(DAVE).deposit(token, amount).expect_revert(at_seventy(token));
    w.prank(DAVE).pledge(DAVE, token, amount).expect_revert(at_seventy(token));
    fund(&w, token, 10).expect_revert(at_seventy(token));
    let refused = |call: Vec<u8>| {
        w.prank(DAVE).send_raw::<depositCall>(w.escrow, call).expect_revert(at_seventy(token));
    };
    let (deadline, v, r, s) = (U256::MAX, 27, B256::ZERO, B256::ZERO);
    let address = token.address;
    refused(depositWithPermitCall { token: address, amount, deadline, v, r, s }.abi_encode());
    refused(pledgeWithPermitCall { account, token: address, amount, deadline, v, r, s }.abi_encode());
    let (after, before, salt) = (U256::ZERO, U256::MAX, B256::ZERO);
    let deposit = depositWithAuthorizationCall {
        token: address,
        from,
        amount,
        validAfter: after,
        validBefore: before,
        salt,
        v,
        r,
        s,
    };
    refused(deposit.abi_encode());
    let pledge = pledgeWithAuthorizationCall {
        account,
        token: address,
        from,
        amount,
        validAfter: after,
        validBefore: before,
        salt,
        v,
        r,
        s,
    };
    refused(pledge.abi_encode());
    assert_eq!((w.inventory(DAVE, token), w.balance(DAVE, token).lots), (U256::ZERO, usd(1_000)));
    w.audit();
}

/// Inside the ledger an impaired token moves at face, as one that has lost its peg does; it counts for less.
#[test]
fn an_impaired_asset_moves_at_face_inside_the_ledger() {
    let (w, token) = impaired();
    let set = w.draft_mark(&[(DAVE, 0)]).variation(DAVE, -(usd(100) as i64)).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    assert_eq!((w.balance(DAVE, token).lots, w.house_state().balance), (usd(900), usd(600)));
    release(&w, CAROL, token, 400, Address::ZERO).ok();
    w.prank(CAROL).execute_own(w.pledge_instruction(CAROL, token, token.whole(100), 1)).ok();
    assert_eq!((w.balance(CAROL, token).lots, w.inventory(CAROL, token)), (usd(700), token.whole(300)));
    assert_eq!(custody(&w, token), (usd(3_000), 700_000_000));
    w.audit();
}

#[test]
fn a_fill_settles_against_what_is_left() {
    let (w, token) = impaired();
    let bundle = |requirement: u64| w.draft(&[(DAVE, requirement), (CAROL, usd(100))]).fill(DAVE, CAROL).sign();
    let short = MarginShort { account: w.account(DAVE), posted: usd(700), required: usd(700) + 1 };
    w.prank(RELAYER).settle(&bundle(usd(700) + 1)).expect_revert(short);
    w.prank(RELAYER).settle(&bundle(usd(700))).ok();
    assert_eq!(w.balance(DAVE, token).lots, usd(1_000));
    w.audit();
}

/// Anyone carries a signed release, and those who stay would gain by it: a share is paid to who asks for it, alone.
#[test]
fn a_release_of_an_impaired_asset_to_a_wallet_goes_to_inventory_whole() {
    let (w, token) = impaired();
    let (account, to, amount) = (w.account(CAROL), CAROL.address(), token.whole(100));
    let returned = ReturnedToInventory { account, token: token.address, to, amount };
    release(&w, CAROL, token, 100, to).expect_emit(returned).expect_no_emit::<PaidProRata>().ok();
    assert_eq!((w.inventory(CAROL, token), w.wallet(CAROL, token)), (amount, U256::ZERO));
    assert_eq!(custody(&w, token).0, usd(3_000));
    w.audit();
}

#[test]
fn what_comes_back_raises_the_ratio_and_ends_the_impairment() {
    let (w, token) = impaired();
    w.prank(ALICE).withdraw(token, token.whole(500)).ok();
    w.deal(token, w.escrow, token.whole(375));
    let ratio = 850_000_000;
    let raised = Reconciled { token: token.address, held: token.whole(2_125), totalLots: usd(2_500), ratio };
    reconcile(&w, token).expect_emit(raised).ok();
    w.prank(HOUSE).withdraw_house(token.whole(100)).ok();
    assert_eq!(w.wallet(HOUSE, token), token.whole(85));
    w.deal(token, w.escrow, token.whole(1_000));
    reconcile(&w, token).ok();
    assert_eq!(custody(&w, token), (usd(2_400), WHOLE));
    w.prank(ALICE).deposit(token, token.whole(350)).ok();
    w.prank(ALICE).withdraw(token, token.whole(350)).expect_no_emit::<PaidProRata>().ok();
    release(&w, DAVE, token, 1_000, DAVE.address()).ok();
    assert_eq!(w.wallet(DAVE, token), token.whole(1_000));
    w.audit();
}

#[test]
fn a_second_loss_is_recorded_on_top_of_the_first() {
    let (w, token) = impaired();
    w.rebase(token, -700_000_000);
    let (held, booked) = (token.whole(1_400), token.whole(2_100));
    let short = CustodyShort { token: token.address, held, booked };
    w.prank(ALICE).withdraw(token, token.whole(500)).expect_revert(short);
    reconcile(&w, token).ok();
    assert_eq!(custody(&w, token), (usd(3_000), 466_666_666));
    w.prank(ALICE).withdraw(token, token.whole(300)).ok();
    assert_eq!(w.wallet(ALICE, token), U256::from(139_999_999));
    w.audit();
}

/// Whoever comes first is paid as whoever comes last, to the unit.
#[test]
fn the_order_of_withdrawals_does_not_matter() {
    let paid = |order: [usize; 3]| {
        let (w, token) = held(6);
        for desk in [DAVE, CAROL] {
            release(&w, desk, token, 333, Address::ZERO).ok();
        }
        w.rebase(token, -1_000_000_007);
        reconcile(&w, token).ok();
        let holders = [ALICE, DAVE, CAROL];
        for place in order {
            w.prank(holders[place]).withdraw(token, token.whole(333)).ok();
        }
        w.audit();
        holders.map(|holder| w.wallet(holder, token))
    };
    let first = paid([0, 1, 2]);
    assert!(first.iter().all(|amount| *amount == first[0]), "{first:?}");
    assert_eq!((paid([2, 1, 0]), paid([1, 2, 0])), (first, first));
}

#[test]
fn nobody_gives_up_a_claim_for_nothing() {
    let (w, token) = held(6);
    w.rebase(token, -3_000_000_000);
    reconcile(&w, token).ok();
    assert_eq!(custody(&w, token), (usd(3_000), 0));
    let gone = AssetImpaired { token: token.address, ratio: 0 };
    w.prank(ALICE).withdraw(token, token.whole(500)).expect_revert(gone.clone());
    w.prank(HOUSE).withdraw_house(token.whole(500)).expect_revert(gone);
    assert_eq!(w.state(DAVE).posted, 0);
    w.rebase(token, 3_000_000_000);
    reconcile(&w, token).ok();
    w.prank(ALICE).withdraw(token, token.whole(500)).ok();
    w.audit();
}

#[test]
fn a_share_is_paid_in_whole_units() {
    let (w, token) = held(2);
    w.rebase(token, -90_000);
    reconcile(&w, token).ok();
    assert_eq!(custody(&w, token), (usd(3_000), 700_000_000));
    w.prank(ALICE).withdraw(token, U256::from(1)).expect_revert(at_seventy(token));
    w.prank(ALICE).withdraw(token, U256::from(11)).ok();
    assert_eq!(w.wallet(ALICE, token), U256::from(7));
    w.audit();
}

#[test]
fn a_unit_less_than_a_lot_is_a_lot_that_is_not_there() {
    let (w, token) = held(18);
    w.rebase(token, -1);
    reconcile(&w, token).ok();
    assert_eq!(custody(&w, token), (usd(3_000), WHOLE - 1));
    w.rebase(token, 1);
    reconcile(&w, token).ok();
    w.audit();
}

#[test]
fn where_the_ratio_stays_there_is_nothing_to_reconcile() {
    let (w, token) = held(6);
    let nothing = |ratio| NothingToReconcile { token: token.address, ratio };
    reconcile(&w, token).expect_revert(nothing(WHOLE));
    w.rebase(token, 7);
    reconcile(&w, token).expect_revert(nothing(WHOLE));
    w.rebase(token, -900_000_007);
    reconcile(&w, token).ok();
    reconcile(&w, token).expect_revert(nothing(700_000_000));
    let unlisted = Address::repeat_byte(7);
    w.prank(STRANGER).escrow(reconcileCall { token: unlisted }).expect_revert(UnknownAsset { token: unlisted });
    w.audit();
}

#[test]
fn a_pause_and_an_impairment_leave_each_other_alone() {
    let (w, token) = held(6);
    w.appoint();
    w.prank(PAUSER).escrow(pauseCall {}).ok();
    w.rebase(token, -900_000_000);
    reconcile(&w, token).ok();
    assert!(w.view(w.escrow, pausedCall {}));
    w.prank(PAUSER).escrow(unpauseCall {}).ok();
    assert_eq!(custody(&w, token), (usd(3_000), 700_000_000));
    assert_eq!(w.view(w.escrow, registryCall {}), w.registry);
    w.audit();
}

/// A desk that holds none of the token does not notice.
#[test]
fn other_tokens_are_untouched() {
    let w = World::open();
    let token = w.list_awkward(6);
    w.pass(10);
    w.stock(DAVE, token, token.whole(100));
    w.rebase(token, -50_000_000);
    reconcile(&w, token).ok();
    w.trade_all(1_000);
    w.prank(ALICE).withdraw(w.usdc, w.usdc.whole(100)).expect_no_emit::<PaidProRata>().ok();
    assert_eq!(custody(&w, w.usdc).1, WHOLE);
    w.audit();
}

/// Margin is met in other tokens. Variation is owed in this one, and waits for it: what the account holds of it still pays.
#[test]
fn variation_owed_in_an_impaired_token_waits_for_that_token() {
    let (w, token) = impaired();
    w.prank(RELAYER).mark(&w.draft_mark(&[(DAVE, 0)]).variation(DAVE, -(usd(1_400) as i64)).sign_mark()).ok();
    assert_eq!((w.balance(DAVE, token).lots, w.claim(DAVE).owed), (0, usd(400)));
    w.post_margin(DAVE, w.usdc, w.usdc.whole(900));
    assert_eq!(w.claim(DAVE).owed, usd(400), "no other token pays it");
    w.deal(token, DAVE, token.whole(400));
    w.prank(DAVE).pledge(DAVE, token, token.whole(400)).expect_revert(at_seventy(token));
    w.rebase(token, 900_000_000);
    reconcile(&w, token).ok();
    w.prank(DAVE).pledge(DAVE, token, token.whole(400)).ok();
    assert!(!w.claim(DAVE).open);
    w.audit();
}
