//! Awkward tokens that a registry may list by mistake or an issuer may turn: docs/tokens.md states what follows.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction, Migration, Withdrawal};
use alloy::primitives::{Address, U256};
use alloy::sol_types::{SolCall, SolError, SolStruct};
use plumbline_tests::awkward::{CallingReceiver, Mood};
use plumbline_tests::*;

/// The open world with an awkward token: Dave has pledged 1,000 of it and holds 100 more in inventory, Alice 100.
fn listed(decimals: u8) -> (Fork, Token) {
    let w = World::open();
    let token = w.list_awkward(decimals);
    w.pass(10);
    w.join(DAVE, Agreement { eligibleAssets: 0b111 | token.bit(), ..w.agreement(DAVE) });
    w.post_margin(DAVE, token, token.whole(1_000));
    w.stock(DAVE, token, token.whole(100));
    w.stock(ALICE, token, token.whole(100));
    (w, token)
}

/// Dave's release of some to a wallet.
fn release(w: &World, token: Token, to: Address) -> Outcome<executeCall> {
    let release = CollateralInstruction { to, ..w.release_instruction(DAVE, token, token.whole(10), 1) };
    w.prank(DAVE).execute_own(release)
}

fn failed(token: Token) -> TokenCallFailed {
    TokenCallFailed { token: token.address }
}

#[test]
fn a_barred_holder_blocks_nobody_else() {
    let (w, token) = listed(6);
    w.bar(token, DAVE, true);
    w.prank(DAVE).withdraw(token, token.whole(10)).expect_revert(failed(token));
    w.prank(ALICE).withdraw(token, token.whole(10)).ok();
    release(&w, token, DAVE.address()).ok();
    assert_eq!(w.inventory(DAVE, token), token.whole(110));
    w.bar(token, DAVE, false);
    w.prank(DAVE).withdraw(token, token.whole(110)).ok();
    w.audit();
}

/// Paused, hungry, with the escrow itself barred: nothing moves in or out, and all that needs no token goes on.
#[test]
fn a_token_that_moves_no_more_stops_nothing_in_the_ledger() {
    let troubles: [fn(&World, Token); 4] = [
        |w, token| w.set_mood(token, Mood::Paused),
        |w, token| w.set_mood(token, Mood::Hungry),
        |w, token| w.set_mood(token, Mood::Bursting),
        |w, token| w.bar(token, w.escrow, true),
    ];
    for trouble in troubles {
        let (w, token) = listed(6);
        w.deal(token, DAVE, token.whole(10));
        trouble(&w, token);
        w.prank(DAVE).deposit(token, token.whole(10)).expect_revert(failed(token));
        w.prank(DAVE).withdraw(token, token.whole(10)).expect_revert(failed(token));
        let bundle = w.draft(&[(ALICE, usd(500)), (DAVE, usd(500))]).fill(ALICE, DAVE).sign();
        w.prank(RELAYER).settle(&bundle).ok();
        w.make_short(DAVE, usd(1_100));
        w.prank(DAVE).execute_own(w.pledge_instruction(DAVE, token, token.whole(100), 1)).ok();
        assert!(!w.claim(DAVE).open);
        w.stock(DAVE, w.usdc, w.usdc.whole(1_200));
        let swap = w.substitution(DAVE, (w.usdc, w.usdc.whole(1_200)), (token, token.whole(1_100)), 2);
        w.prank(DAVE).execute_own(swap).ok();
        assert_eq!((w.balance(DAVE, token).lots, w.inventory(DAVE, token)), (0, token.whole(1_100)));
        w.audit();
    }
}

#[test]
fn a_release_of_a_paused_token_goes_to_inventory() {
    let (w, token) = listed(6);
    w.set_mood(token, Mood::Paused);
    let (account, to, amount) = (w.account(DAVE), DAVE.address(), token.whole(10));
    release(&w, token, to).expect_emit(ReturnedToInventory { account, token: token.address, to, amount }).ok();
    assert_eq!(w.inventory(DAVE, token), token.whole(110));
}

#[test]
fn a_negative_rebase_shows_in_the_audit() {
    let (w, token) = listed(6);
    w.rebase(token, -1);
    let found = w.findings().1;
    assert_eq!(found, ["invariant 1: tokens held: events say 1200000000, the view 1199999999"]);
    let short =
        CustodyShort { token: token.address, held: token.whole(1_200) - U256::from(1), booked: token.whole(1_200) };
    w.prank(ALICE).withdraw(token, token.whole(100)).expect_revert(short);
    w.prank(STRANGER).escrow(reconcileCall { token: token.address }).ok();
    w.audit();
    for holder in [ALICE, DAVE] {
        w.prank(holder).withdraw(token, token.whole(100)).ok();
        assert_eq!(w.wallet(holder, token), token.whole(100) - U256::from(1), "nobody comes too late");
    }
    w.audit();
}

/// What is more than the books say belongs to nobody and does nobody harm.
#[test]
fn a_positive_rebase_is_nobodys_and_shows_in_the_audit() {
    let (w, token) = listed(6);
    w.rebase(token, 7);
    assert_eq!(w.findings().1.len(), 1);
    assert_eq!((w.inventory(DAVE, token), w.balance(DAVE, token).lots), (token.whole(100), usd(1_000)));
    w.prank(DAVE).withdraw(token, token.whole(100)).ok();
}

#[test]
fn a_balance_that_lies_is_refused() {
    let (w, token) = listed(6);
    w.deal(token, DAVE, token.whole(10));
    for mood in [Mood::Doubling, Mood::Wavering] {
        w.set_mood(token, mood);
        let (deposit, amount) = (w.prank(DAVE).deposit(token, token.whole(10)), token.whole(10));
        let found = deposit.expect_revert_of::<TransferMismatch>();
        assert_eq!(found.asked, amount);
        w.prank(DAVE).withdraw(token, amount).expect_revert_of::<TransferMismatch>();
        release(&w, token, DAVE.address()).expect_revert_of::<TransferMismatch>();
    }
    w.set_mood(token, Mood::Stuck);
    let short = CustodyShort { token: token.address, held: U256::from(1), booked: token.whole(1_200) };
    w.prank(DAVE).deposit(token, token.whole(10)).expect_revert(short.clone());
    w.prank(DAVE).withdraw(token, token.whole(10)).expect_revert(short);
    w.set_mood(token, Mood::Calm);
    assert_eq!(w.inventory(DAVE, token), token.whole(100));
    w.audit();
}

/// A hundredth of what leaves stays on the way: refused at the receiver, whoever it is.
#[test]
fn a_tax_that_the_receiver_bears_is_refused_on_the_way_out() {
    let (w, token) = listed(6);
    w.set_mood(token, Mood::Taxing);
    let (address, amount) = (token.address, token.whole(10));
    let mismatch = TransferMismatch { token: address, asked: amount, moved: amount - amount / U256::from(100) };
    w.prank(DAVE).withdraw(token, amount).expect_revert(mismatch.clone());
    release(&w, token, DAVE.address()).expect_revert(mismatch.clone());
    release(&w, token, Address::repeat_byte(0xd1)).expect_revert(mismatch);
    // What comes in is short at the escrow.
    w.deal(token, DAVE, amount);
    w.prank(DAVE).deposit(token, amount).expect_revert_of::<TransferMismatch>();
    w.set_mood(token, Mood::Calm);
    release(&w, token, DAVE.address()).ok();
    w.prank(DAVE).withdraw(token, amount).ok();
    assert_eq!(w.wallet(DAVE, token), token.whole(30));
    w.audit();
}

#[test]
fn a_taxed_settlement_token_leaves_no_house_short() {
    let (w, token) = listed(6);
    let settled = Agreement { settlementToken: token.address, eligibleAssets: token.bit(), ..w.agreement(BOB) };
    w.open_account(BOB, settled);
    w.use_house_of(BOB);
    let (address, asked) = (token.address, token.whole(100));
    w.deal(token, HOUSE, asked);
    w.prank(HOUSE).send(address, TestToken::approveCall { spender: w.escrow, amount: asked }).ok();
    w.prank(HOUSE).escrow(fundHouseCall { house: w.house(), amount: asked }).ok();
    w.set_mood(token, Mood::Taxing);
    let mismatch = TransferMismatch { token: address, asked, moved: token.whole(99) };
    w.prank(HOUSE).withdraw_house(asked).expect_revert(mismatch);
    w.set_mood(token, Mood::Calm);
    w.prank(HOUSE).withdraw_house(asked).ok();
    assert_eq!(w.wallet(HOUSE, token), asked);
}

/// A successor is told what it received, so it must have received it.
#[test]
fn a_taxed_token_migrates_nowhere() {
    let (w, token) = listed(6);
    let successor = w.successor(plumbline_tests::successor::Mood::Takes);
    let agreement = Agreement { eligibleAssets: 0b111 | token.bit(), ..w.agreement(DAVE) }.eip712_hash_struct();
    let migrate = |nonce| {
        let migration = Migration { agreementHash: agreement, ..w.migration(DAVE, successor, nonce) };
        let (one, other) = (w.sign_migration(DAVE, &migration), w.sign_migration(HOUSE, &migration));
        w.prank(STRANGER).migrate(&migration, one, other)
    };
    w.set_mood(token, Mood::Taxing);
    let (asked, moved) = (token.whole(1_000), token.whole(990));
    migrate(1).expect_revert(TransferMismatch { token: token.address, asked, moved });
    w.set_mood(token, Mood::Calm);
    migrate(2).ok();
    assert_eq!(w.wallet(successor, token), asked);
}

#[test]
fn two_decimals_are_held_to_the_cent() {
    let (w, token) = listed(2);
    w.post_margin(DAVE, token, U256::from(1));
    assert_eq!(w.balance(DAVE, token).lots, usd(1_000) + 10_000);
    let out = w.release_instruction(DAVE, token, U256::from(1), 1);
    w.prank(DAVE).execute_own(out).ok();
    w.prank(DAVE).withdraw(token, token.whole(100) + U256::from(1)).ok();
    assert_eq!(w.wallet(DAVE, token), U256::from(10_001));
    w.audit();
}

/// Variation is in lots: parts of a cent stay on the books until they are a whole one.
#[test]
fn half_a_cent_of_variation_stays_on_the_books() {
    let w = World::open();
    let token = w.list_awkward(2);
    w.pass(10);
    let settled = Agreement { settlementToken: token.address, ..w.agreement(DAVE) };
    w.open_account(DAVE, Agreement { eligibleAssets: token.bit(), ..settled });
    w.use_house_of(DAVE);
    w.post_margin(DAVE, token, token.whole(1_000));
    let set = w.draft_mark(&[(DAVE, 0)]).variation(DAVE, -5_000).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let out = w.release_instruction(DAVE, token, token.whole(1_000) - U256::from(1), 1);
    w.prank(DAVE).execute_own(out).ok();
    assert_eq!((w.balance(DAVE, token).lots, w.house_state().balance), (5_000, 5_000));
    let short = HouseShort { house: w.house(), asked: U256::from(1), held: U256::ZERO };
    w.prank(HOUSE).withdraw_house(U256::from(1)).expect_revert(short);
    w.audit();
}

#[test]
fn dust_of_eighteen_decimals_is_refused() {
    let (w, token) = listed(18);
    let lot = U256::from(10u64.pow(12));
    for amount in [U256::from(1), lot - U256::from(1), lot + U256::from(1)] {
        w.deal(token, DAVE, amount);
        let dust = NotWholeLots { token: token.address, amount };
        w.prank(DAVE).deposit(token, amount).expect_revert(dust.clone());
        w.prank(DAVE).pledge(DAVE, token, amount).expect_revert(dust.clone());
        w.prank(DAVE).withdraw(token, amount).expect_revert(dust);
    }
    w.stock(DAVE, token, lot);
    assert_eq!(w.inventory(DAVE, token), token.whole(100) + lot);
}

/// The receiver of a release is told while the escrow runs, and may do nothing with it.
#[test]
fn a_receiver_that_is_told_cannot_call_back() {
    let (w, token) = listed(6);
    w.set_mood(token, Mood::Hooked);
    let (amount, account, address) = (U256::from(1), w.account(DAVE), token.address);
    let calls = [
        withdrawCall { token: address, amount }.abi_encode(),
        depositCall { token: address, amount }.abi_encode(),
        pledgeCall { account, token: address, amount }.abi_encode(),
        settleCall {}.abi_encode(),
        reconcileCall { token: address }.abi_encode(),
        accountCall { account }.abi_encode(),
    ];
    for (nonce, call) in calls.into_iter().enumerate() {
        let to = w.calling_receiver(call);
        let out = w.release_instruction(DAVE, token, token.whole(10), nonce as u64);
        w.prank(DAVE).execute_own(CollateralInstruction { to, ..out }).expect_no_emit::<ReturnedToInventory>().ok();
        assert!(w.view(to, CallingReceiver::toldCall {}) && !w.view(to, CallingReceiver::succeededCall {}));
        assert_eq!(w.view(to, CallingReceiver::answerCall {})[..], Reentrant {}.abi_encode());
        assert_eq!(w.wallet(to, token), token.whole(10));
    }
    w.audit();
}

#[test]
fn a_receiver_that_fails_when_told_is_refused() {
    let (w, token) = listed(6);
    w.set_mood(token, Mood::Hooked);
    release(&w, token, w.usdc.address).ok();
    assert_eq!((w.inventory(DAVE, token), w.wallet(w.usdc.address, token)), (token.whole(110), U256::ZERO));
}

#[test]
fn a_megabyte_is_no_answer() {
    let (w, token) = listed(6);
    w.deal(token, DAVE, token.whole(10));
    w.set_mood(token, Mood::Loud);
    w.prank(DAVE).deposit(token, token.whole(10)).expect_revert(failed(token));
    w.prank(DAVE).withdraw(token, token.whole(10)).expect_revert(failed(token));
    release(&w, token, DAVE.address()).expect_revert(failed(token));
    assert_eq!(w.inventory(DAVE, token), token.whole(100));
}

#[test]
fn a_refusal_of_a_megabyte_is_a_refusal() {
    let (w, token) = listed(6);
    w.set_mood(token, Mood::Bursting);
    release(&w, token, DAVE.address())
        .expect_emit(ReturnedToInventory {
            account: w.account(DAVE),
            token: token.address,
            to: DAVE.address(),
            amount: token.whole(10),
        })
        .ok();
}

/// A release whose transfer ate the gas was starved, not refused.
#[test]
fn a_token_that_burns_all_gas_moves_nothing() {
    let (w, token) = listed(6);
    w.set_mood(token, Mood::Hungry);
    release(&w, token, DAVE.address()).expect_revert(failed(token));
    assert_eq!((w.inventory(DAVE, token), w.balance(DAVE, token).lots), (token.whole(100), usd(1_000)));
}

/// A hundredth more than asked arrives: refused, for nobody's books would know of it.
#[test]
fn a_receiver_that_gets_more_is_refused() {
    let (w, token) = listed(6);
    w.set_mood(token, Mood::Giving);
    let (asked, moved) = (token.whole(10), token.whole(10) + token.units(100_000));
    let mismatch = TransferMismatch { token: token.address, asked, moved };
    w.prank(DAVE).withdraw(token, asked).expect_revert(mismatch.clone());
    release(&w, token, DAVE.address()).expect_revert(mismatch.clone());
    w.deal(token, DAVE, asked);
    w.prank(DAVE).deposit(token, asked).expect_revert_of::<TransferMismatch>();
    assert_eq!((w.inventory(DAVE, token), w.balance(DAVE, token).lots), (token.whole(100), usd(1_000)));
}

/// What comes to the escrow itself, or to the token's own address, comes to nobody: every way out refuses both.
#[test]
fn nothing_leaves_for_the_escrow_itself_or_for_the_token() {
    let (w, token) = listed(6);
    for mood in [Mood::Calm, Mood::Consuming] {
        w.set_mood(token, mood);
        for to in [w.escrow, token.address] {
            let asked = token.whole(10);
            let mismatch = TransferMismatch { token: token.address, asked, moved: U256::ZERO };
            release(&w, token, to).expect_revert(mismatch.clone());
            let withdrawal = w.withdrawal(DAVE, token, asked, to);
            w.prank(DAVE).withdraw_to(withdrawal, vec![]).expect_revert(mismatch);
            let (house, asked) = (w.house(), w.usdc.whole(10));
            let to = if to == w.escrow { to } else { w.usdc.address };
            let of_house = Withdrawal { house, ..w.withdrawal(HOUSE, w.usdc, asked, to) };
            let mismatch = TransferMismatch { token: w.usdc.address, asked, moved: U256::ZERO };
            w.prank(HOUSE).withdraw_to(of_house, vec![]).expect_revert(mismatch);
        }
    }
    w.audit();
}

/// The issuer lets the escrow receive and not send: nobody's money goes where it could not leave.
#[test]
fn a_token_that_lets_the_escrow_send_nothing_takes_no_deposits() {
    let (w, token) = listed(6);
    let (amount, address) = (token.whole(10), token.address);
    w.deal(token, DAVE, token.whole(30));
    w.bar_sides(token, w.escrow, true, false);
    let shut = NoWayOut { token: address };
    w.prank(DAVE).withdraw(token, amount).expect_revert(failed(token));
    release(&w, token, DAVE.address()).ok().event::<ReturnedToInventory>();
    w.prank(DAVE).deposit(token, amount).expect_revert(shut.clone());
    w.prank(DAVE).pledge(DAVE, token, amount).expect_revert(shut.clone());
    // The same question decides whether what is owed in it waits.
    w.prank(STRANGER).probe(token).ok();
    w.bar_sides(token, w.escrow, false, false);
    w.prank(DAVE).deposit(token, amount).ok();
    w.prank(DAVE).pledge(DAVE, token, amount).ok();
    w.prank(DAVE).withdraw(token, amount).ok();
    w.audit();
}

/// A refusal of a receiver says nothing of the escrow: others deposit and withdraw as ever, whoever is barred and whoever asks.
#[test]
fn a_barred_receiver_shuts_nothing_for_others() {
    let (w, token) = listed(6);
    w.deal(token, ALICE, token.whole(10));
    for (sends, receives) in [(true, true), (false, true)] {
        w.bar_sides(token, DAVE, sends, receives);
        w.prank(DAVE).withdraw(token, token.whole(10)).expect_revert(failed(token));
        let out = w.release_instruction(DAVE, token, token.whole(10), 40 + u64::from(sends));
        w.prank(DAVE).execute_own(CollateralInstruction { to: DAVE.address(), ..out }).ok();
        w.prank(STRANGER).probe(token).expect_revert(NotFrozen { token: token.address });
        w.prank(ALICE).deposit(token, token.whole(5)).ok();
        w.prank(ALICE).withdraw(token, token.whole(1)).ok();
    }
    w.audit();
}

/// Whoever withholds gas from a deposit harms itself alone: nothing of it stays.
#[test]
fn a_deposit_starved_of_gas_shuts_nothing() {
    let (w, token) = listed(6);
    w.deal(token, STRANGER, token.whole(10));
    let approve = TestToken::approveCall { spender: w.escrow, amount: token.whole(10) };
    w.prank(STRANGER).send(token.address, approve).ok();
    let call = depositCall { token: token.address, amount: token.whole(5) }.abi_encode();
    let mut starved = 0;
    for gas in (60_000u64..400_000).step_by(10_000) {
        let before = w.snapshot();
        starved += u64::from(!w.node.transact_within(STRANGER.address(), w.escrow, call.clone(), gas).success);
        w.deal(token, ALICE, token.whole(1));
        w.prank(ALICE).deposit(token, token.whole(1)).ok();
        w.revert(before);
    }
    assert!(starved > 2, "{starved} limits were too low");
}

/// A barred address is no dead end: what is in its inventory goes where its owner says.
#[test]
fn a_barred_holder_withdraws_to_another_address() {
    let (w, token) = listed(6);
    let to = Address::repeat_byte(0xd1);
    w.bar(token, DAVE, true);
    let own = w.withdrawal(DAVE, token, token.whole(40), to);
    let (holder, amount) = (DAVE.address(), token.whole(40));
    let emitted = Withdrawn { holder, token: token.address, to, amount };
    w.prank(DAVE).withdraw_to(own.clone(), vec![]).expect_emit(emitted).ok();
    w.prank(DAVE).withdraw_to(own, vec![]).expect_revert_of::<NonceAlreadyUsed>();
    let carried = w.withdrawal(DAVE, token, token.whole(60), to);
    let signature = DAVE.sign(w.domain().withdrawal(&carried)).to_vec();
    w.prank(STRANGER).withdraw_to(carried, signature).ok();
    assert_eq!((w.wallet(to, token), w.inventory(DAVE, token)), (token.whole(100), U256::ZERO));
    w.audit();
}

#[test]
fn a_withdrawal_is_its_owners_alone() {
    let (w, token) = listed(6);
    let (owner, to) = (DAVE.address(), Address::repeat_byte(0xd1));
    let signed = w.withdrawal(DAVE, token, token.whole(40), to);
    let sign = |who: Actor, withdrawal: &Withdrawal| who.sign(w.domain().withdrawal(withdrawal)).to_vec();
    let none = NotOwner { owner, caller: STRANGER.address() };
    w.prank(STRANGER).withdraw_to(signed.clone(), vec![]).expect_revert(none);
    let forged = InvalidSigner { expected: owner, recovered: STRANGER.address() };
    w.prank(STRANGER).withdraw_to(signed.clone(), sign(STRANGER, &signed)).expect_revert(forged);
    let word = sign(DAVE, &signed);
    for changed in [
        Withdrawal { to: STRANGER.address(), ..signed.clone() },
        Withdrawal { amount: signed.amount + 1, ..signed.clone() },
        Withdrawal { token: w.usdc.address, ..signed.clone() },
        Withdrawal { house: w.house(), token: w.usdc.address, ..signed.clone() },
        Withdrawal { nonce: 77, ..signed.clone() },
        Withdrawal { validUntil: signed.validUntil + 1, ..signed.clone() },
    ] {
        w.prank(STRANGER).withdraw_to(changed, word.clone()).expect_revert_of::<InvalidSigner>();
    }
    let nobody = Withdrawal { to: Address::ZERO, ..signed.clone() };
    w.prank(DAVE).withdraw_to(nobody, vec![]).expect_revert_of::<InvalidTerms>();
    w.warp(61);
    w.prank(STRANGER).withdraw_to(signed, word).expect_revert_of::<Expired>();
    assert_eq!(w.inventory(DAVE, token), token.whole(100));
}

/// Nobody else chooses the moment at which a share of what an issuer took from leaves.
#[test]
fn a_share_of_an_impaired_token_leaves_for_its_owner_alone() {
    let (w, token) = listed(6);
    w.rebase(token, -600_000_000);
    w.prank(STRANGER).escrow(reconcileCall { token: token.address }).ok();
    let to = Address::repeat_byte(0xd1);
    let out = w.withdrawal(DAVE, token, token.whole(100), to);
    let signature = DAVE.sign(w.domain().withdrawal(&out)).to_vec();
    let impaired = AssetImpaired { token: token.address, ratio: 500_000_000 };
    w.prank(STRANGER).withdraw_to(out.clone(), signature).expect_revert(impaired);
    let paid = PaidProRata { token: token.address, to, amount: token.whole(100), paid: token.whole(50) };
    w.prank(DAVE).withdraw_to(out, vec![]).expect_emit(paid).ok();
    w.audit();
}

#[test]
fn a_token_that_lets_the_escrow_receive_nothing_still_leaves() {
    let (w, token) = listed(6);
    w.deal(token, DAVE, token.whole(10));
    w.bar_sides(token, w.escrow, false, true);
    w.prank(DAVE).deposit(token, token.whole(10)).expect_revert(failed(token));
    release(&w, token, DAVE.address()).expect_no_emit::<ReturnedToInventory>().ok();
    w.prank(ALICE).withdraw(token, token.whole(100)).ok();
    // Nothing owed in it can be paid from a wallet: that waits.
    w.prank(STRANGER).probe(token).ok();
    w.audit();
}
