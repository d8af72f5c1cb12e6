//! Arbitrum's own contracts, as far as we ask them, and the cache manager that one of them names.
use alloy::primitives::{Address, address};
use alloy::sol;

/// What a contract may know of the chain.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// Who owns the chain, and what they set.
pub const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// What gas costs.
pub const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
/// Programs: activation, expiry, parameters.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// Which programs are cached.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
/// Nitro's virtual contract that knows the parent chain's prices.
pub const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

sol! {
    interface ArbSys {
        /// 55 more than the version of ArbOS.
        function arbOSVersion() external view returns (uint256);
    }
    interface ArbOwnerPublic {
        /// Since ArbOS 60.
        function getMaxStylusContractFragments() external view returns (uint8);
    }
    interface ArbGasInfo {
        /// Most gas of one transaction, the parent chain's data left out. Since ArbOS 50.
        function getMaxTxGasLimit() external view returns (uint256);
        /// The same before.
        function getGasAccountingParams() external view returns (uint256 speedLimit, uint256 poolSize, uint256 maxTxGasLimit);
    }
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function stylusVersion() external view returns (uint16 version);
        function programVersion(address program) external view returns (uint16 version);
        function programTimeLeft(address program) external view returns (uint64 secondsLeft);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function keepaliveDays() external view returns (uint16 number);
        /// Burned at the start of each activation. Since ArbOS 60.
        function activationGas() external view returns (uint64 gas);
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
        error ProgramNotActivated();
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    }
    interface ArbWasmCache {
        function allCacheManagers() external view returns (address[] managers);
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
    interface CacheManager {
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 min);
        error AlreadyCached(bytes32 codehash);
        error AsmTooLarge(uint256 asm, uint256 queueSize, uint256 cacheSize);
        error BidTooSmall(uint192 bid, uint192 min);
        error BidsArePaused();
    }
    interface NodeInterface {
        function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    }
}
