//! `ArbWasmCache`: which programs are kept ready to run, and the bids that keep them so.
//!
//! On Arbitrum bids go to a cache manager contract that this precompile names. Here the precompile is its own
//! manager and evicts nobody. A place costs nothing, as where there is room, or what the chain is told, as where there is none.

use super::call::{Call, Reverted};
use super::{ARB_WASM_CACHE, arbos_slot};
use crate::vm::program::Program;
use alloy::primitives::{B256, Bytes, U256, aliases::U192, uint};
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
        error BidTooSmall(uint192 bid, uint192 min);
        function isPaused() external view returns (bool);
        function decay() external view returns (uint64);
        function cacheSize() external view returns (uint64);
        function queueSize() external view returns (uint64);
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

/// Slot of ArbOS's state that holds the wei of a place: `placePrice` in ASCII.
pub const PLACE_SLOT: U256 = uint!(0x706c6163655072696365_U256);

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
            pay(call)?;
            set(call, hash, true)?
        }
        Calls::evictCodehash(args) => set(call, args.codehash, false)?,
        Calls::codehashIsCached(args) => {
            ArbWasmCache::codehashIsCachedCall::abi_encode_returns(&is_cached(call, args.codehash)?)
        }
        Calls::getMinBid_0(_) => ArbWasmCache::getMinBid_0Call::abi_encode_returns(&price(call)),
        Calls::getMinBid_1(_) => ArbWasmCache::getMinBid_1Call::abi_encode_returns(&price(call)),
        Calls::isPaused(_) => ArbWasmCache::isPausedCall::abi_encode_returns(&false),
        Calls::decay(_) => ArbWasmCache::decayCall::abi_encode_returns(&0),
        Calls::cacheSize(_) => ArbWasmCache::cacheSizeCall::abi_encode_returns(&u64::from(u32::MAX)),
        Calls::queueSize(_) => ArbWasmCache::queueSizeCall::abi_encode_returns(&0),
    };
    Ok(output.into())
}

fn price(call: &mut Call) -> U192 {
    arbos_slot(call.ctx, PLACE_SLOT).saturating_to()
}

fn pay(call: &mut Call) -> Result<(), Reverted> {
    let (bid, min): (U192, _) = (call.inputs.value.get().saturating_to(), price(call));
    if bid < min {
        return Err(Reverted::Data(ArbWasmCache::BidTooSmall { bid, min }.abi_encode().into()));
    }
    Ok(())
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
