//! What transactions pay for their bytes on the parent chain, to the unit.

use crate::harness::World;
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256, address, hex, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy::sol_types::SolCall;
use plumbline_devnode::{CallError, CallRequest, Chain, ChainError, DevnodeConfig, Mining, dev_accounts};

alloy::sol! {
    function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    function getPricesInArbGas() external view returns (uint256, uint256, uint256);
    function getL1BaseFeeEstimate() external view returns (uint256);
    function getL1GasPriceEstimate() external view returns (uint256);
    function getCurrentTxL1GasFees() external view returns (uint256);
    function gasEstimateComponents(address to, bool contractCreation, bytes calldata data) external payable
        returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function gasEstimateL1Component(address to, bool contractCreation, bytes calldata data) external payable
        returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
}

const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");
const BASE_FEE: u64 = 100_000_000;
const GWEI: u64 = 1_000_000_000;
/// Measured on a Nitro node: bytes of a signed transfer and of a signed `settle` of 438 bytes, after its Brotli.
const TRANSFER_BYTES: u64 = 113;
const SETTLE_BYTES: u64 = 554;
/// Loops until gas runs out: JUMPDEST, PUSH0, JUMP.
const ENDLESS: [u8; 3] = [0x5b, 0x5f, 0x56];

fn world(data_price: u64) -> World {
    World::with(DevnodeConfig { data_price, ..DevnodeConfig::default() })
}

fn target() -> Address {
    Address::from_slice(&keccak256("target")[12..])
}

/// Bytes that do not shrink, as signatures do not.
fn dense(len: usize) -> Bytes {
    let words = (0u64..).flat_map(|word| keccak256(word.to_be_bytes()));
    words.take(len).collect::<Vec<_>>().into()
}

/// Gas of so many compressed bytes.
fn data_gas(bytes: u64, price: u64) -> u64 {
    price * 16 * bytes / BASE_FEE
}

/// A transaction signed by the first account.
fn signed(chain: &Chain, to: Address, value: u64, input: Bytes, gas_limit: u64) -> Vec<u8> {
    signed_by(&dev_accounts()[0], chain, to, value, input, gas_limit)
}

/// A signed transaction, whose fee takes four bytes as on the measured node.
fn signed_by(
    signer: &PrivateKeySigner,
    chain: &Chain,
    to: Address,
    value: u64,
    input: Bytes,
    gas_limit: u64,
) -> Vec<u8> {
    let tx = TxEip1559 {
        chain_id: chain.chain_id(),
        nonce: chain.nonce(signer.address()),
        gas_limit,
        max_fee_per_gas: 200_000_000,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(to),
        value: U256::from(value),
        access_list: Default::default(),
        input,
    };
    let signature = signer.sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
}

/// Gas used in all, and of it for data.
fn used(chain: &Chain, hash: B256) -> (u64, u64) {
    let breakdown = chain.gas_breakdown(hash).unwrap();
    assert_eq!(chain.outcome(hash).unwrap().gas_used, breakdown.total);
    (breakdown.total, breakdown.data)
}

fn ask<C: SolCall>(world: &World, at: Address, call: C) -> C::Return {
    C::abi_decode_returns(&world.chain.call(world.from, at, call.abi_encode()).unwrap()).unwrap()
}

fn asked(world: &World, to: Address, data: Bytes) -> CallRequest {
    let tx = TransactionRequest::default().from(world.from).to(to).input(data.into());
    CallRequest { tx, ..CallRequest::default() }
}

#[test]
fn a_transfer_and_a_settlement_pay_for_as_many_bytes_as_on_nitro() {
    for price in [0, GWEI, 50 * GWEI] {
        let world = world(price);
        let before = world.chain.balance(world.from);
        let sent = world.chain.send_raw(&signed(&world.chain, target(), 1, Bytes::new(), 2_000_000)).unwrap();
        let data = data_gas(TRANSFER_BYTES, price);
        assert_eq!(used(&world.chain, sent), (21_000 + data, data));
        let paid = before - world.chain.balance(world.from);
        assert_eq!(paid, U256::from(21_000 + data) * U256::from(BASE_FEE) + U256::from(1));
        let settle = dense(438);
        let calldata: u64 = settle.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
        let sent = world.chain.send_raw(&signed(&world.chain, target(), 0, settle, 5_000_000)).unwrap();
        let data = data_gas(SETTLE_BYTES, price);
        assert_eq!(used(&world.chain, sent), (21_000 + calldata + data, data));
    }
    assert_eq!((data_gas(SETTLE_BYTES, GWEI), data_gas(SETTLE_BYTES, 50 * GWEI)), (88_640, 4_432_000));
}

#[test]
fn a_gas_limit_covers_data_or_the_transaction_is_refused() {
    let world = world(GWEI);
    // A limit of two bytes leaves one byte less to pay for.
    let least = 21_000 + data_gas(TRANSFER_BYTES - 1, GWEI);
    let send = |gas| world.chain.send_raw(&signed(&world.chain, target(), 1, Bytes::new(), gas));
    assert_eq!(send(least - 1), Err(ChainError::IntrinsicGas));
    assert_eq!(ChainError::IntrinsicGas.to_string(), "intrinsic gas too low");
    let sent = send(least).unwrap();
    assert_eq!(used(&world.chain, sent).0, least);
}

#[test]
fn the_limit_of_one_transaction_bounds_execution_alone() {
    let world = world(50 * GWEI);
    world.chain.set_code(target(), &ENDLESS);
    let sent = world.chain.send_raw(&signed(&world.chain, target(), 0, dense(5_000), 200_000_000)).unwrap();
    let (total, data) = used(&world.chain, sent);
    assert!(data > 40_000_000 && !world.chain.outcome(sent).unwrap().success);
    assert_eq!(total, 32_000_000 + data);
    // What it held back came home.
    let paid = U256::from(10_000) * U256::from(10).pow(U256::from(18)) - world.chain.balance(world.from);
    assert_eq!(paid, U256::from(total) * U256::from(BASE_FEE));
}

#[test]
fn blocks_bound_execution_too_and_not_data() {
    let config = DevnodeConfig { data_price: 50 * GWEI, mining: Mining::Manual, ..DevnodeConfig::default() };
    let chain = Chain::new(config);
    for signer in dev_accounts().iter().take(3) {
        chain.send_raw(&signed_by(signer, &chain, target(), 0, dense(5_000), 60_000_000)).unwrap();
    }
    let block = chain.mine();
    assert_eq!(block.transactions.len(), 3);
    assert!(block.transactions.iter().all(|record| record.breakdown.data > 40_000_000));
}

#[test]
fn a_refund_is_a_fifth_of_execution_however_dear_data_are() {
    let refund = |price| {
        let world = world(price);
        // Clears slots 0 to 9: PUSH0, PUSH1 slot, SSTORE.
        let code: Vec<u8> = (0..10).flat_map(|slot| [0x5f, 0x60, slot, 0x55]).collect();
        world.chain.set_code(target(), &code);
        (0..10).for_each(|slot| world.chain.set_storage(target(), U256::from(slot), U256::from(1)));
        let sent = world.chain.send_raw(&signed(&world.chain, target(), 0, Bytes::new(), 9_000_000)).unwrap();
        let breakdown = world.chain.gas_breakdown(sent).unwrap();
        (breakdown.refund, breakdown.total - breakdown.data)
    };
    assert_eq!(refund(0), refund(50 * GWEI));
    let (back, execution) = refund(0);
    assert_eq!(back, (execution + back) / 5);
}

#[test]
fn messages_without_signature_are_padded_as_nitro_pads_them() {
    let world = world(GWEI);
    // 122 bytes: no chain id, a nonce of 8 bytes, fees and gas of 4, 32,020,000 or so, and a signature whose v takes 3.
    let units = (16 * (122 + 4) + 256) * 101 / 100;
    let outcome = world.send(target(), Bytes::new());
    let data = GWEI * units / BASE_FEE;
    assert_eq!(used(&world.chain, outcome.tx_hash), (21_000 + data, data));
}

#[test]
fn estimates_and_the_node_interface_and_prices_agree() {
    let world = world(50 * GWEI);
    let data = dense(438);
    let estimate = world.chain.estimate(&asked(&world, target(), data.clone())).unwrap();
    // To the message's 122 bytes come the data, and two bytes for their length and one for the list's.
    let units = (16 * (122 + 438 + 3 + 4) + 256) * 101 / 100;
    let for_data = 50 * GWEI * units * 110 / 100 / BASE_FEE;
    let call = gasEstimateComponentsCall { to: target(), contractCreation: false, data: data.clone() };
    let parts = ask(&world, NODE_INTERFACE, call);
    assert_eq!((parts.gasEstimate, parts.gasEstimateForL1), (estimate, for_data));
    let call = gasEstimateL1ComponentCall { to: target(), contractCreation: false, data: data.clone() };
    let part = ask(&world, NODE_INTERFACE, call);
    assert_eq!((part.gasEstimateForL1, part.baseFee), (for_data, U256::from(BASE_FEE)));
    let price = U256::from(50 * GWEI);
    assert_eq!((parts.l1BaseFeeEstimate, part.l1BaseFeeEstimate), (price, price));
    assert_eq!(ask(&world, ARB_GAS_INFO, getL1BaseFeeEstimateCall {}), price);
    assert_eq!(ask(&world, ARB_GAS_INFO, getL1GasPriceEstimateCall {}), price);
    let byte = price * U256::from(16);
    let prices = ask(&world, ARB_GAS_INFO, getPricesInWeiCall {});
    assert_eq!((prices._0, prices._1, prices._5), (byte * U256::from(140), byte, U256::from(BASE_FEE)));
    let prices = ask(&world, ARB_GAS_INFO, getPricesInArbGasCall {});
    assert_eq!((prices._0, prices._1), (U256::from(140 * 8_000), U256::from(8_000)));
    // What is estimated suffices for the transaction itself, which is smaller than reckoned.
    let sent = world.chain.send_raw(&signed(&world.chain, target(), 0, data, estimate)).unwrap();
    let (total, data) = used(&world.chain, sent);
    assert!(total <= estimate && data == data_gas(SETTLE_BYTES, 50 * GWEI) && data < for_data);
}

#[test]
fn a_contract_reads_what_its_transaction_paid_for_data() {
    let world = world(GWEI);
    // SSTORE(0, ArbGasInfo.getCurrentTxL1GasFees())
    let code = [&[0x63][..], &getCurrentTxL1GasFeesCall::SELECTOR, &hex!("5f5260205f6004601c606c5afa505f515f55")];
    world.chain.set_code(target(), &code.concat());
    let sent = world.chain.send_raw(&signed(&world.chain, target(), 0, Bytes::new(), 900_000)).unwrap();
    let (_, data) = used(&world.chain, sent);
    assert!(data > 0);
    assert_eq!(world.chain.storage(target(), U256::ZERO), U256::from(data) * U256::from(BASE_FEE));
}

#[test]
fn the_price_changes_on_a_running_chain_and_goes_back_with_it() {
    let world = world(0);
    let price = |world: &World| ask(world, ARB_GAS_INFO, getL1BaseFeeEstimateCall {}).to::<u64>();
    let snapshot = world.chain.snapshot();
    world.chain.set_data_price(7);
    assert_eq!(price(&world), 7);
    let saved = world.chain.save().unwrap();
    assert!(world.chain.revert(snapshot));
    assert_eq!(price(&world), 0);
    world.chain.load(&saved).unwrap();
    assert_eq!(price(&world), 7);
}

#[test]
fn calls_and_estimates_end_at_their_cap() {
    let at_most = |call_gas_limit, price| {
        World::with(DevnodeConfig { call_gas_limit, data_price: price, ..DevnodeConfig::default() })
    };
    let world = at_most(50_000_000, 0);
    world.chain.set_code(target(), &ENDLESS);
    let refused = world.chain.estimate(&asked(&world, target(), Bytes::new())).unwrap_err();
    assert_eq!(refused, CallError::Refused(ChainError::Allowance(50_000_000)));
    assert_eq!(refused.to_string(), "gas required exceeds allowance (50000000)");
    let with = |world: &World, gas, data: &Bytes| {
        let mut request = asked(world, target(), data.clone());
        request.tx.gas = Some(gas);
        request
    };
    assert_eq!(world.chain.estimate(&with(&world, 90_000, &Bytes::new())), Err(ChainError::Allowance(90_000).into()));
    // 8,000 gas a byte: 56,000,000 for data. Whoever names gas has it in the limit, whoever does not has it on top.
    let (large, world) = (dense(7_000), at_most(50_000_000, 50 * GWEI));
    let refused = world.chain.estimate(&with(&world, 90_000_000, &large)).unwrap_err();
    assert_eq!(refused.to_string(), "gas required exceeds allowance (50000000)");
    let refused = world.chain.simulate(&with(&world, 90_000_000, &large)).unwrap_err();
    assert_eq!(refused.to_string(), "err: intrinsic gas too low (supplied gas 50000000)");
    for world in [world, at_most(0, 50 * GWEI), at_most(100_000_000, 50 * GWEI)] {
        assert!(world.chain.estimate(&asked(&world, target(), large.clone())).unwrap() > 56_000_000);
        assert!(world.chain.simulate(&asked(&world, target(), large.clone())).is_ok());
    }
    for call_gas_limit in [0, 100_000_000] {
        let world = at_most(call_gas_limit, 50 * GWEI);
        assert!(world.chain.estimate(&with(&world, 90_000_000, &large)).unwrap() > 56_000_000);
        assert!(world.chain.simulate(&with(&world, 90_000_000, &large)).is_ok());
    }
}
