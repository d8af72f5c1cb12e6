//! The escrow, native, in one machine with the registry; the token alone is written for the test.
use crate::route;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{CustodyState, WHOLE};
use abi::registry::{AssetTerms, EligibilityRegistry as registry, class};
use abi::token::Token;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use contract_kit::host::{CallResult, Host};
use contract_kit::{Result, Revert, memory::Memory};

const ESCROW: Address = Address::repeat_byte(0x0e);
const REGISTRY: Address = Address::repeat_byte(0x0f);
const USDC: Address = Address::repeat_byte(0x0c);
const GOVERNOR: Address = Address::repeat_byte(1);
const DESK: Address = Address::repeat_byte(2);
const STRANGER: Address = Address::repeat_byte(3);
const MILLION: u64 = 1_000_000_000_000;

/// The desk holds a million of the one listed token.
fn world() -> Memory {
    let machine = Memory::default();
    machine.deploy(REGISTRY, eligibility_registry::route);
    machine.deploy(ESCROW, route);
    machine.deploy(USDC, token);
    construct(&machine, REGISTRY, (GOVERNOR, Address::repeat_byte(9)).abi_encode()).unwrap();
    construct(&machine, ESCROW, (REGISTRY, Address::repeat_byte(7), Address::repeat_byte(8)).abi_encode()).unwrap();
    let terms = AssetTerms {
        token: USDC,
        class: class::STABLECOIN,
        decimals: 6,
        feed: B256::with_last_byte(1),
        baseHaircut: 20_000,
        floor: 0,
        cap: 200_000,
        deviationSlope: 1,
        dispersionSlope: 1,
        confidenceSlope: 1,
        concentrationLimit: abi::PPM,
        priceCap: class::PAR,
    };
    machine.act(GOVERNOR, REGISTRY, &registry::listAssetCall { terms }).unwrap();
    machine.send(DESK, USDC, &MILLION.to_be_bytes()).unwrap();
    machine
}

fn construct(machine: &Memory, contract: Address, arguments: Vec<u8>) -> Result<Vec<u8>> {
    machine.send(GOVERNOR, contract, &[&stylus_constructorCall::SELECTOR[..], &arguments].concat())
}

/// A token that lets everybody take: balances by holder. Eight bytes are a gift to the caller.
fn token(host: Host, data: &[u8]) -> Result<Vec<u8>> {
    let balance = |holder: Address| U256::from_be_bytes(host.load(holder.into_word()).0);
    let put = |holder: Address, amount: U256| host.store(holder.into_word(), amount.into());
    let transfer = |from: Address, to: Address, amount: U256| {
        put(from, balance(from).checked_sub(amount).ok_or(Revert(Vec::new()))?);
        put(to, balance(to) + amount);
        Ok(true.abi_encode())
    };
    if let Ok(gift) = data.try_into() {
        put(host.sender(), U256::from(u64::from_be_bytes(gift)));
        return Ok(Vec::new());
    }
    if data == Token::decimalsCall::SELECTOR {
        return Ok(U256::from(6).abi_encode());
    }
    if let Ok(call) = Token::balanceOfCall::abi_decode(data) {
        return Ok(balance(call.holder).abi_encode());
    }
    if let Ok(call) = Token::transferCall::abi_decode(data) {
        return transfer(host.sender(), call.to, call.amount);
    }
    let call = Token::transferFromCall::abi_decode(data).map_err(|_| Revert(Vec::new()))?;
    transfer(call.from, call.to, call.amount)
}

fn held(machine: &Memory, holder: Address) -> U256 {
    machine.act(STRANGER, USDC, &Token::balanceOfCall { holder }).unwrap()
}

fn deposit(machine: &Memory, amount: u64) -> Result<()> {
    machine.act(DESK, ESCROW, &depositCall { token: USDC, amount: U256::from(amount) }).map(drop)
}

fn withdraw(machine: &Memory, holder: Address, amount: u64) -> Result<()> {
    machine.act(holder, ESCROW, &withdrawCall { token: USDC, amount: U256::from(amount) }).map(drop)
}

#[test]
fn the_escrow_is_constructed_once() {
    let machine = world();
    let again = construct(&machine, ESCROW, (REGISTRY, DESK, DESK).abi_encode());
    assert_eq!(again, Err(AlreadyInitialized {}.into()));
    assert_eq!(machine.act(STRANGER, ESCROW, &registryCall {}), Ok(REGISTRY));
}

#[test]
fn what_is_deposited_is_withdrawn() {
    let machine = world();
    assert_eq!(deposit(&machine, 700), Ok(()));
    assert_eq!((held(&machine, ESCROW), held(&machine, DESK)), (U256::from(700), U256::from(MILLION - 700)));
    let custody = machine.act(STRANGER, ESCROW, &custodyCall { token: USDC }).unwrap();
    assert_eq!(custody, CustodyState { totalLots: 700, ratio: WHOLE });
    let [told] = &machine.events::<Deposited>(ESCROW)[..] else { panic!("one deposit") };
    let deposited = Deposited { holder: DESK, token: USDC, amount: U256::from(700) };
    assert_eq!(told.encode_log_data(), deposited.encode_log_data());
    assert_eq!(withdraw(&machine, DESK, 700), Ok(()));
    assert_eq!((held(&machine, ESCROW), held(&machine, DESK)), (U256::ZERO, U256::from(MILLION)));
}

#[test]
fn nobody_withdraws_what_another_holds() {
    let machine = world();
    deposit(&machine, 700).unwrap();
    let short = |holder, asked, held| {
        let (asked, held) = (U256::from(asked), U256::from(held));
        Err(InventoryShort { holder, token: USDC, asked, held }.into())
    };
    assert_eq!(withdraw(&machine, STRANGER, 1), short(STRANGER, 1, 0));
    assert_eq!(withdraw(&machine, DESK, 701), short(DESK, 701, 700));
    assert_eq!(held(&machine, ESCROW), U256::from(700));
}

#[test]
fn a_deposit_that_the_wallet_cannot_pay_leaves_nothing() {
    let machine = world();
    assert_eq!(deposit(&machine, MILLION + 1), Err(TokenCallFailed { token: USDC }.into()));
    assert_eq!(machine.events::<Deposited>(ESCROW).len(), 0);
    let custody = machine.act(STRANGER, ESCROW, &custodyCall { token: USDC }).unwrap();
    assert_eq!(custody.totalLots, 0);
}

#[test]
fn an_asset_that_is_not_listed_is_refused() {
    let machine = world();
    let refused = machine.act(DESK, ESCROW, &depositCall { token: STRANGER, amount: U256::from(1) }).map(drop);
    assert_eq!(refused, Err(UnknownAsset { token: STRANGER }.into()));
}

#[test]
fn a_token_that_calls_back_finds_the_escrow_shut() {
    let machine = world();
    machine.deploy(USDC, |host, data| {
        let answer: CallResult = host.call(ESCROW, &withdrawCall { token: USDC, amount: U256::from(1) }.abi_encode());
        assert_eq!(answer, Err(Revert::from(Reentrant {}).0));
        token(host, data)
    });
    assert_eq!(deposit(&machine, 700), Ok(()));
}

#[test]
fn the_pauser_alone_pauses() {
    let machine = world();
    machine.act(GOVERNOR, REGISTRY, &registry::setPauserCall { pauser: DESK }).unwrap();
    let refused = machine.act(STRANGER, ESCROW, &pauseCall {}).map(drop);
    assert_eq!(refused, Err(NotPauser { caller: STRANGER }.into()));
    machine.act(DESK, ESCROW, &pauseCall {}).unwrap();
    assert_eq!(machine.act(STRANGER, ESCROW, &pausedCall {}), Ok(true));
    assert_eq!(machine.events::<Paused>(ESCROW).len(), 1);
}
