//! Mandates: bounded, expiring, revocable permissions for a venue.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Mandate, TopUpLimit};
use alloy::primitives::Address;
use chain::sign::Domain;
use plumbline_tests::*;

#[test]
fn registering_writes_caps_and_limits() {
    let w = World::open();
    let limit = |token: Token, tokens: u64| TopUpLimit { token: token.address, amount: token.whole(tokens).to() };
    let mandate = Mandate {
        requirementCap: usd(7),
        fillVariationCap: usd(3),
        topUpLimits: vec![limit(w.usdc, 11), limit(w.usde, 12)],
        ..w.mandate_for(ALICE, 40)
    };
    let signature = w.sign_mandate(ALICE, &mandate);
    let (account, venue, valid_until) = (mandate.account, mandate.venue, mandate.validUntil);
    w.prank(STRANGER)
        .register_mandate(mandate, signature)
        .expect_emit(MandateRegistered {
            account,
            venue,
            requirementCap: usd(7),
            fillVariationCap: usd(3),
            validUntil: valid_until,
            nonce: 40,
        })
        .expect_emit(TopUpLimitSet { account, venue: VENUE.address(), token: w.usdc.address, lots: usd(11) })
        .expect_emit(TopUpLimitSet { account, venue: VENUE.address(), token: w.usde.address, lots: usd(12) })
        .ok();
    let state = w.mandate(ALICE, VENUE);
    assert_eq!((state.requirementCap, state.fillVariationCap, state.validUntil), (usd(7), usd(3), valid_until));
    assert_eq!((w.top_up_left(ALICE, VENUE, w.usdc), w.top_up_left(ALICE, VENUE, w.usde)), (usd(11), usd(12)));
    assert!(w.nonce_used(ALICE, 40));
}

#[test]
fn a_mandate_cannot_be_registered_twice() {
    let w = World::open();
    let mandate = w.mandate_for(ALICE, 40);
    let signature = w.sign_mandate(ALICE, &mandate);
    w.prank(RELAYER).register_mandate(mandate.clone(), signature.clone()).ok();
    let expected = NonceAlreadyUsed { pledgor: ALICE.address(), nonce: 40 };
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(expected);
}

#[test]
fn a_nonce_serves_one_mandate_or_instruction() {
    let w = World::open();
    let mandate = w.mandate_for(ALICE, 40);
    w.register(ALICE, mandate);
    let instruction = w.pledge_instruction(ALICE, w.usde, w.usde.whole(1), 40);
    let expected = NonceAlreadyUsed { pledgor: ALICE.address(), nonce: 40 };
    w.prank(ALICE).execute_own(instruction).expect_revert(expected);
}

#[test]
fn nonces_of_two_pledgors_are_apart() {
    let w = World::open();
    let (alice, bob) = (w.mandate_for(ALICE, 40), w.mandate_for(BOB, 40));
    w.register(ALICE, alice);
    w.register(BOB, bob);
}

#[test]
fn a_mandate_needs_the_pledgors_signature() {
    let w = World::open();
    let mandate = w.mandate_for(ALICE, 40);
    let signature = w.sign_mandate(VENUE, &mandate);
    let expected = InvalidSigner { expected: ALICE.address(), recovered: VENUE.address() };
    w.prank(VENUE).register_mandate(mandate, signature).expect_revert(expected);
}

#[test]
fn no_field_of_a_mandate_can_be_changed() {
    let w = World::open();
    let signed = w.mandate_for(ALICE, 40);
    let signature = w.sign_mandate(ALICE, &signed);
    let changes: [fn(&mut Mandate); 8] = [
        |m| m.account += 1,
        |m| m.venue = OTHER_VENUE.address(),
        |m| m.requirementCap += 1,
        |m| m.fillVariationCap += 1,
        |m| m.topUpLimits[0].amount += 1,
        |m| m.topUpLimits.truncate(1),
        |m| m.validUntil += 1,
        |m| m.nonce += 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut spoilt = signed.clone();
        change(&mut spoilt);
        assert!(w.prank(RELAYER).register_mandate(spoilt, signature.clone()).reverted(), "change {number}");
    }
    w.prank(RELAYER).register_mandate(signed, signature).ok();
}

#[test]
fn a_mandate_for_another_chain_or_escrow_reverts() {
    let w = World::open();
    let mandate = w.mandate_for(ALICE, 40);
    for domain in [Domain::escrow(1, w.escrow), Domain::escrow(w.node.chain_id(), w.registry)] {
        let signature = ALICE.sign(domain.mandate(&mandate)).to_vec();
        w.prank(RELAYER).register_mandate(mandate.clone(), signature).expect_revert_of::<InvalidSigner>();
    }
}

#[test]
fn an_expired_mandate_reverts() {
    let w = World::open();
    let mandate = Mandate { validUntil: START - 1, ..w.mandate_for(ALICE, 40) };
    let signature = w.sign_mandate(ALICE, &mandate);
    let expected = Expired { validUntil: START - 1, timestamp: START };
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(expected);
}

#[test]
fn a_mandate_is_for_a_venue() {
    let w = World::open();
    let mandate = Mandate { venue: STRANGER.address(), ..w.mandate_for(ALICE, 40) };
    let signature = w.sign_mandate(ALICE, &mandate);
    let expected = MissingRole { participant: STRANGER.address(), role: abi::registry::role::VENUE };
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(expected);
}

#[test]
fn a_mandate_of_an_unknown_account_reverts() {
    let w = World::open();
    let mandate = Mandate { account: 900, ..w.mandate_for(ALICE, 40) };
    let signature = w.sign_mandate(ALICE, &mandate);
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(UnknownAccount { account: 900 });
}

#[test]
fn a_limit_of_an_unlisted_token_reverts() {
    let w = World::open();
    let token = Address::repeat_byte(0x77);
    let mandate = Mandate { topUpLimits: vec![TopUpLimit { token, amount: 1 }], ..w.mandate_for(ALICE, 40) };
    let signature = w.sign_mandate(ALICE, &mandate);
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(UnknownAsset { token });
}

#[test]
fn a_limit_of_a_token_that_is_not_eligible_reverts() {
    let w = World::open();
    let terms = abi::escrow::Agreement { eligibleAssets: w.usdc.bit(), ..w.agreement(DAVE) };
    let account = w.open_account(DAVE, terms);
    let mandate = w.mandate_for(DAVE, 40);
    let signature = w.sign_mandate(DAVE, &mandate);
    let expected = NotEligible { account, token: w.usde.address };
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(expected);
}

#[test]
fn an_agent_gets_no_mandate() {
    let w = World::open();
    w.set_roles(AGENT, abi::registry::role::CALCULATION_AGENT | abi::registry::role::VENUE);
    let mandate = Mandate { venue: AGENT.address(), ..w.mandate_for(ALICE, 40) };
    let signature = w.sign_mandate(ALICE, &mandate);
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(VenueIsAgent { venue: AGENT.address() });
}

#[test]
fn a_limit_of_dust_reverts() {
    let w = World::open();
    let limit = TopUpLimit { token: w.usde.address, amount: 1 };
    let mandate = Mandate { topUpLimits: vec![limit], ..w.mandate_for(ALICE, 40) };
    let signature = w.sign_mandate(ALICE, &mandate);
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert_of::<NotWholeLots>();
}

#[test]
fn revoking_ends_a_mandate_now() {
    let w = World::open();
    w.warp(5);
    let (account, venue, now) = (w.account(ALICE), VENUE.address(), w.now());
    w.prank(ALICE).revoke_mandate(ALICE, VENUE).expect_emit(MandateRevoked { account, venue, validUntil: now }).ok();
    assert_eq!(w.mandate(ALICE, VENUE).validUntil, now);
    assert!(w.mandate(BOB, VENUE).validUntil > now);
}

#[test]
fn only_the_pledgor_revokes() {
    let w = World::open();
    for caller in [VENUE, HOUSE, BOB, STRANGER] {
        let expected = NotPledgor { account: w.account(ALICE), caller: caller.address() };
        w.prank(caller).revoke_mandate(ALICE, VENUE).expect_revert(expected);
    }
}

#[test]
fn a_mandate_that_never_was_cannot_be_revoked() {
    let w = World::open();
    let expected = NoMandate { account: w.account(ALICE), venue: OTHER_VENUE.address() };
    w.prank(ALICE).revoke_mandate(ALICE, OTHER_VENUE).expect_revert(expected);
}

#[test]
fn revoking_cannot_extend_an_expired_mandate() {
    let w = World::open();
    let until = w.now() + 10;
    let mandate = Mandate { validUntil: until, ..w.mandate_for(ALICE, 40) };
    w.register(ALICE, mandate);
    w.warp(100);
    w.prank(ALICE).revoke_mandate(ALICE, VENUE).ignore();
    assert_eq!(w.mandate(ALICE, VENUE).validUntil, until);
}
