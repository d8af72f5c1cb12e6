//! Calls that are not what the ABI says: nothing is read leniently, nothing is taken by accident.
use abi::escrow::MarginEscrow::*;
use alloy::primitives::{B256, U256};
use alloy::sol_types::SolCall;
use plumbline_tests::*;

/// Well-formed calls of every function with ordinary ABI that Alice may send.
fn calls(w: &World) -> Vec<Vec<u8>> {
    let (account, token, amount) = (w.account(ALICE), w.usdc.address, U256::from(1));
    let instruction = w.pledge_instruction(ALICE, w.usdc, amount, 9);
    let mandate = w.mandate_for(ALICE, 10);
    let terms = w.agreement(DAVE);
    let digest = w.domain().agreement(&terms);
    let open = openAccountCall {
        pledgorSignature: DAVE.sign(digest).to_vec().into(),
        securedPartySignature: HOUSE.sign(digest).to_vec().into(),
        agreement: terms,
    };
    vec![
        withdrawCall { token, amount }.abi_encode(),
        payHouseClaimCall { account }.abi_encode(),
        revokeMandateCall { account, venue: VENUE.address() }.abi_encode(),
        executeCall { instruction, signature: vec![].into() }.abi_encode(),
        registerMandateCall { signature: w.sign_mandate(ALICE, &mandate).into(), mandate }.abi_encode(),
        open.abi_encode(),
    ]
}

/// Sends raw calldata as Alice.
fn send(w: &World, data: Vec<u8>) -> Outcome<withdrawCall> {
    w.prank(ALICE).send_raw(w.escrow, data)
}

#[test]
fn what_follows_the_arguments_is_malformed() {
    let w = World::open();
    for call in calls(&w) {
        for extra in [1, 32] {
            send(&w, [call.clone(), vec![0; extra]].concat()).expect_revert_of::<Malformed>();
        }
        send(&w, call).ok();
    }
}

#[test]
fn calldata_that_ends_early_is_malformed() {
    let w = World::open();
    for call in calls(&w) {
        send(&w, call[..call.len() - 32].to_vec()).expect_revert_of::<Malformed>();
        send(&w, call[..4].to_vec()).expect_revert_of::<Malformed>();
    }
    send(&w, vec![]).expect_revert_of::<Malformed>();
    send(&w, vec![1, 2, 3]).expect_revert_of::<Malformed>();
}

#[test]
fn padding_of_an_address_is_zero() {
    let w = World::open();
    let mut call = withdrawCall { token: w.usdc.address, amount: U256::from(1) }.abi_encode();
    call[4] = 1;
    send(&w, call).expect_revert(Malformed { offset: U256::ZERO });
}

#[test]
fn padding_of_a_number_is_zero() {
    let w = World::open();
    let mut call = payHouseClaimCall { account: w.account(ALICE) }.abi_encode();
    call[4 + 23] = 1;
    send(&w, call).expect_revert_of::<Malformed>();
}

#[test]
fn padding_of_a_signature_is_zero() {
    let w = World::open();
    let instruction = w.pledge_instruction(ALICE, w.usdc, U256::from(1), 9);
    let mut signature = w.sign_instruction(ALICE, &instruction);
    signature.push(27 + (signature[32] >> 7));
    signature[32] &= 0x7f;
    let mut call = executeCall { instruction, signature: signature.into() }.abi_encode();
    *call.last_mut().unwrap() = 1;
    send(&w, call.clone()).expect_revert_of::<Malformed>();
    *call.last_mut().unwrap() = 0;
    send(&w, call).ok();
}

#[test]
fn an_account_beyond_all_numbers_is_unknown() {
    let w = World::open();
    for account in [0, 4, 1 << 32, (1 << 32) + w.account(ALICE), u64::MAX] {
        let call = payHouseClaimCall { account };
        w.prank(ALICE).escrow(call).expect_revert(UnknownAccount { account });
        let answer = w.node.call(w.escrow, accountCall { account }.abi_encode());
        assert!(answer.is_err(), "a view of account {account}");
    }
}

#[test]
fn no_function_takes_value() {
    let w = World::open();
    for contract in [w.escrow, w.registry, w.oracle].into_iter().chain(w.programs.all()) {
        let before = w.node.balance(contract);
        let sent = w.node.send_value(ALICE.address(), contract, accountCountCall {}.abi_encode(), U256::from(5));
        assert!(!sent, "{contract} took value");
        assert_eq!(w.node.balance(contract), before);
    }
    let call = payHouseClaimCall { account: w.account(ALICE) }.abi_encode();
    assert!(
        !w.node.send_value(ALICE.address(), w.escrow, call, U256::from(5)),
        "a call with value that would pass without"
    );
}

#[test]
fn the_escrow_is_constructed_once() {
    let w = World::new();
    let data = [stylus_constructorCall::SELECTOR.to_vec(), w.programs.wires(w.registry)].concat();
    w.prank(GOVERNOR).packed::<stylus_constructorCall>([0; 4], vec![]).expect_revert_of::<Malformed>();
    w.prank(GOVERNOR).send_raw::<stylus_constructorCall>(w.escrow, data).expect_revert(AlreadyInitialized {});
    assert_eq!(w.view(w.escrow, registryCall {}), w.registry);
    assert_eq!([w.view(w.escrow, verifierCall {}), w.view(w.escrow, examinerCall {})], w.programs.all());
}

/// The oracle is the registry's for good, so one that has none yet is not taken.
#[test]
fn a_registry_without_an_oracle_constructs_no_escrow() {
    let w = World::new();
    let [escrow, registry] = [w.escrow, w.registry].map(|program| w.node.second(GOVERNOR.address(), program));
    let construct = |registry| {
        let data = [stylus_constructorCall::SELECTOR.to_vec(), w.programs.wires(registry)].concat();
        w.prank(GOVERNOR).send_raw::<stylus_constructorCall>(escrow, data)
    };
    construct(registry).expect_revert(InvalidTerms { field: B256::right_padding_from(b"oracle") });
    construct(w.registry).ok();
}
