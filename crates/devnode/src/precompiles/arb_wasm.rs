//! `ArbWasm`: activation of programs and what is known of them.

use super::call::{Call, Reverted};
use crate::activation::{self, ActivationError};
use crate::code;
use crate::evm::errors;
use crate::vm::pages::{FREE_PAGES, PAGE_GAS, PAGE_LIMIT};
use crate::vm::program::{EXPIRY_DAYS, KEEPALIVE_DAYS, Program, STYLUS_VERSION};
use crate::vm::{depth, ink};
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolError, SolInterface};

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

/// Fixed gas of an activation.
const ACTIVATION_GAS: u64 = 1_659_168;
/// Gas of the ArbOS state an activation reads and writes beyond what is charged slot by slot.
const ACTIVATION_STATE_GAS: u64 = 195_616;
/// Wei for each estimated byte of native code.
const WEI_PER_BYTE: u64 = 82_928_201;

pub fn run(call: &mut Call) -> Result<Bytes, Reverted> {
    use ArbWasm::ArbWasmCalls as Calls;
    let ok = |bytes: Vec<u8>| Ok(bytes.into());
    match ArbWasm::ArbWasmCalls::abi_decode(call.data)? {
        Calls::activateProgram(args) => activate(call, args.program),
        Calls::codehashKeepalive(args) => {
            call.refuse_static()?;
            let mut program = call.active(args.codehash)?;
            if !program.may_renew(call.time()) {
                let age = program.age(call.time());
                return Err(Reverted::Data(errors::ProgramKeepaliveTooSoon { ageInSeconds: age }.abi_encode().into()));
            }
            let fee = U256::from(program.asm_size() * WEI_PER_BYTE);
            call.keep_fee(fee)?;
            program.renew(call.time());
            call.write(Program::slot(args.codehash), program.pack())?;
            call.emit(&ArbWasm::ProgramLifetimeExtended { codehash: args.codehash, dataFee: fee })?;
            ok(Vec::new())
        }
        Calls::stylusVersion(_) => ok(ArbWasm::stylusVersionCall::abi_encode_returns(&STYLUS_VERSION)),
        Calls::codehashVersion(args) => {
            ok(ArbWasm::codehashVersionCall::abi_encode_returns(&call.active(args.codehash)?.version))
        }
        Calls::codehashAsmSize(args) => {
            ok(ArbWasm::codehashAsmSizeCall::abi_encode_returns(&(call.active(args.codehash)?.asm_size() as u32)))
        }
        Calls::programVersion(args) => {
            ok(ArbWasm::programVersionCall::abi_encode_returns(&program(call, args.program)?.version))
        }
        Calls::programInitGas(args) => {
            let program = program(call, args.program)?;
            let cached = program.cached_gas();
            ok(ArbWasm::programInitGasCall::abi_encode_returns(&(program.init_gas() + cached, cached).into()))
        }
        Calls::programMemoryFootprint(args) => {
            ok(ArbWasm::programMemoryFootprintCall::abi_encode_returns(&program(call, args.program)?.footprint))
        }
        Calls::programTimeLeft(args) => {
            let program = program(call, args.program)?;
            ok(ArbWasm::programTimeLeftCall::abi_encode_returns(&program.time_left(call.time())))
        }
        Calls::inkPrice(_) => ok(ArbWasm::inkPriceCall::abi_encode_returns(&(ink::INK_PER_GAS as u32))),
        Calls::maxStackDepth(_) => ok(ArbWasm::maxStackDepthCall::abi_encode_returns(&depth::STACK_WORDS)),
        Calls::freePages(_) => ok(ArbWasm::freePagesCall::abi_encode_returns(&FREE_PAGES)),
        Calls::pageGas(_) => ok(ArbWasm::pageGasCall::abi_encode_returns(&(PAGE_GAS as u16))),
        Calls::pageRamp(_) => ok(ArbWasm::pageRampCall::abi_encode_returns(&620_674_314)),
        Calls::pageLimit(_) => ok(ArbWasm::pageLimitCall::abi_encode_returns(&PAGE_LIMIT)),
        Calls::minInitGas(_) => ok(ArbWasm::minInitGasCall::abi_encode_returns(&(69 * 128, 11 * 32).into())),
        Calls::initCostScalar(_) => ok(ArbWasm::initCostScalarCall::abi_encode_returns(&100)),
        Calls::expiryDays(_) => ok(ArbWasm::expiryDaysCall::abi_encode_returns(&(EXPIRY_DAYS as u16))),
        Calls::keepaliveDays(_) => ok(ArbWasm::keepaliveDaysCall::abi_encode_returns(&(KEEPALIVE_DAYS as u16))),
        // What the chain's owner may add to discourage activations: nothing here.
        Calls::activationGas(_) => ok(ArbWasm::activationGasCall::abi_encode_returns(&0)),
        Calls::blockCacheSize(_) => ok(ArbWasm::blockCacheSizeCall::abi_encode_returns(&32)),
    }
}

fn program(call: &mut Call, account: Address) -> Result<Program, Reverted> {
    let hash = call.code_hash(account)?;
    call.active(hash)
}

fn activate(call: &mut Call, account: Address) -> Result<Bytes, Reverted> {
    call.refuse_static()?;
    call.burn(ACTIVATION_GAS)?;
    let code_hash = call.code_hash(account)?;
    let slot = Program::slot(code_hash);
    let known = call.read(slot)?;
    if Program::active(known, call.time()).is_ok() {
        return Err(Reverted::Data(errors::ProgramUpToDate {}.abi_encode().into()));
    }
    let code = call.code(account)?;
    let wasm = match code::decompress(&code) {
        Ok(wasm) => wasm,
        Err(code::CodeError::NotStylus) => return Err(Reverted::Data(errors::ProgramNotWasm {}.abi_encode().into())),
        Err(error) => return Err(refused(call, error.to_string())),
    };
    let stats = match activation::check(&wasm) {
        Ok(stats) => stats,
        Err(error) => return Err(refused(call, reason(&error))),
    };
    call.burn(stats.activation_gas)?;
    call.burn(ACTIVATION_STATE_GAS)?;
    let mut program = Program::activated(&stats, call.time());
    program.cached = Program::unpack(known).is_some_and(|earlier| earlier.cached);
    let data_fee = U256::from(stats.asm_estimate * WEI_PER_BYTE);
    call.keep_fee(data_fee)?;
    call.write(slot, program.pack())?;
    let event = ArbWasm::ProgramActivated {
        codehash: code_hash,
        moduleHash: keccak256(&wasm),
        program: account,
        dataFee: data_fee,
        version: program.version,
    };
    call.emit(&event)?;
    Ok(ArbWasm::activateProgramCall::abi_encode_returns(&(program.version, data_fee).into()).into())
}

fn reason(error: &ActivationError) -> String {
    format!("program activation failed: {error}")
}

fn refused(call: &mut Call, reason: String) -> Reverted {
    tracing::warn!(reason, "activation refused");
    call.ctx.chain.failure = Some(reason.clone());
    Reverted::AllGas(errors::text(reason))
}
