//! Migration: an account leaves for a successor of the escrow by both parties' signatures, and is closed here for good.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction, Migration, action};
use abi::successor::MigratedAccount;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{SolCall, SolError, SolStruct, SolValue};
use plumbline_tests::successor::{Mood, TestSuccessor};
use plumbline_tests::*;

/// Alice trades, so that there is a state to leave with, and holds USDe beside her USDC.
fn traded() -> (Fork, Address) {
    let w = World::open();
    w.trade_all(20_000);
    w.post_margin(ALICE, w.usde, w.usde.whole(300));
    let successor = w.successor(Mood::Takes);
    (w, successor)
}

fn migration(w: &World, successor: Address) -> Migration {
    w.migration(ALICE, successor, 77)
}

fn migrate(w: &World, migration: &Migration) -> Outcome<migrateCall> {
    w.prank(STRANGER).migrate(migration, w.sign_migration(ALICE, migration), w.sign_migration(HOUSE, migration))
}

fn last_state(w: &World) -> MigratedAccount {
    let state = w.state(ALICE);
    MigratedAccount {
        account: w.account(ALICE),
        agreementHash: w.agreement(ALICE).eip712_hash_struct(),
        pledgor: ALICE.address(),
        securedParty: HOUSE.address(),
        history: state.history,
        sequence: state.sequence,
        requirement: state.requirement,
        cumulativeVariation: state.cumulativeVariation,
        slot: state.slot,
        asOf: state.asOf,
    }
}

#[test]
fn an_account_leaves_with_all_it_holds_and_its_last_state() {
    let (w, successor) = traded();
    let (last, account) = (last_state(&w), w.account(ALICE));
    let (usdc, usde) = (w.usdc.units(w.balance(ALICE, w.usdc).lots), w.usde.whole(300));
    assert!(last.sequence > 0 && !last.history.is_zero());
    let migrated = Migrated {
        account,
        successor,
        agreementHash: last.agreementHash,
        history: last.history,
        sequence: last.sequence,
        requirement: last.requirement,
        cumulativeVariation: last.cumulativeVariation,
        slot: last.slot,
        asOf: last.asOf,
    };
    let released =
        |token: Token, amount| Released { account, token: token.address, to: successor, amount, stressedLots: 0 };
    migrate(&w, &migration(&w, successor))
        .expect_emit(migrated)
        .expect_emit(released(w.usdc, usdc))
        .expect_emit(released(w.usde, usde))
        .ok();
    assert_eq!((w.wallet(successor, w.usdc), w.wallet(successor, w.usde)), (usdc, usde));
    let credit =
        |token: Token| w.view(successor, TestSuccessor::creditCall { pledgor: ALICE.address(), token: token.address });
    assert_eq!((credit(w.usdc), credit(w.usde)), (usdc, usde));
    let told = w.view(successor, TestSuccessor::accountsCall { account });
    assert_eq!(MigratedAccount::abi_decode(&told).unwrap(), last);
    let state = w.state(ALICE);
    assert!(state.closed && state.heldAssets == 0 && state.history == last.history);
    assert!(w.nonce_used(ALICE, 77));
    w.audit();
}

/// Neither what is left here nor anybody else's account notices.
#[test]
fn what_is_not_the_accounts_stays() {
    let (w, successor) = traded();
    let house = w.house_state();
    migrate(&w, &migration(&w, successor)).ok();
    assert_eq!(w.inventory(ALICE, w.usdc), w.usdc.whole(100_000));
    assert_eq!(
        (w.house_state().balance, w.house_state().cumulativeVariation),
        (house.balance, house.cumulativeVariation)
    );
    w.prank(ALICE).withdraw(w.usdc, w.usdc.whole(100_000)).ok();
    let bundle = w.draft(&[(BOB, usd(20_000)), (CAROL, usd(20_000))]).fill(BOB, CAROL).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.audit();
}

#[test]
fn both_parties_sign() {
    let (w, successor) = traded();
    let migration = migration(&w, successor);
    let sign = |actor: Actor| w.sign_migration(actor, &migration);
    let refused = |expected: Actor, by: Actor| InvalidSigner { expected: expected.address(), recovered: by.address() };
    w.prank(ALICE).migrate(&migration, sign(BOB), sign(HOUSE)).expect_revert(refused(ALICE, BOB));
    w.prank(ALICE).migrate(&migration, sign(HOUSE), sign(ALICE)).expect_revert(refused(ALICE, HOUSE));
    w.prank(HOUSE).migrate(&migration, sign(ALICE), sign(ALICE)).expect_revert(refused(HOUSE, ALICE));
    w.prank(HOUSE).migrate(&migration, sign(ALICE), sign(AGENT)).expect_revert(refused(HOUSE, AGENT));
    let nobody = InvalidSigner { expected: ALICE.address(), recovered: Address::ZERO };
    w.prank(ALICE).migrate(&migration, vec![], sign(HOUSE)).expect_revert(nobody);
    for spoil in [
        |m: &mut Migration| m.successor = Address::repeat_byte(1),
        |m: &mut Migration| m.validUntil += 1,
        |m: &mut Migration| m.nonce += 1,
    ] {
        let mut other = migration.clone();
        spoil(&mut other);
        w.node.set_code(other.successor, &[0]);
        w.prank(STRANGER).migrate(&other, sign(ALICE), sign(HOUSE)).expect_revert_of::<InvalidSigner>();
    }
}

#[test]
fn a_migration_works_once_and_in_its_time() {
    let (w, successor) = traded();
    let migration = migration(&w, successor);
    let (valid_until, account) = (migration.validUntil, migration.account);
    w.register(ALICE, w.mandate_for(ALICE, 77));
    migrate(&w, &migration).expect_revert(NonceAlreadyUsed { pledgor: ALICE.address(), nonce: 77 });
    let later = Migration { nonce: 78, ..migration };
    let before = w.snapshot();
    w.warp(valid_until + 1 - w.now());
    migrate(&w, &later).expect_revert(Expired { validUntil: valid_until, timestamp: valid_until + 1 });
    w.revert(before);
    w.warp(valid_until - w.now());
    migrate(&w, &later).ok();
    migrate(&w, &later).expect_revert(AccountClosed { account });
}

#[test]
fn an_account_leaves_under_its_own_agreement_to_another_contract() {
    let (w, successor) = traded();
    let good = migration(&w, successor);
    let refused = |migration: Migration, field: &str| {
        let field = B256::right_padding_from(field.as_bytes());
        migrate(&w, &migration).expect_revert(InvalidTerms { field });
    };
    refused(Migration { agreementHash: w.agreement(BOB).eip712_hash_struct(), ..good.clone() }, "agreementHash");
    refused(Migration { agreementHash: B256::ZERO, ..good.clone() }, "agreementHash");
    refused(Migration { successor: w.escrow, ..good.clone() }, "successor");
    refused(Migration { successor: Address::repeat_byte(9), ..good.clone() }, "successor");
    refused(Migration { successor: Address::ZERO, ..good }, "successor");
}

#[test]
fn nothing_may_be_open_between_the_parties() {
    let (w, successor) = traded();
    let (account, migration) = (w.account(ALICE), migration(&w, successor));
    let before = w.snapshot();
    w.make_short(ALICE, usd(400_000));
    migrate(&w, &migration).expect_revert(ClaimOpen { account, number: 1 });
    w.revert(before);
    w.drain_house();
    let set = w.draft_mark(&[(ALICE, usd(20_000))]).variation(ALICE, usd(500) as i64).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let migration = w.migration(ALICE, successor, 77);
    migrate(&w, &migration).expect_revert(HouseOwes { account, owed: usd(500) });
    w.deal(w.usdc, HOUSE, w.usdc.whole(500));
    w.prank(HOUSE).fund_house(w.usdc.whole(500)).ok();
    w.prank(STRANGER).pay_house_claim(ALICE).ok();
    migrate(&w, &migration).ok();
    w.audit();
}

#[test]
fn a_successor_that_does_not_agree_gets_nothing() {
    let (w, _) = traded();
    for mood in [Mood::Reverts, Mood::AnswersOtherwise] {
        let successor = w.successor(mood);
        migrate(&w, &migration(&w, successor)).expect_revert(MigrationRefused { successor });
        assert_eq!(w.wallet(successor, w.usdc), U256::ZERO);
    }
    let deaf = w.usdc.address;
    migrate(&w, &migration(&w, deaf)).expect_revert(MigrationRefused { successor: deaf });
    assert!(!w.state(ALICE).closed && !w.nonce_used(ALICE, 77));
    w.audit();
}

#[test]
fn a_successor_cannot_call_back() {
    let (w, _) = traded();
    let successor = w.successor(Mood::CallsBack);
    migrate(&w, &migration(&w, successor)).ok();
    assert_eq!(w.view(successor, TestSuccessor::answerCall {})[..], Reentrant {}.abi_encode());
    w.audit();
}

/// The pause is not theirs to fear who both ask to leave.
#[test]
fn a_pause_keeps_nobody() {
    let (w, successor) = traded();
    w.appoint();
    w.prank(PAUSER).escrow(pauseCall {}).ok();
    migrate(&w, &migration(&w, successor)).ok();
    w.audit();
}

#[test]
fn a_closed_account_refuses_everything() {
    let (w, successor) = traded();
    let (account, second) = (w.account(ALICE), w.open_account(DAVE, w.agreement(DAVE)));
    let release = w.release_instruction(ALICE, w.usdc, U256::from(1), 1);
    let pledge = w.pledge_instruction(ALICE, w.usdc, w.usdc.whole(1), 2);
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(1)), (w.usdc, U256::from(1)), 3);
    let transfer = CollateralInstruction { action: action::TRANSFER, toAccount: second, nonce: 4, ..release.clone() };
    let bundle = w.draft(&[(ALICE, usd(20_000)), (BOB, usd(20_000))]).fill(ALICE, BOB).sign();
    let set = w.draft_mark(&[(ALICE, usd(20_000))]).sign_mark();
    let mandate = w.mandate_for(ALICE, 5);
    let signature = w.sign_mandate(ALICE, &mandate);
    migrate(&w, &migration(&w, successor)).ok();
    let closed = AccountClosed { account };
    for instruction in [release, pledge, swap, transfer] {
        w.prank(ALICE).execute_own(instruction).expect_revert(closed.clone());
    }
    w.deal(w.usdc, BOB, w.usdc.whole(1));
    w.prank(BOB).pledge(ALICE, w.usdc, w.usdc.whole(1)).expect_revert(closed.clone());
    w.prank(RELAYER).settle(&bundle).expect_revert(closed.clone());
    w.prank(RELAYER).mark(&set).expect_revert(closed.clone());
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(closed.clone());
    w.prank(ALICE).revoke_mandate(ALICE, VENUE).expect_revert(closed.clone());
    w.prank(STRANGER).pay_house_claim(ALICE).expect_revert(closed.clone());
    let refused = |call: Vec<u8>| {
        w.prank(HOUSE).send_raw::<pauseCall>(w.escrow, call).expect_revert(closed.clone());
    };
    refused(issueClaimCall { account }.abi_encode());
    refused(cancelClaimCall { account }.abi_encode());
    refused(enforceCall { account }.abi_encode());
    refused(enforceHouseCall { account }.abi_encode());
    refused(recallCall { account, token: w.usde.address, at: w.now() + 2 * DAY }.abi_encode());
    let agreement = w.agreement(ALICE);
    let digest = w.domain().agreement(&agreement);
    let (alice, house) = (ALICE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
    w.prank(RELAYER).open_account(agreement, alice, house).expect_revert(AgreementAlreadyOpen { account });
    w.audit();
}

/// A share of an impaired asset leaves for the pledgor's own call: it may come back whole.
#[test]
fn a_share_of_an_impaired_asset_leaves_by_the_pledgors_own_call() {
    let (w, successor) = traded();
    let (account, caller) = (w.account(ALICE), STRANGER.address());
    let lots = w.balance(ALICE, w.usdc).lots;
    w.take(w.usdc, w.wallet(w.escrow, w.usdc) / U256::from(2));
    w.prank(STRANGER).escrow(reconcileCall { token: w.usdc.address }).ok();
    let migration = migration(&w, successor);
    migrate(&w, &migration).expect_revert(NotPledgor { account, caller });
    let (alice, house) = (w.sign_migration(ALICE, &migration), w.sign_migration(HOUSE, &migration));
    w.prank(ALICE).migrate(&migration, alice, house).ok();
    let credit = TestSuccessor::creditCall { pledgor: ALICE.address(), token: w.usdc.address };
    assert_eq!(w.view(successor, credit), w.usdc.units(lots / 2));
    w.audit();
}

/// Parts of a cent stay on the books of a closed account.
#[test]
fn less_than_a_unit_stays_on_the_books() {
    let w = World::open();
    let token = w.list_awkward(2);
    w.pass(10);
    let settled = Agreement { settlementToken: token.address, eligibleAssets: token.bit(), ..w.agreement(DAVE) };
    w.open_account(DAVE, settled.clone());
    w.use_house_of(DAVE);
    w.post_margin(DAVE, token, token.whole(1_000));
    let set = w.draft_mark(&[(DAVE, 0)]).variation(DAVE, -5_000).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let successor = w.successor(Mood::Takes);
    let agreement = settled.eip712_hash_struct();
    let migration = Migration { agreementHash: agreement, ..w.migration(DAVE, successor, 1) };
    let (dave, house) = (w.sign_migration(DAVE, &migration), w.sign_migration(HOUSE, &migration));
    w.prank(RELAYER).migrate(&migration, dave, house).ok();
    assert_eq!((w.wallet(successor, token), w.balance(DAVE, token).lots), (token.whole(1_000) - U256::from(1), 5_000));
    w.audit();
}
