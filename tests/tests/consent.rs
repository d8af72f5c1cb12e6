//! Agents that are silent for a day: the secured party's word over an instruction stands in for their statement.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{CollateralInstruction, SILENCE_SECONDS, action};
use plumbline_tests::*;

/// Alice is stated at 100,000 USD, and then nobody states anything for `seconds`; prices are of now.
fn silent_for(seconds: u64) -> Fork {
    let w = World::open();
    let bundle = w.draft(&[(ALICE, usd(100_000)), (BOB, usd(100_000))]).fill(ALICE, BOB).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.pass(seconds);
    w
}

/// Carried by anyone, with both signatures over the same instruction.
fn carry(w: &World, release: CollateralInstruction, securer: Actor) -> Outcome<executeWithConsentCall> {
    let (signature, consent) = (w.sign_instruction(ALICE, &release), w.sign_instruction(securer, &release));
    w.prank(RELAYER).execute_with_consent(release, signature, consent)
}

#[test]
fn both_parties_release_where_the_agents_are_silent() {
    let w = silent_for(SILENCE_SECONDS + 1);
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(50_000), 1);
    let before = w.inventory(ALICE, w.usdc);
    w.prank(ALICE).execute_own(release.clone()).expect_revert_of::<StatementTooOld>();
    carry(&w, release, HOUSE).ok();
    assert_eq!(w.inventory(ALICE, w.usdc), before + w.usdc.whole(50_000));
    w.audit();
}

#[test]
fn within_the_day_the_agents_word_is_to_be_had() {
    let w = silent_for(SILENCE_SECONDS);
    let as_of = w.state(ALICE).asOf;
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    let refused = AgentsNotSilent { account: w.account(ALICE), asOf: as_of, silentFrom: w.now() - SILENCE_SECONDS };
    carry(&w, release, HOUSE).expect_revert(refused);
}

#[test]
fn nobody_but_the_secured_party_consents() {
    let w = silent_for(SILENCE_SECONDS + 1);
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    for other in [ALICE, AGENT, STRANGER] {
        carry(&w, release.clone(), other).expect_revert_of::<InvalidSigner>();
    }
    let (signature, expected) = (w.sign_instruction(ALICE, &release), HOUSE.address());
    let more = CollateralInstruction { amount: release.amount + 1, ..release.clone() };
    let consent = w.sign_instruction(HOUSE, &more);
    let refused = w.prank(RELAYER).execute_with_consent(release, signature, consent);
    assert_eq!(refused.expect_revert_of::<InvalidSigner>().expected, expected);
}

#[test]
fn the_secured_party_alone_moves_nothing() {
    let w = silent_for(SILENCE_SECONDS + 1);
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(1), 1);
    let consent = w.sign_instruction(HOUSE, &release);
    let refused = w.prank(HOUSE).execute_with_consent(release.clone(), Vec::new(), consent.clone());
    refused.expect_revert(NotPledgor { account: w.account(ALICE), caller: HOUSE.address() });
    w.prank(HOUSE).execute_with_consent(release, consent.clone(), consent).expect_revert_of::<InvalidSigner>();
}

#[test]
fn consent_releases_nothing_that_the_last_requirement_needs() {
    let w = silent_for(SILENCE_SECONDS + 1);
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.units(usd(100_000)), 1);
    carry(&w, release, HOUSE).expect_revert_of::<MarginShort>();
}

#[test]
fn consent_works_once_and_for_transfers_too() {
    let w = silent_for(SILENCE_SECONDS + 1);
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(10), 1);
    carry(&w, release.clone(), HOUSE).ok();
    carry(&w, release, HOUSE).expect_revert(NonceAlreadyUsed { pledgor: ALICE.address(), nonce: 1 });
    let first = w.account(ALICE);
    let second = w.open_account(ALICE, abi::escrow::Agreement { threshold: usd(1), ..w.agreement(ALICE) });
    let release = w.release_instruction(ALICE, w.usdc, w.usdc.whole(10), 2);
    let transfer = CollateralInstruction { account: first, action: action::TRANSFER, toAccount: second, ..release };
    carry(&w, transfer, HOUSE).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(10));
    w.audit();
}
