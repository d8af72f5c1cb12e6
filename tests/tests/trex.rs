//! A T-REX token (ERC-3643), as its authors publish it, as tokenized cash: docs/tokens.md states what follows.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction};
use alloy::primitives::{Address, U256};
use plumbline_tests::trex::{IdentityRegistry, Trex, TrexToken};
use plumbline_tests::*;

/// The open world with a T-REX token: Dave and the escrow are verified, Dave has pledged 1,000 and holds 100 in inventory.
fn listed() -> (Fork, Trex) {
    let (w, trex) = unverified();
    trex.verify(&w, w.escrow);
    w.post_margin(DAVE, trex.token, trex.token.whole(1_000));
    w.stock(DAVE, trex.token, trex.token.whole(100));
    (w, trex)
}

/// Before the issuer verified the escrow; Dave has 50 in his wallet.
fn unverified() -> (Fork, Trex) {
    let w = World::open();
    let trex = w.list_trex();
    w.pass(10);
    w.join(DAVE, Agreement { eligibleAssets: 0b111 | trex.token.bit(), ..w.agreement(DAVE) });
    trex.verify(&w, DAVE);
    w.deal(trex.token, DAVE, trex.token.whole(50));
    (w, trex)
}

fn failed(trex: &Trex) -> TokenCallFailed {
    TokenCallFailed { token: trex.token.address }
}

fn release(w: &World, trex: &Trex, to: Address, nonce: u64) -> Outcome<executeCall> {
    let release = w.release_instruction(DAVE, trex.token, trex.token.whole(10), nonce);
    w.prank(DAVE).execute_own(CollateralInstruction { to, ..release })
}

fn returned(w: &World, trex: &Trex, to: Address) -> ReturnedToInventory {
    let (account, token) = (w.account(DAVE), trex.token);
    ReturnedToInventory { account, token: token.address, to, amount: token.whole(10) }
}

#[test]
fn nothing_comes_in_until_the_issuer_verifies_the_escrow() {
    let (w, trex) = unverified();
    let amount = trex.token.whole(50);
    w.prank(DAVE).deposit(trex.token, amount).expect_revert(failed(&trex));
    w.prank(DAVE).pledge(DAVE, trex.token, amount).expect_revert(failed(&trex));
    trex.verify(&w, w.escrow);
    w.prank(DAVE).pledge(DAVE, trex.token, amount).ok();
    assert_eq!(w.balance(DAVE, trex.token).lots, usd(50));
    w.audit();
}

#[test]
fn a_verified_holder_pledges_and_takes_back() {
    let (w, trex) = listed();
    assert_eq!(w.wallet(w.escrow, trex.token), trex.token.whole(1_100));
    release(&w, &trex, DAVE.address(), 1).expect_no_emit::<ReturnedToInventory>().ok();
    w.prank(DAVE).withdraw(trex.token, trex.token.whole(100)).ok();
    assert_eq!(w.wallet(DAVE, trex.token), trex.token.whole(160));
    w.audit();
}

#[test]
fn an_unverified_wallet_cannot_pledge() {
    let (w, trex) = listed();
    let amount = trex.token.whole(1);
    w.prank(DAVE).allow_pledges(DAVE, true).ok();
    w.prank(STRANGER).pledge(DAVE, trex.token, amount).expect_revert(failed(&trex));
    w.prank(STRANGER).deposit(trex.token, amount).expect_revert(failed(&trex));
}

/// T-REX asks who receives. Who loses its identity can still send; it is freezing that stops it.
#[test]
fn a_frozen_wallet_cannot_pledge() {
    let (w, trex) = listed();
    let (holder, amount) = (DAVE.address(), trex.token.whole(10));
    w.as_issuer(trex.identities, IdentityRegistry::deleteIdentityCall { holder });
    w.prank(DAVE).pledge(DAVE, trex.token, amount).ok();
    w.as_issuer(trex.token.address, TrexToken::setAddressFrozenCall { holder, frozen: true });
    w.prank(DAVE).pledge(DAVE, trex.token, amount).expect_revert(failed(&trex));
}

#[test]
fn a_release_to_an_unverified_receiver_goes_to_inventory() {
    let (w, trex) = listed();
    let to = STRANGER.address();
    release(&w, &trex, to, 1).expect_emit(returned(&w, &trex, to)).ok();
    assert_eq!((w.inventory(DAVE, trex.token), w.wallet(to, trex.token)), (trex.token.whole(110), U256::ZERO));
    let identity = trex.verify(&w, to);
    release(&w, &trex, to, 2).expect_no_emit::<ReturnedToInventory>().ok();
    trex.revoke(&w, identity);
    release(&w, &trex, to, 3).expect_emit(returned(&w, &trex, to)).ok();
    w.audit();
}

/// Paused by its issuer, or with the escrow's wallet frozen: nothing moves in or out, and the ledger goes on.
#[test]
fn a_paused_token_stops_nothing_in_the_ledger() {
    let troubles: [fn(&World, &Trex); 2] = [
        |w, trex| w.as_issuer(trex.token.address, TrexToken::pauseCall {}),
        |w, trex| w.as_issuer(trex.token.address, TrexToken::setAddressFrozenCall { holder: w.escrow, frozen: true }),
    ];
    for trouble in troubles {
        let (w, trex) = listed();
        let token = trex.token;
        trouble(&w, &trex);
        w.prank(DAVE).deposit(token, token.whole(10)).expect_revert(failed(&trex));
        w.prank(DAVE).pledge(DAVE, token, token.whole(10)).expect_revert(failed(&trex));
        w.prank(DAVE).withdraw(token, token.whole(10)).expect_revert(failed(&trex));
        release(&w, &trex, DAVE.address(), 9).expect_emit(returned(&w, &trex, DAVE.address())).ok();
        let bundle = w.draft(&[(ALICE, usd(500)), (DAVE, usd(500))]).fill(ALICE, DAVE).sign();
        w.prank(RELAYER).settle(&bundle).ok();
        w.make_short(DAVE, usd(1_100));
        w.prank(DAVE).execute_own(w.pledge_instruction(DAVE, token, token.whole(110), 1)).ok();
        assert!(!w.claim(DAVE).open);
        w.stock(DAVE, w.usdc, w.usdc.whole(1_200));
        let swap = w.substitution(DAVE, (w.usdc, w.usdc.whole(1_200)), (token, token.whole(1_100)), 2);
        w.prank(DAVE).execute_own(swap).ok();
        assert_eq!(w.inventory(DAVE, token), token.whole(1_100));
        w.audit();
    }
}

#[test]
fn what_is_not_frozen_of_the_escrow_can_be_withdrawn() {
    let (w, trex) = listed();
    let (holder, token) = (w.escrow, trex.token);
    w.as_issuer(token.address, TrexToken::freezePartialTokensCall { holder, amount: token.whole(1_060) });
    w.prank(DAVE).withdraw(token, token.whole(41)).expect_revert(failed(&trex));
    w.prank(DAVE).withdraw(token, token.whole(40)).ok();
    assert_eq!(w.balance(DAVE, token).lots, usd(1_000), "frozen lots are lots");
    w.audit();
    w.as_issuer(token.address, TrexToken::unfreezePartialTokensCall { holder, amount: token.whole(1_060) });
    w.prank(DAVE).withdraw(token, token.whole(60)).ok();
}

fn force(w: &World, trex: &Trex, from: Address, to: Address, tokens: u64) {
    let amount = trex.token.whole(tokens);
    w.as_issuer(trex.token.address, TrexToken::forcedTransferCall { from, to, amount });
}

/// The audit says how much is missing, until it is on record; nobody leaves before.
#[test]
fn a_forced_transfer_out_of_the_escrow_shows_in_the_audit() {
    let (w, trex) = listed();
    let token = trex.token;
    force(&w, &trex, w.escrow, DAVE.address(), 1_050);
    let found = w.findings().1;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("invariant 1 ") && found[0].ends_with("expected 1100000000, found 50000000"));
    let short = CustodyShort { token: token.address, held: token.whole(50), booked: token.whole(1_100) };
    w.prank(DAVE).withdraw(token, token.whole(50)).expect_revert(short);
    w.prank(ALICE).withdraw(w.usdc, w.usdc.whole(100_000)).ok();
    w.prank(STRANGER).escrow(reconcileCall { token: token.address }).ok();
    w.prank(DAVE).withdraw(token, token.whole(100)).ok();
    assert_eq!(w.findings().1.len(), 2, "the two transactions before the record, and none after it");
}

/// 330 of 1,100 are taken: margin and inventory count for 70 %, and what the issuer gives back makes them whole.
#[test]
fn a_forced_transfer_is_borne_pro_rata_until_it_is_returned() {
    let (w, trex) = listed();
    let token = trex.token;
    w.make_short(DAVE, usd(1_500));
    assert_eq!(w.state(DAVE).posted, usd(1_000));
    force(&w, &trex, w.escrow, DAVE.address(), 330);
    let (held, ratio) = (token.whole(770), 700_000_000);
    let recorded = Reconciled { token: token.address, held, totalLots: usd(1_100), ratio };
    w.prank(STRANGER).escrow(reconcileCall { token: token.address }).expect_emit(recorded).ok();
    assert_eq!(w.state(DAVE).posted, usd(700));
    let (amount, paid) = (token.whole(100), token.whole(70));
    let pro_rata = PaidProRata { token: token.address, to: DAVE.address(), amount, paid };
    let before = w.wallet(DAVE, token);
    w.prank(DAVE).withdraw(token, amount).expect_emit(pro_rata).ok();
    assert_eq!(w.wallet(DAVE, token) - before, paid);
    force(&w, &trex, DAVE.address(), w.escrow, 330);
    w.prank(STRANGER).escrow(reconcileCall { token: token.address }).ok();
    assert_eq!(w.state(DAVE).posted, usd(1_000));
    w.prank(DAVE).pledge(DAVE, token, token.whole(50)).ok();
    assert_eq!(w.findings().1.len(), 1, "the transaction that took them");
}

/// Recovery moves what the lost wallet held. What is in the escrow is the pledgor's as before, and goes to the new wallet.
#[test]
fn a_recovered_wallet_receives_what_the_lost_one_pledged() {
    let (w, trex) = unverified();
    trex.verify(&w, w.escrow);
    let (lost, wallet) = (STRANGER.address(), Address::repeat_byte(0xd2));
    let identity = trex.verify(&w, lost);
    w.deal(trex.token, lost, trex.token.whole(20));
    w.prank(DAVE).allow_pledges(DAVE, true).ok();
    w.prank(lost).pledge(DAVE, trex.token, trex.token.whole(15)).ok();
    trex.recover(&w, lost, wallet, identity);
    assert_eq!((w.wallet(lost, trex.token), w.wallet(wallet, trex.token)), (U256::ZERO, trex.token.whole(5)));
    release(&w, &trex, wallet, 1).expect_no_emit::<ReturnedToInventory>().ok();
    assert_eq!(w.wallet(wallet, trex.token), trex.token.whole(15));
    w.audit();
}
