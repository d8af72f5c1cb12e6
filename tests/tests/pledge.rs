//! Pledges from wallet and inventory: they pay what is owed, then satisfy the claim.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{CollateralInstruction, source};
use alloy::primitives::{Address, U256};
use plumbline_tests::*;

#[test]
fn pledge_from_a_wallet_becomes_margin() {
    let w = World::open();
    w.deal(w.usde, ALICE, w.usde.whole(7));
    let (account, token, held) = (w.account(ALICE), w.usde, w.wallet(w.escrow, w.usde));
    w.prank(ALICE)
        .pledge(ALICE, token, token.whole(7))
        .expect_emit(Pledged {
            account,
            token: token.address,
            from: ALICE.address(),
            amount: token.whole(7),
            source: source::WALLET,
            stressedLots: 0,
        })
        .ok();
    assert_eq!(w.balance(ALICE, token).lots, usd(7));
    assert_eq!(w.state(ALICE).heldAssets, w.usdc.bit() | w.usde.bit());
    assert_eq!(w.wallet(w.escrow, token), held + token.whole(7));
}

#[test]
fn anyone_may_pledge_for_an_account_that_said_so() {
    let w = World::open();
    w.prank(ALICE).allow_pledges(ALICE, true).ok();
    w.deal(w.usdc, STRANGER, w.usdc.whole(7));
    w.prank(STRANGER).pledge(ALICE, w.usdc, w.usdc.whole(7)).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(200_007));
    assert_eq!(w.wallet(STRANGER, w.usdc), U256::ZERO);
}

#[test]
fn pledge_satisfies_claim() {
    let w = World::open();
    w.make_short(ALICE, usd(200_000));
    w.deal(w.usdc, ALICE, w.usdc.whole(3_000));
    let account = w.account(ALICE);
    w.prank(ALICE)
        .pledge(ALICE, w.usdc, w.usdc.whole(3_000))
        .expect_emit(ClaimSatisfied { account, number: 1, late: false })
        .ok();
    let claim = w.claim(ALICE);
    assert_eq!((claim.open, claim.first.amount, claim.number), (false, 0, 1));
}

#[test]
fn pledge_too_small_leaves_the_claim_open() {
    let w = World::open();
    w.make_short(ALICE, usd(200_000));
    w.deal(w.usdc, ALICE, w.usdc.whole(2_000));
    w.prank(ALICE).pledge(ALICE, w.usdc, w.usdc.whole(2_000)).expect_no_emit::<ClaimSatisfied>().ok();
    assert!(w.claim(ALICE).open);
}

#[test]
fn pledge_below_the_minimum_transfer_amount_still_has_to_meet_the_requirement() {
    let w = World::open();
    w.make_short(ALICE, usd(200_000));
    let almost = w.usdc.units(2_020_202_020);
    w.deal(w.usdc, ALICE, almost);
    w.prank(ALICE).pledge(ALICE, w.usdc, almost).expect_no_emit::<ClaimSatisfied>().ok();
    w.deal(w.usdc, ALICE, U256::from(2));
    w.prank(ALICE).pledge(ALICE, w.usdc, U256::from(2)).ok();
    assert!(!w.claim(ALICE).open);
}

#[test]
fn pledge_at_the_deadline_is_in_time_and_after_it_late() {
    for (delay, late) in [(3_600, false), (3_601, true)] {
        let w = World::open();
        w.make_short(ALICE, usd(200_000));
        w.pass(delay);
        w.deal(w.usdc, ALICE, w.usdc.whole(3_000));
        let account = w.account(ALICE);
        w.prank(ALICE)
            .pledge(ALICE, w.usdc, w.usdc.whole(3_000))
            .expect_emit(ClaimSatisfied { account, number: 1, late })
            .ok();
    }
}

#[test]
fn pledge_pays_what_is_owed_first() {
    let w = World::open();
    w.make_owing(ALICE, usd(10_000));
    w.deal(w.usdc, ALICE, w.usdc.whole(12_000));
    let (account, house, before) = (w.account(ALICE), w.house(), w.house_state().balance);
    w.prank(ALICE)
        .pledge(ALICE, w.usdc, w.usdc.whole(12_000))
        .expect_emit(OwedPaid { account, house, amount: usd(10_000), owed: 0 })
        .expect_emit(ClaimSatisfied { account, number: 1, late: false })
        .ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(2_000));
    assert_eq!(w.house_state().balance, before + usd(10_000));
}

#[test]
fn pledge_pays_what_is_owed_as_far_as_it_goes() {
    let w = World::open();
    w.make_owing(ALICE, usd(10_000));
    w.deal(w.usdc, ALICE, w.usdc.whole(4_000));
    let (account, house) = (w.account(ALICE), w.house());
    w.prank(ALICE)
        .pledge(ALICE, w.usdc, w.usdc.whole(4_000))
        .expect_emit(OwedPaid { account, house, amount: usd(4_000), owed: usd(6_000) })
        .expect_no_emit::<ClaimSatisfied>()
        .ok();
    assert_eq!((w.claim(ALICE).owed, w.balance(ALICE, w.usdc).lots), (usd(6_000), 0));
}

#[test]
fn other_collateral_does_not_pay_what_is_owed() {
    let w = World::open();
    w.make_owing(ALICE, usd(10_000));
    w.post_margin(ALICE, w.cash, w.cash.whole(50_000));
    assert_eq!(w.claim(ALICE).owed, usd(10_000));
    assert!(w.claim(ALICE).open);
}

#[test]
fn pledge_from_inventory_needs_the_pledgors_signature() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9);
    let signature = w.sign_instruction(ALICE, &instruction);
    let (account, token) = (w.account(ALICE), w.usde);
    w.prank(RELAYER)
        .execute(instruction, signature)
        .expect_emit(Pledged {
            account,
            token: token.address,
            from: ALICE.address(),
            amount: token.whole(100),
            source: source::INVENTORY,
            stressedLots: 0,
        })
        .expect_emit(NonceUsed { pledgor: ALICE.address(), nonce: 9 })
        .ok();
    assert_eq!(w.balance(ALICE, w.usde).lots, usd(100));
    assert_eq!(w.inventory(ALICE, w.usde), w.usde.whole(99_900));
    assert!(w.nonce_used(ALICE, 9));
}

#[test]
fn the_pledgor_itself_needs_no_signature() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9);
    w.prank(ALICE).execute_own(instruction).ok();
    assert_eq!(w.balance(ALICE, w.usde).lots, usd(100));
}

#[test]
fn an_instruction_cannot_be_used_twice() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9);
    let signature = w.sign_instruction(ALICE, &instruction);
    w.prank(RELAYER).execute(instruction.clone(), signature.clone()).ok();
    let expected = NonceAlreadyUsed { pledgor: ALICE.address(), nonce: 9 };
    w.prank(RELAYER).execute(instruction, signature).expect_revert(expected);
}

#[test]
fn an_expired_instruction_reverts() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9);
    let signature = w.sign_instruction(ALICE, &instruction);
    let valid_until = instruction.validUntil;
    w.warp(601);
    let expected = Expired { validUntil: valid_until, timestamp: w.now() };
    w.prank(RELAYER).execute(instruction, signature).expect_revert(expected);
}

#[test]
fn a_stranger_without_a_signature_moves_nothing() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9);
    assert!(w.prank(STRANGER).execute_own(instruction).reverted());
    assert_eq!(w.inventory(ALICE, w.usde), w.usde.whole(100_000));
}

/// Alice signed an instruction; each change makes it another one.
#[test]
fn no_field_of_an_instruction_can_be_changed() {
    let w = World::open();
    let signed = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9);
    let signature = w.sign_instruction(ALICE, &signed);
    let changes: [fn(&mut CollateralInstruction); 10] = [
        |i| i.account += 1,
        |i| i.action = abi::escrow::action::RELEASE,
        |i| i.token = Address::repeat_byte(1),
        |i| i.amount += 1_000_000_000_000,
        |i| i.toAccount = 2,
        |i| i.to = STRANGER.address(),
        |i| i.tokenOut = Address::repeat_byte(2),
        |i| i.amountOut = 1_000_000_000_000,
        |i| i.nonce = 10,
        |i| i.validUntil += 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut spoilt = signed.clone();
        change(&mut spoilt);
        assert!(w.prank(RELAYER).execute(spoilt, signature.clone()).reverted(), "change {number}");
    }
    w.prank(RELAYER).execute(signed, signature).ok();
}

#[test]
fn another_desks_signature_moves_nothing() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9);
    let signature = w.sign_instruction(BOB, &instruction);
    let expected = InvalidSigner { expected: ALICE.address(), recovered: BOB.address() };
    w.prank(RELAYER).execute(instruction, signature).expect_revert(expected);
}

#[test]
fn an_unknown_action_reverts() {
    let w = World::open();
    for action in [0, 5, 255] {
        let instruction = CollateralInstruction { action, ..w.pledge_instruction(ALICE, w.usde, w.usde.whole(100), 9) };
        w.prank(ALICE).execute_own(instruction).expect_revert(UnknownAction { action });
    }
}

#[test]
fn pledge_beyond_inventory_reverts() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(100_001), 9);
    let expected = InventoryShort {
        holder: ALICE.address(),
        token: w.usde.address,
        asked: w.usde.whole(100_001),
        held: w.usde.whole(100_000),
    };
    w.prank(ALICE).execute_own(instruction).expect_revert(expected);
}

#[test]
fn pledge_for_an_unknown_account_reverts() {
    let w = World::open();
    w.deal(w.usdc, ALICE, w.usdc.whole(1));
    let call = pledgeCall { account: 900, token: w.usdc.address, amount: w.usdc.whole(1) };
    w.prank(ALICE).escrow(call).expect_revert(UnknownAccount { account: 900 });
}

#[test]
fn pledge_of_an_unlisted_token_reverts() {
    let w = World::open();
    let token = Address::repeat_byte(0x77);
    let call = pledgeCall { account: w.account(ALICE), token, amount: U256::from(1) };
    w.prank(ALICE).escrow(call).expect_revert(UnknownAsset { token });
}

#[test]
fn pledge_of_a_token_that_is_not_eligible_reverts() {
    let w = World::open();
    let terms = abi::escrow::Agreement { eligibleAssets: w.usdc.bit(), ..w.agreement(DAVE) };
    let account = w.open_account(DAVE, terms);
    w.deal(w.usde, DAVE, w.usde.whole(1));
    let expected = NotEligible { account, token: w.usde.address };
    w.prank(DAVE).pledge(DAVE, w.usde, w.usde.whole(1)).expect_revert(expected);
}

#[test]
fn pledge_of_dust_reverts() {
    let w = World::open();
    let dust = w.usde.whole(1) + U256::from(1);
    w.deal(w.usde, ALICE, dust);
    let expected = NotWholeLots { token: w.usde.address, amount: dust };
    w.prank(ALICE).pledge(ALICE, w.usde, dust).expect_revert(expected);
}

#[test]
fn pledge_under_stress_takes_the_new_haircut_at_once() {
    let w = World::open();
    w.post_margin(ALICE, w.usde, w.usde.whole(10_000));
    w.stress(w.usde, price(9_000));
    w.post_margin(ALICE, w.usde, w.usde.whole(1_000));
    let balance = w.balance(ALICE, w.usde);
    assert_eq!((balance.lots, balance.stressedLots), (usd(11_000), usd(1_000)));
}

#[test]
fn stressed_lots_become_ordinary_once_the_factors_agree() {
    let w = World::open();
    w.stress(w.usde, price(9_000));
    w.post_margin(ALICE, w.usde, w.usde.whole(1_000));
    while w.valuation(w.usde).factorNew < w.valuation(w.usde).factor {
        w.warp(3_600);
        w.post(&[(w.usde.feed, ONE)]);
    }
    w.post_margin(ALICE, w.usde, w.usde.whole(1));
    assert_eq!(w.balance(ALICE, w.usde).stressedLots, 0);
}
