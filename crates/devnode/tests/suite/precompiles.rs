//! Arbitrum's precompiled contracts, as tools call them.

use crate::harness::{ARB_WASM, ARB_WASM_CACHE, World, entry, to};
use alloy::primitives::{Address, B256, Bytes, U256, address, aliases::U192, keccak256};
use alloy::sol_types::{SolCall, SolError};
use plumbline_devnode::activation::check;
use plumbline_devnode::{Revert, compress};

alloy::sol! {
    function codehashKeepalive(bytes32 codehash) external payable;
    function codehashVersion(bytes32 codehash) external view returns (uint16);
    function codehashAsmSize(bytes32 codehash) external view returns (uint32);
    function programVersion(address program) external view returns (uint16);
    function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
    function programMemoryFootprint(address program) external view returns (uint16);
    function programTimeLeft(address program) external view returns (uint64);
    function placeBid(address program) external payable;
    function getMinBid(uint64 size) external view returns (uint192);
    function codehashIsCached(bytes32 codehash) external view returns (bool);
    function evictCodehash(bytes32 codehash) external;
    function allCacheManagers() external view returns (address[] memory);
    function arbBlockNumber() external view returns (uint256);
    function arbBlockHash(uint256 number) external view returns (bytes32);
    function arbChainID() external view returns (uint256);
    function arbOSVersion() external view returns (uint256);
    function getMaxTxGasLimit() external view returns (uint256);
    function getMinimumGasPrice() external view returns (uint256);
    function getL1BaseFeeEstimate() external view returns (uint256);
    function isChainOwner(address account) external view returns (bool);
    function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address);
    error ProgramNotActivated();
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
    error AlreadyCached(bytes32 codehash);
    error BidTooSmall(uint192 bid, uint192 min);
    error ContractInitializationError(address newContract, bytes data);
    event ContractDeployed(address deployedContract);
}

const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
const STYLUS_DEPLOYER: Address = address!("ceCbA2F1DC234f70Dd89F2041029807F8D03A990");
const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");

const DAY: u64 = 86_400;
const ECHO: &str = "(call $write_result (i32.const 0) (local.get $len)) (i32.const 0)";

fn ask<C: SolCall>(world: &World, at: Address, call: C) -> Result<C::Return, Revert> {
    let output = world.chain.call(world.from, at, call.abi_encode())?;
    Ok(C::abi_decode_returns(&output).unwrap())
}

fn refused<C: SolCall>(world: &World, at: Address, call: C) -> Bytes {
    world.chain.call(world.from, at, call.abi_encode()).unwrap_err().data
}

#[test]
fn views_of_a_program_agree_with_its_activation_figures() {
    let world = World::new();
    let wasm = wat::parse_str(entry(ECHO)).unwrap();
    let stats = check(&wasm).unwrap();
    let program = world.program(&entry(ECHO));
    let codehash = keccak256(compress(&wasm));
    assert_eq!(ask(&world, ARB_WASM, programVersionCall { program }).unwrap(), 3);
    assert_eq!(ask(&world, ARB_WASM, codehashVersionCall { codehash }).unwrap(), 3);
    assert_eq!(ask(&world, ARB_WASM, programMemoryFootprintCall { program }).unwrap(), 1);
    let gas = ask(&world, ARB_WASM, programInitGasCall { program }).unwrap();
    assert_eq!((gas.gas, gas.gasWhenCached), (stats.entry_gas_uncached, stats.entry_gas_cached));
    let asm = ask(&world, ARB_WASM, codehashAsmSizeCall { codehash }).unwrap();
    assert_eq!(u64::from(asm), stats.asm_estimate.div_ceil(1024) * 1024);
    let left = ask(&world, ARB_WASM, programTimeLeftCall { program }).unwrap();
    assert!(left <= 365 * DAY && left > 365 * DAY - 3_700, "{left}");
    let nobody = Address::repeat_byte(5);
    assert_eq!(refused(&world, ARB_WASM, programVersionCall { program: nobody }), ProgramNotActivated {}.abi_encode());
}

#[test]
fn a_program_is_kept_alive_after_31_days_and_lapses_after_365() {
    let world = World::new();
    let program = world.program(&entry(ECHO));
    let codehash = keccak256(world.chain.code(program));
    let renew = || {
        let call = codehashKeepaliveCall { codehash }.abi_encode();
        world.try_send(ARB_WASM, call, U256::from(10).pow(U256::from(17)), None)
    };
    let early = renew();
    assert_eq!(early.output[..4], ProgramKeepaliveTooSoon::SELECTOR);
    world.chain.increase_time(32 * DAY);
    let before = world.chain.balance(world.from);
    let renewed = renew().ok().unwrap();
    assert_eq!(renewed.logs[0].topics()[1], codehash);
    // The data fee, and no more of the value.
    let fee = U256::from_be_slice(&renewed.logs[0].data.data);
    assert_eq!(before - world.chain.balance(world.from), fee);
    assert!(fee > U256::ZERO);
    world.chain.increase_time(364 * DAY);
    world.send(program, b"x".to_vec()).ok().unwrap();
    world.chain.increase_time(2 * DAY);
    let lapsed = world.send(program, b"x".to_vec());
    assert_eq!((lapsed.gas_used, lapsed.output.len()), (32_000_000, 0));
    assert!(lapsed.reason.unwrap().starts_with("error ProgramExpired("));
    assert_eq!(refused(&world, ARB_WASM, programTimeLeftCall { program })[..4], ProgramExpired::SELECTOR);
    assert_eq!(renew().output[..4], ProgramExpired::SELECTOR);
}

#[test]
fn a_bid_caches_a_program_until_it_is_evicted() {
    let world = World::new();
    let program = world.program(&entry(ECHO));
    let codehash = keccak256(world.chain.code(program));
    assert!(!ask(&world, ARB_WASM_CACHE, codehashIsCachedCall { codehash }).unwrap());
    let manager = ask(&world, ARB_WASM_CACHE, allCacheManagersCall {}).unwrap()[0];
    assert_eq!(ask(&world, manager, getMinBidCall { size: 8_000 }).unwrap().to::<u64>(), 0);
    world.chain.set_place_price(5);
    assert_eq!(ask(&world, manager, getMinBidCall { size: 8_000 }).unwrap().to::<u64>(), 5);
    let small = BidTooSmall { bid: U192::ZERO, min: U192::from(5) };
    assert_eq!(refused(&world, manager, placeBidCall { program }), small.abi_encode());
    world.chain.set_place_price(0);
    world.send(manager, placeBidCall { program }.abi_encode()).ok().unwrap();
    assert!(ask(&world, ARB_WASM_CACHE, codehashIsCachedCall { codehash }).unwrap());
    assert_eq!(refused(&world, manager, placeBidCall { program }), AlreadyCached { codehash }.abi_encode());
    let gas = ask(&world, ARB_WASM, programInitGasCall { program }).unwrap();
    let entered = |hash| world.chain.gas_breakdown(hash).unwrap().program_entry;
    assert_eq!(entered(world.send(program, b"x".to_vec()).tx_hash), gas.gasWhenCached);
    world.send(ARB_WASM_CACHE, evictCodehashCall { codehash }.abi_encode()).ok().unwrap();
    assert_eq!(entered(world.send(program, b"x".to_vec()).tx_hash), gas.gas);
    let inactive = world.deploy(&wat::parse_str(entry("(i32.const 1)")).unwrap());
    assert_eq!(refused(&world, manager, placeBidCall { program: inactive }), ProgramNotActivated {}.abi_encode());
}

#[test]
fn the_chain_tells_about_itself() {
    let world = World::new();
    world.chain.mine();
    assert_eq!(ask(&world, ARB_SYS, arbChainIDCall {}).unwrap(), U256::from(412_346));
    assert_eq!(ask(&world, ARB_SYS, arbOSVersionCall {}).unwrap(), U256::from(116));
    assert_eq!(ask(&world, ARB_SYS, arbBlockNumberCall {}).unwrap(), U256::from(2));
    let hash = world.chain.block(1).unwrap().hash;
    assert_eq!(ask(&world, ARB_SYS, arbBlockHashCall { number: U256::from(1) }).unwrap(), hash);
    assert!(ask(&world, ARB_SYS, arbBlockHashCall { number: U256::MAX }).is_err());
    assert_eq!(ask(&world, ARB_GAS_INFO, getMinimumGasPriceCall {}).unwrap(), U256::from(100_000_000));
    assert_eq!(ask(&world, ARB_GAS_INFO, getMaxTxGasLimitCall {}).unwrap(), U256::from(32_000_000));
    assert_eq!(ask(&world, ARB_GAS_INFO, getL1BaseFeeEstimateCall {}).unwrap(), U256::ZERO);
    assert!(!ask(&world, ARB_OWNER_PUBLIC, isChainOwnerCall { account: world.from }).unwrap());
    assert_eq!(
        refused(&world, ARB_SYS, deployCall::new((Bytes::new(), Bytes::new(), U256::ZERO, B256::ZERO))),
        Bytes::new()
    );
}

#[test]
fn the_deployer_creates_activates_and_initialises_a_program_at_once() {
    let world = World::new();
    // Reverts when its constructor is called without value; keeps its arguments as code cannot.
    let text = entry(
        "(call $msg_value (i32.const 500)) (call $store (i32.const 600) (i32.const 500)) (call $flush (i32.const 0)) (i32.eqz (i32.load8_u (i32.const 531)))",
    );
    let code = plumbline_devnode::init_code(&compress(&wat::parse_str(text).unwrap()));
    let deploy = |salt: B256, initial: u64| {
        let call = deployCall {
            bytecode: code.clone().into(),
            initData: vec![1, 2, 3, 4].into(),
            initValue: U256::from(initial),
            salt,
        };
        let before = world.chain.balance(world.from);
        let outcome = world.try_send(STYLUS_DEPLOYER, call.abi_encode(), U256::from(10).pow(U256::from(17)), None);
        (outcome, before)
    };
    let (made, before) = deploy(B256::ZERO, 7);
    let made = made.ok().unwrap();
    let program = Address::from_slice(&made.output[12..]);
    assert_eq!(made.logs.last().unwrap().topics()[0], keccak256("ContractDeployed(address)"));
    assert_eq!(world.chain.storage(program, U256::ZERO), U256::from(7));
    assert_eq!(world.chain.balance(program), U256::from(7));
    // What activation did not cost came back; a second time there is none to pay.
    let paid = before - world.chain.balance(world.from);
    assert!(paid > U256::from(7) && paid < U256::from(10).pow(U256::from(16)) * U256::from(5), "{paid}");
    let (again, before) = deploy(B256::with_last_byte(1), 9);
    let salted = Address::from_slice(&again.ok().unwrap().output[12..]);
    assert_eq!(
        (before - world.chain.balance(world.from), world.chain.balance(STYLUS_DEPLOYER)),
        (U256::from(9), U256::ZERO)
    );
    let salt = keccak256([B256::with_last_byte(1).as_slice(), &[1, 2, 3, 4]].concat());
    assert_eq!(salted, STYLUS_DEPLOYER.create2_from_code(salt, &code));
    let (failed, _) = deploy(B256::with_last_byte(2), 0);
    assert_eq!(failed.output[..4], ContractInitializationError::SELECTOR);
}

#[test]
fn nobody_acts_as_a_precompile() {
    let world = World::new();
    // Delegates to the address in its arguments, and returns the status.
    let text = entry(
        "(i32.store8 (i32.const 1000) (call $delegate_call (i32.const 0) (i32.const 20) (i32.sub (local.get $len) (i32.const 20)) (i64.const 100000) (i32.const 1100))) (call $write_result (i32.const 1000) (i32.const 1)) (i32.const 0)",
    );
    let program = world.program(&text);
    let ask = |call: Vec<u8>| world.send(program, to(ARB_SYS, &call)).ok().unwrap();
    let refused = ask(arbChainIDCall {}.abi_encode());
    assert_eq!(refused.output[..], [2]);
    assert!(refused.gas_used > 100_000, "{}", refused.gas_used);
}

#[test]
fn the_create2_factory_is_where_it_always_is() {
    let world = World::new();
    let init = plumbline_devnode::init_code(&[0x00]);
    let salt = B256::repeat_byte(6);
    world.send(CREATE2_FACTORY, [salt.as_slice(), &init].concat()).ok().unwrap();
    assert_eq!(world.chain.code(CREATE2_FACTORY.create2_from_code(salt, &init)).as_ref(), [0]);
}
