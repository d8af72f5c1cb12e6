//! `ArbWasmCache`: which programs are kept ready to run, and the bids that keep them so.
//!
//! On Arbitrum bids go to a cache manager contract that this precompile names. Here the precompile is its own
//! manager, has room for every program and takes any bid.

use super::ARB_WASM_CACHE;
use super::call::{Call, Reverted};
use crate::vm::program::Program;
use alloy::primitives::{B256, Bytes};
use alloy::sol;
use alloy::sol_types::{SolCall, SolError, SolInterface};

sol! {
    #[derive(Debug)]
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheCodehash(bytes32 codehash) external;
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 min);
        function getMinBid(uint64 size) external view returns (uint192 min);
        error AlreadyCached(bytes32 codehash);
        function isPaused() external view returns (bool);
        function decay() external view returns (uint64);
        function cacheSize() external view returns (uint64);
        function queueSize() external view returns (uint64);
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

pub fn run(call: &mut Call) -> Result<Bytes, Reverted> {
    use ArbWasmCache::ArbWasmCacheCalls as Calls;
    let output = match ArbWasmCache::ArbWasmCacheCalls::abi_decode(call.data)? {
        Calls::isCacheManager(args) => {
            ArbWasmCache::isCacheManagerCall::abi_encode_returns(&(args.manager == ARB_WASM_CACHE))
        }
        Calls::allCacheManagers(_) => ArbWasmCache::allCacheManagersCall::abi_encode_returns(&vec![ARB_WASM_CACHE]),
        Calls::cacheCodehash(args) => set(call, args.codehash, true)?,
        Calls::cacheProgram(args) => {
            let hash = call.code_hash(args.program)?;
            set(call, hash, true)?
        }
        Calls::placeBid(args) => {
            let hash = call.code_hash(args.program)?;
            if is_cached(call, hash)? {
                return Err(Reverted::Data(ArbWasmCache::AlreadyCached { codehash: hash }.abi_encode().into()));
            }
            set(call, hash, true)?
        }
        Calls::evictCodehash(args) => set(call, args.codehash, false)?,
        Calls::codehashIsCached(args) => {
            ArbWasmCache::codehashIsCachedCall::abi_encode_returns(&is_cached(call, args.codehash)?)
        }
        Calls::getMinBid_0(_) => ArbWasmCache::getMinBid_0Call::abi_encode_returns(&Default::default()),
        Calls::getMinBid_1(_) => ArbWasmCache::getMinBid_1Call::abi_encode_returns(&Default::default()),
        Calls::isPaused(_) => ArbWasmCache::isPausedCall::abi_encode_returns(&false),
        Calls::decay(_) => ArbWasmCache::decayCall::abi_encode_returns(&0),
        Calls::cacheSize(_) => ArbWasmCache::cacheSizeCall::abi_encode_returns(&u64::from(u32::MAX)),
        Calls::queueSize(_) => ArbWasmCache::queueSizeCall::abi_encode_returns(&0),
    };
    Ok(output.into())
}

fn is_cached(call: &mut Call, codehash: B256) -> Result<bool, Reverted> {
    Ok(Program::unpack(call.read(Program::slot(codehash))?).is_some_and(|program| program.cached))
}

fn set(call: &mut Call, codehash: B256, cached: bool) -> Result<Vec<u8>, Reverted> {
    call.refuse_static()?;
    let slot = Program::slot(codehash);
    let known = if cached { Some(call.active(codehash)?) } else { Program::unpack(call.read(slot)?) };
    if let Some(mut program) = known.filter(|program| program.cached != cached) {
        call.burn(program.init_cost.into())?;
        program.cached = cached;
        call.write(slot, program.pack())?;
        call.emit(&ArbWasmCache::UpdateProgramCache { manager: call.inputs.caller, codehash, cached })?;
    }
    Ok(Vec::new())
}
