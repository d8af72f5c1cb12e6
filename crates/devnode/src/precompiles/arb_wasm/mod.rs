//! `ArbWasm`: activation of programs and what is known of them.

mod activate;
mod data_fee;
mod keepalive;

use super::call::{Call, Reverted};
use crate::arbos::ArbosVersion;
use crate::evm::RecentPrograms;
use crate::vm::pages::{FREE_PAGES, PAGE_GAS, PAGE_LIMIT};
use crate::vm::program::{EXPIRY_DAYS, KEEPALIVE_DAYS, Program};
use crate::vm::{depth, ink};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol;
use alloy::sol_types::{SolCall, SolInterface};

sol! {
    #[derive(Debug)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 secondsLeft);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 days_);
        function keepaliveDays() external view returns (uint16 days_);
        function activationGas() external view returns (uint64 gas);
        function blockCacheSize() external view returns (uint16 count);
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
    }
}

pub fn run(call: &mut Call) -> Result<Bytes, Reverted> {
    use ArbWasm::ArbWasmCalls as Calls;
    let output = match Calls::abi_decode(call.data)? {
        Calls::activateProgram(args) => activate::activate(call, args.program)?,
        Calls::codehashKeepalive(args) => keepalive::keepalive(call, args.codehash)?,
        Calls::activationGas(_) => {
            call.since(ArbosVersion::V60)?;
            call.read_setting()?;
            ArbWasm::activationGasCall::abi_encode_returns(&call.ctx.chain.arbos.activation_gas)
        }
        Calls::codehashVersion(args) => {
            ArbWasm::codehashVersionCall::abi_encode_returns(&by_hash(call, args.codehash)?.version)
        }
        Calls::codehashAsmSize(args) => {
            ArbWasm::codehashAsmSizeCall::abi_encode_returns(&(by_hash(call, args.codehash)?.asm_size()))
        }
        Calls::programVersion(args) => {
            ArbWasm::programVersionCall::abi_encode_returns(&by_address(call, args.program)?.version)
        }
        Calls::programInitGas(args) => {
            let program = by_address(call, args.program)?;
            let cached = program.cached_gas();
            ArbWasm::programInitGasCall::abi_encode_returns(&(program.init_gas() + cached, cached).into())
        }
        Calls::programMemoryFootprint(args) => {
            ArbWasm::programMemoryFootprintCall::abi_encode_returns(&by_address(call, args.program)?.footprint)
        }
        Calls::programTimeLeft(args) => {
            let program = by_address(call, args.program)?;
            ArbWasm::programTimeLeftCall::abi_encode_returns(&program.time_left(call.time()))
        }
        parameter => {
            call.params()?;
            constant(call, parameter)
        }
    };
    Ok(output.into())
}

/// A parameter of Stylus.
fn constant(call: &Call, parameter: ArbWasm::ArbWasmCalls) -> Vec<u8> {
    use ArbWasm::ArbWasmCalls as Calls;
    match parameter {
        Calls::stylusVersion(_) => {
            ArbWasm::stylusVersionCall::abi_encode_returns(&call.ctx.chain.arbos.version.stylus())
        }
        Calls::inkPrice(_) => ArbWasm::inkPriceCall::abi_encode_returns(&(ink::INK_PER_GAS as u32)),
        Calls::maxStackDepth(_) => ArbWasm::maxStackDepthCall::abi_encode_returns(&depth::STACK_WORDS),
        Calls::freePages(_) => ArbWasm::freePagesCall::abi_encode_returns(&FREE_PAGES),
        Calls::pageGas(_) => ArbWasm::pageGasCall::abi_encode_returns(&(PAGE_GAS as u16)),
        Calls::pageRamp(_) => ArbWasm::pageRampCall::abi_encode_returns(&620_674_314),
        Calls::pageLimit(_) => ArbWasm::pageLimitCall::abi_encode_returns(&PAGE_LIMIT),
        Calls::minInitGas(_) => ArbWasm::minInitGasCall::abi_encode_returns(&(69 * 128, 11 * 32).into()),
        Calls::initCostScalar(_) => ArbWasm::initCostScalarCall::abi_encode_returns(&100),
        Calls::expiryDays(_) => ArbWasm::expiryDaysCall::abi_encode_returns(&(EXPIRY_DAYS as u16)),
        Calls::keepaliveDays(_) => ArbWasm::keepaliveDaysCall::abi_encode_returns(&(KEEPALIVE_DAYS as u16)),
        Calls::blockCacheSize(_) => ArbWasm::blockCacheSizeCall::abi_encode_returns(&RecentPrograms::SIZE),
        // Answered before.
        _ => Vec::new(),
    }
}

fn by_hash(call: &mut Call, codehash: B256) -> Result<Program, Reverted> {
    call.params()?;
    call.active(codehash)
}

fn by_address(call: &mut Call, account: Address) -> Result<Program, Reverted> {
    let codehash = call.code_hash(account)?;
    by_hash(call, codehash)
}
