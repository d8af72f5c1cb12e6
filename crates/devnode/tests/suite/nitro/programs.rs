//! Programs in one account: creation, activation on each version, data fees in order, entry gas.

use super::{activate, chain, code, create, entry_gas, figures, gas, hash, measured_entry};
use crate::harness::activateProgramCall;
use alloy::primitives::{U256, keccak256};
use alloy::sol_types::SolCall;
use plumbline_devnode::ArbosVersion;

/// In the order in which they were activated.
const PROGRAMS: [&str; 9] = [
    "forwarder-1",
    "forwarder-2",
    "price-oracle",
    "eligibility-registry",
    "risk-verifier",
    "portfolio-examiner",
    "margin-office",
    "dispute-office",
    "margin-escrow",
];

#[test]
fn the_contracts_are_those_that_were_measured() {
    for name in &PROGRAMS[2..] {
        assert_eq!(keccak256(code(name)), hash(&figures()["programs"][name]["codeHash"]), "{name}");
    }
}

#[test]
fn creation_activation_data_fee_and_entry_cost_what_they_do_on_nitro() {
    for (version, said) in [(ArbosVersion::V51, "51"), (ArbosVersion::V60, "60"), (ArbosVersion::V61, "60")] {
        let world = chain(version);
        for name in PROGRAMS {
            let measured = &figures()["programs"][name];
            let (created, program) = create(&world, &code(name), &[]);
            assert_eq!(created, measured["create"], "{name}");
            let activated = activate(&world, program).ok().unwrap();
            assert_eq!(gas(&activated, program), measured["activate"][said], "{name} on {version}");
            let fee = activateProgramCall::abi_decode_returns(&activated.output).unwrap()._1;
            assert_eq!(fee, U256::from(measured["dataFee"].as_u64().unwrap()), "{name} on {version}");
            assert_eq!(entry_gas(&world, program), measured_entry(measured), "{name}");
        }
    }
}

#[test]
fn opcodes_count_after_instrumentation() {
    let world = chain(ArbosVersion::V60);
    for name in ["straight-1000", "blocks-1000"] {
        let (_, program) = create(&world, &code(name), &[]);
        let activated = activate(&world, program).ok().unwrap();
        assert_eq!(gas(&activated, program), figures()["opcodes"][name], "{name}");
    }
    let (_, program) = create(&world, &code("blocks-3000"), &[]);
    let refused = activate(&world, program);
    assert_eq!((refused.success, refused.gas_used, refused.output.len()), (false, 32_000_000, 0));
    let reason = refused.reason.unwrap();
    assert!(
        reason.contains("too many opcodes, instrumentation included, in function") && reason.contains("84030"),
        "{reason}"
    );
}
