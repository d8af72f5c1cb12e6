//! Contract wallets (ERC-1271) sign wherever a key does; what they may spend on their answer is bounded.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::*;
use abi::registry::EligibilityRegistry::setParticipantCall;
use abi::registry::role;
use alloy::primitives::{Address, FixedBytes};
use alloy::sol_types::SolValue;
use plumbline_tests::*;

const GOOD: u8 = 0;

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
    let w = World::open();
    let (pledgor, agent) = (wallet(&w, DAVE, GOOD), wallet(&w, AGENT, GOOD));
    w.open_account(DAVE, terms(&w, pledgor, agent));
    w.use_house_of(DAVE);
    (w, pledgor)
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
    w.deal(w.usdc, STRANGER, w.usdc.whole(100));
    w.prank(STRANGER).pledge(DAVE, w.usdc, w.usdc.whole(100)).ok();
    let release = w.release_instruction(DAVE, w.usdc, w.usdc.whole(40), 2);
    let signature = w.sign_instruction(DAVE, &release);
    w.prank(RELAYER).execute(release, signature).ok();
    assert_eq!(w.inventory(pledgor, w.usdc), w.usdc.whole(40));
    w.audit();
}

#[test]
fn an_agent_that_is_a_wallet_states_and_a_venue_that_is_one_matches() {
    let w = World::open();
    let (agent, venue) = (wallet(&w, AGENT, GOOD), wallet(&w, VENUE, GOOD));
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
    for mood in [1, 2, 3] {
        let pledgor = wallet(&w, DAVE, mood);
        let agreement = terms(&w, pledgor, AGENT.address());
        let digest = w.domain().agreement(&agreement);
        let (own, party) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
        let refused = InvalidSigner { expected: pledgor, recovered: DAVE.address() };
        let done = w.prank(RELAYER).open_account(agreement, own, party);
        assert!(done.gas() < 600_000, "mood {mood} cost {}", done.gas());
        done.expect_revert(refused);
    }
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
