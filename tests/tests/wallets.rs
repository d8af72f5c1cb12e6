//! Contract wallets (ERC-1271) sign wherever a key does; what they may spend on their answer is bounded.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{
    Agreement, CollateralInstruction, DisputeRuling, MOST_SIGNATURE, PositionChange, Withdrawal, lifecycle, subject,
};
use abi::registry::EligibilityRegistry::setParticipantCall;
use abi::registry::role;
use alloy::primitives::{Address, B256, FixedBytes};
use alloy::sol_types::SolStruct;
use alloy::sol_types::SolValue;
use plumbline_tests::orders::Standing;
use plumbline_tests::safe::OWNERS;
use plumbline_tests::*;

/// Moods of `TestWallet`.
const GOOD: u8 = 0;
const REVERTS: u8 = 1;
const LIES: u8 = 2;
const BURNS: u8 = 3;
const SHORT: u8 = 4;
const LONG: u8 = 5;
const CALLS_BACK: u8 = 6;

/// What a wallet may spend on its answer.
const WALLET_GAS: u64 = 100_000;

/// A wallet that `owner`'s key signs for.
fn wallet(w: &World, owner: Actor, mood: u8) -> Address {
    let arguments = (owner.address(), u16::from(mood)).abi_encode_params();
    w.node.deploy(GOVERNOR.address(), [artifacts::token("TestWallet"), arguments].concat())
}

fn terms(w: &World, pledgor: Address, agent: Address) -> Agreement {
    Agreement { pledgor, agent, ..w.agreement(DAVE) }
}

/// Dave signs for a wallet that has an account, and the agent's key for a wallet that states it.
fn of_wallets() -> (Fork, Address) {
    with_mood(GOOD)
}

fn with_mood(mood: u8) -> (Fork, Address) {
    let w = World::open();
    let (pledgor, agent) = (wallet(&w, DAVE, mood), wallet(&w, AGENT, GOOD));
    w.register_agent(agent);
    let agreement = terms(&w, pledgor, agent);
    let digest = w.domain().agreement(&agreement);
    w.open_account_with(DAVE, agreement, signature(DAVE, digest, mood), HOUSE.sign(digest).to_vec());
    w.use_house_of(DAVE);
    (w, pledgor)
}

/// As a wallet of this mood wants it.
fn signature(owner: Actor, digest: B256, mood: u8) -> Vec<u8> {
    let mut compact = owner.sign(digest).to_vec();
    if mood != LONG {
        return compact;
    }
    let v = 27 + (compact[32] >> 7);
    compact[32] &= 0x7f;
    [compact, vec![v], digest.to_vec()].concat()
}

/// A release of 40 USDC to inventory.
fn release(w: &World) -> (CollateralInstruction, B256) {
    let pledgor = w.state(DAVE).pledgor;
    w.deal(w.usdc, pledgor, w.usdc.whole(100));
    w.prank(pledgor).pledge(DAVE, w.usdc, w.usdc.whole(100)).ok();
    let release = w.release_instruction(DAVE, w.usdc, w.usdc.whole(40), 2);
    let digest = w.domain().instruction(&release);
    (release, digest)
}

#[test]
fn a_wallet_opens_an_account_and_registers_a_mandate() {
    let (w, pledgor) = of_wallets();
    assert_eq!(w.state(DAVE).pledgor, pledgor);
    let mandate = w.mandate_for(DAVE, 1);
    let stranger = w.sign_mandate(STRANGER, &mandate);
    let refused = InvalidSigner { expected: pledgor, recovered: STRANGER.address() };
    w.prank(RELAYER).register_mandate(mandate, stranger).expect_revert(refused);
    w.register(DAVE, w.mandate_for(DAVE, 1));
}

#[test]
fn a_wallet_gives_standing_orders() {
    let (w, pledgor) = of_wallets();
    let order = w.top_up_order(DAVE, &[(w.usdc, 100)], 1);
    let stranger = STRANGER.sign(order.digest(&w.domain())).to_vec();
    let refused = InvalidSigner { expected: pledgor, recovered: STRANGER.address() };
    w.prank(RELAYER).register_order(order.clone(), stranger).expect_revert(refused);
    w.stand(DAVE, order);
    assert_eq!(w.standing_top_up(DAVE).left, [usd(100)]);
    w.audit();
}

#[test]
fn a_wallet_instructs() {
    let (w, pledgor) = of_wallets();
    let (release, digest) = release(&w);
    w.prank(RELAYER).execute(release, signature(DAVE, digest, GOOD)).ok();
    assert_eq!(w.inventory(pledgor, w.usdc), w.usdc.whole(40));
    w.audit();
}

#[test]
fn a_wallet_takes_a_signature_of_any_length() {
    let (w, pledgor) = with_mood(LONG);
    let (release, digest) = release(&w);
    let short = DAVE.sign(digest).to_vec();
    let refused = InvalidSigner { expected: pledgor, recovered: DAVE.address() };
    w.prank(RELAYER).execute(release.clone(), short).expect_revert(refused);
    w.prank(RELAYER).execute(release, signature(DAVE, digest, LONG)).ok();
    assert_eq!(w.inventory(pledgor, w.usdc), w.usdc.whole(40));
}

/// The wallet approves only where its call back fails with `Reentrant`.
#[test]
fn a_wallet_cannot_call_back() {
    let w = World::open();
    let agent = wallet(&w, AGENT, CALLS_BACK);
    w.register_agent(agent);
    w.open_account(DAVE, terms(&w, DAVE.address(), agent));
    w.use_house_of(DAVE);
    let set = w.draft_mark(&[(DAVE, 0)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

#[test]
fn a_secured_party_and_a_second_agent_that_are_wallets_sign() {
    let w = World::open();
    let (party, second) = (wallet(&w, HOUSE, GOOD), wallet(&w, SECOND_AGENT, GOOD));
    w.register_agent(second);
    let lei = FixedBytes::repeat_byte(b'H');
    let set = setParticipantCall { participant: party, lei, roles: role::SECURED_PARTY };
    w.prank(GOVERNOR).send(w.registry, set).ok();
    w.open_account(DAVE, Agreement { securedParty: party, secondAgent: second, ..w.agreement(DAVE) });
    w.use_house_of(DAVE);
    assert_eq!(w.house_state().securedParty, party);
    let forged = w.draft_mark(&[(DAVE, 0)]).with(|d| d.second_agent = Some(STRANGER)).sign_mark();
    w.prank(RELAYER).mark(&forged).expect_revert(InvalidSigner { expected: second, recovered: STRANGER.address() });
    let set = w.draft_mark(&[(DAVE, 0)]).with(|d| d.second_agent = Some(SECOND_AGENT)).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

#[test]
fn an_agent_that_is_a_wallet_states_and_a_venue_that_is_one_matches() {
    let w = World::open();
    let (agent, venue) = (wallet(&w, AGENT, GOOD), wallet(&w, VENUE, GOOD));
    w.register_agent(agent);
    let set = setParticipantCall { participant: venue, lei: FixedBytes::repeat_byte(b'V'), roles: role::VENUE };
    w.prank(GOVERNOR).send(w.registry, set).ok();
    for (nonce, desk) in [ALICE, BOB].into_iter().enumerate() {
        w.open_account(desk, terms(&w, desk.address(), agent));
        let mandate = abi::escrow::Mandate { venue, ..w.mandate_for(desk, 500 + nonce as u64) };
        w.register(desk, mandate);
        w.post_margin(desk, w.usdc, w.usdc.whole(1_000));
    }
    w.use_house_of(ALICE);
    let bundle = w.draft(&[(ALICE, usd(900)), (BOB, usd(900))]).fill(ALICE, BOB).with(|d| d.venue = venue).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(w.state(ALICE).requirement, usd(900));
    w.pass(10);
    let set = w.draft_mark(&[(ALICE, usd(800))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let forged = w.draft_mark(&[(ALICE, 0)]).with(|d| d.agent = STRANGER).sign_mark();
    w.prank(RELAYER).mark(&forged).expect_revert(InvalidSigner { expected: agent, recovered: STRANGER.address() });
    w.audit();
}

#[test]
fn a_wallet_that_reverts_or_lies_or_burns_gas_approves_nothing() {
    let w = World::open();
    for mood in [REVERTS, LIES, BURNS, SHORT] {
        refuse(&w, mood);
    }
}

/// The gas of an opening that a wallet of this mood does not approve.
fn refuse(w: &World, mood: u8) -> u64 {
    let pledgor = wallet(w, DAVE, mood);
    let agreement = terms(w, pledgor, AGENT.address());
    let digest = w.domain().agreement(&agreement);
    let (own, party) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
    let done = w.prank(RELAYER).open_account(agreement, own, party);
    let gas = done.gas();
    done.expect_revert(InvalidSigner { expected: pledgor, recovered: DAVE.address() });
    gas
}

/// One that reverts spends a little of its own; calldata differs by the address.
#[test]
fn a_wallet_that_burns_gas_burns_its_bound_and_no_more() {
    let w = World::open();
    let (burnt, base) = (refuse(&w, BURNS), refuse(&w, REVERTS));
    assert!(burnt <= base + WALLET_GAS, "{burnt} against {base}");
    assert!(burnt > base + WALLET_GAS - 3_000, "{burnt} against {base}");
}

#[test]
fn an_address_without_code_signs_only_with_its_key() {
    let w = World::open();
    let pledgor = Address::repeat_byte(0x77);
    let agreement = terms(&w, pledgor, AGENT.address());
    let digest = w.domain().agreement(&agreement);
    let (own, party) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
    let refused = InvalidSigner { expected: pledgor, recovered: DAVE.address() };
    w.prank(RELAYER).open_account(agreement, own, party).expect_revert(refused);
}

/// A Safe of three is the pledgor, another the secured party, others agent, second agent and venue: each of their words is 195 bytes.
#[test]
fn safes_of_several_owners_sign_wherever_a_key_does() {
    let w = World::open();
    let safe = || w.safe(&OWNERS[..3]);
    let (pledgor, party, agent, second, venue) = (safe(), safe(), safe(), safe(), safe());
    for safe in [&agent, &second] {
        w.register_agent(safe.address);
    }
    let role = |participant: Address, roles| {
        let lei = FixedBytes::from_slice(participant.as_slice());
        w.prank(GOVERNOR).send(w.registry, setParticipantCall { participant, lei, roles }).ok();
    };
    role(party.address, role::SECURED_PARTY);
    role(venue.address, role::VENUE);
    let terms = |pledgor: Address, desk| Agreement {
        pledgor,
        securedParty: party.address,
        agent: agent.address,
        secondAgent: second.address,
        ..w.agreement(desk)
    };
    let open = |desk: Actor, agreement: Agreement, own: &dyn Fn(B256) -> Vec<u8>| {
        let digest = w.domain().agreement(&agreement);
        w.open_account_with(desk, agreement, own(digest), party.sign(digest));
    };
    let (of_safe, of_key) = (terms(pledgor.address, DAVE), terms(ALICE.address(), ALICE));
    open(DAVE, of_safe.clone(), &|digest| pledgor.sign(digest));
    open(ALICE, of_key, &|digest| ALICE.sign(digest).to_vec());
    w.use_house_of(DAVE);
    for (desk, nonce) in [(DAVE, 1), (ALICE, 501)] {
        let mandate = abi::escrow::Mandate { venue: venue.address, ..w.mandate_for(desk, nonce) };
        let digest = w.domain().mandate(&mandate);
        let word = if desk == DAVE { pledgor.sign(digest) } else { desk.sign(digest).to_vec() };
        w.prank(RELAYER).register_mandate(mandate, word).ok();
        w.deal(w.usdc, w.state(desk).pledgor, w.usdc.whole(1_000));
        w.prank(w.state(desk).pledgor).pledge(desk, w.usdc, w.usdc.whole(1_000)).ok();
    }
    let signed = |draft: Draft| {
        draft.with(|draft| {
            (draft.agent_safe, draft.second_safe) = (Some(agent.clone()), Some(second.clone()));
            (draft.venue, draft.venue_safe) = (venue.address, Some(venue.clone()));
        })
    };
    let bundle = signed(w.draft(&[(DAVE, usd(500)), (ALICE, usd(500))]).fill(DAVE, ALICE)).sign();
    assert_eq!([&bundle.set.signature, &bundle.batches[0].signature].map(|word| word.len()), [195, 195]);
    w.prank(RELAYER).settle(&bundle).ok();
    let late = signed(w.draft(&[(DAVE, 0), (ALICE, 0)]).fill(DAVE, ALICE));
    w.pass(130);
    w.prank(RELAYER).lapse(&late.sign_lapse()).ok();
    w.prank(RELAYER).mark(&signed(w.draft_mark(&[(DAVE, usd(400))])).sign_mark()).ok();

    let release = CollateralInstruction {
        to: Address::repeat_byte(0xd1),
        ..w.release_instruction(DAVE, w.usdc, w.usdc.whole(40), 2)
    };
    let word = pledgor.sign(w.domain().instruction(&release));
    w.prank(RELAYER).execute(release, word).ok();
    let release = w.release_instruction(DAVE, w.usdc, w.usdc.whole(60), 3);
    let word = pledgor.sign(w.domain().instruction(&release));
    w.prank(RELAYER).execute(release, word).ok();
    let out = w.withdrawal(pledgor.address, w.usdc, w.usdc.whole(60), Address::repeat_byte(0xd1));
    let word = pledgor.sign(w.domain().withdrawal(&out));
    w.prank(RELAYER).withdraw_to(out, word).ok();
    assert_eq!(w.wallet(Address::repeat_byte(0xd1), w.usdc), w.usdc.whole(100));

    w.deal(w.usdc, party.address, w.usdc.whole(50));
    let approve = TestToken::approveCall { spender: w.escrow, amount: w.usdc.whole(50) };
    w.prank(party.address).send(w.usdc.address, approve).ok();
    w.prank(party.address).escrow(fundHouseCall { house: w.house(), amount: w.usdc.whole(50) }).ok();
    let out = Withdrawal { house: w.house(), ..w.withdrawal(party.address, w.usdc, w.usdc.whole(50), STRANGER) };
    let word = party.sign(w.domain().withdrawal(&out));
    w.prank(RELAYER).withdraw_to(out, word).ok();
    assert_eq!(w.wallet(STRANGER, w.usdc), w.usdc.whole(50));

    w.pass(abi::escrow::SILENCE_SECONDS + 20);
    let release = w.release_instruction(DAVE, w.usdc, w.usdc.whole(10), 4);
    let digest = w.domain().instruction(&release);
    w.prank(RELAYER).execute_with_consent(release, pledgor.sign(digest), party.sign(digest)).ok();
    let successor = w.successor(plumbline_tests::successor::Mood::Takes);
    let migration =
        abi::escrow::Migration { agreementHash: of_safe.eip712_hash_struct(), ..w.migration(DAVE, successor, 5) };
    let digest = w.domain().migration(&migration);
    w.prank(RELAYER).migrate(&migration, pledgor.sign(digest), party.sign(digest)).ok();
    w.audit();
}

/// What ports positions takes both parties' words, however long.
#[test]
fn safes_port_positions() {
    let w = World::open();
    let (pledgor, party) = (w.safe(&OWNERS[..2]), w.safe(&OWNERS[..5]));
    let set = setParticipantCall {
        participant: party.address,
        lei: FixedBytes::repeat_byte(b'H'),
        roles: role::SECURED_PARTY,
    };
    w.prank(GOVERNOR).send(w.registry, set).ok();
    let agreement = Agreement { pledgor: pledgor.address, securedParty: party.address, ..w.agreement(DAVE) };
    let digest = w.domain().agreement(&agreement);
    w.open_account_with(DAVE, agreement, pledgor.sign(digest), party.sign(digest));
    w.use_house_of(DAVE);
    let mut bundle = w.draft(&[(DAVE, 0)]).lifecycle(lifecycle::PORTING).sign();
    let change = PositionChange {
        account: w.account(DAVE),
        cause: lifecycle::PORTING,
        reference: bundle.lifecycle.unwrap().reference,
        previousHistory: w.state(DAVE).history,
        newRoot: bundle.set.statements[0].new_root,
        validUntil: bundle.consents[0].valid_until,
    };
    let digest = w.domain().position_change(&change);
    for consent in &mut bundle.consents {
        (consent.pledgor, consent.secured_party) = (pledgor.sign(digest), party.sign(digest));
    }
    w.prank(RELAYER).settle(&bundle).ok();
    w.audit();
}

/// A second agent that is a Safe rules.
#[test]
fn a_safe_rules_on_a_dispute() {
    let w = World::open();
    let second = w.safe(&OWNERS[..3]);
    w.register_agent(second.address);
    w.join(DAVE, Agreement { secondAgent: second.address, ..w.agreement(DAVE) });
    w.use_house_of(DAVE);
    w.stock(DAVE, w.usdc, w.usdc.whole(2_000));
    w.post_margin(DAVE, w.usdc, w.usdc.whole(1_000));
    let set = w.draft_mark(&[(DAVE, usd(2_000))]).with(|draft| draft.second_safe = Some(second.clone())).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    w.prank(DAVE)
        .escrow(disputeCall {
            account: w.account(DAVE),
            subject: subject::REQUIREMENT,
            amount: usd(800),
            stated: B256::ZERO,
        })
        .ok();
    let ruling = DisputeRuling {
        account: w.account(DAVE),
        dispute: 1,
        subject: subject::REQUIREMENT,
        found: B256::from(alloy::primitives::U256::from(usd(1_200))),
        validUntil: w.now() + 60,
    };
    let word = second.sign(w.domain().ruling(&ruling));
    w.prank(RELAYER).escrow(ruleDisputeCall { ruling, signature: word.into() }).ok();
}

/// As many owners as the gas for a wallet's answer carries; fewer than all of them sign nothing.
#[test]
fn a_safe_of_seven_signs_with_all_of_them() {
    let w = World::open();
    let safe = w.safe(&OWNERS);
    let agreement = terms(&w, safe.address, AGENT.address());
    let digest = w.domain().agreement(&agreement);
    let house = HOUSE.sign(digest).to_vec();
    for owners in [&OWNERS[..6], &OWNERS[1..], &OWNERS[..0]] {
        let word = safe.sign_by(owners, digest);
        w.prank(RELAYER).open_account(agreement.clone(), word, house.clone()).expect_revert_of::<InvalidSigner>();
    }
    let word = safe.sign(digest);
    assert_eq!(word.len(), 7 * 65);
    w.prank(RELAYER).open_account(agreement, word, house).ok();
}

#[test]
fn a_signature_has_a_length_that_it_may_have_at_most() {
    let w = World::open();
    let safe = w.safe(&OWNERS[..2]);
    let agreement = terms(&w, safe.address, AGENT.address());
    let digest = w.domain().agreement(&agreement);
    let house = HOUSE.sign(digest).to_vec();
    let padded = |length| [safe.sign(digest), vec![0; length]].concat()[..length].to_vec();
    let refused = InvalidSigner { expected: safe.address, recovered: Address::ZERO };
    w.prank(RELAYER).open_account(agreement.clone(), padded(MOST_SIGNATURE + 1), house.clone()).expect_revert(refused);
    w.prank(RELAYER).open_account(agreement, padded(MOST_SIGNATURE), house).ok();
}
