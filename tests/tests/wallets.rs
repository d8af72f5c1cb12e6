//! Contract wallets (ERC-1271) sign wherever a key does; what they may spend on their answer is bounded.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction};
use abi::registry::EligibilityRegistry::setParticipantCall;
use abi::registry::role;
use alloy::primitives::{Address, B256, FixedBytes};
use alloy::sol_types::SolValue;
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
