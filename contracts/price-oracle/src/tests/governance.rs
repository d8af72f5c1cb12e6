use super::*;
use abi::oracle::PriceOracle::*;
use abi::packed::reporter_set_hash;
use alloy_primitives::U256;

#[test]
fn the_oracle_is_constructed_once() {
    let machine = constructed();
    assert_eq!(construct(&machine, STRANGER), Err(AlreadyInitialized {}.into()));
    assert_eq!(machine.act(STRANGER, ORACLE, &ownerCall {}), Ok(OWNER));
    let owned = OwnershipTransferred { previousOwner: Address::ZERO, newOwner: OWNER };
    assert_eq!(emitted::<OwnershipTransferred>(&machine), [encoded(&owned)]);
}

#[test]
fn an_owner_is_somebody() {
    let machine = Memory::default();
    machine.deploy(ORACLE, route);
    assert_eq!(construct(&machine, Address::ZERO), Err(Malformed { offset: U256::ZERO }.into()));
    assert_eq!(machine.act(STRANGER, ORACLE, &ownerCall {}), Ok(Address::ZERO));
}

#[test]
fn the_owner_alone_sets_reporters() {
    let World { machine, set, .. } = World::new();
    let hash = reporter_set_hash(&set).unwrap();
    assert_eq!(machine.act(STRANGER, ORACLE, &reporterSetHashCall {}), Ok(hash));
    let tighter = ReporterSet { bandPpm: 1, ..set };
    let refused = machine.act(STRANGER, ORACLE, &setReportersCall { set: tighter.clone() });
    assert!(refused.is_err_and(|error| error == NotOwner { caller: STRANGER }.into()));
    assert_eq!(machine.act(STRANGER, ORACLE, &reporterSetHashCall {}), Ok(hash), "nothing changed");
    assert!(machine.act(OWNER, ORACLE, &setReportersCall { set: tighter.clone() }).is_ok());
    assert_eq!(machine.act(STRANGER, ORACLE, &reporterSetHashCall {}), Ok(reporter_set_hash(&tighter).unwrap()));
    assert_eq!(machine.events::<ReportersSet>(ORACLE).len(), 2);
}

#[test]
fn a_successor_accepts() {
    let machine = constructed();
    let refused = Err(NotOwner { caller: STRANGER }.into());
    assert_eq!(machine.act(STRANGER, ORACLE, &acceptOwnershipCall {}).map(drop), refused, "nobody was named");
    assert!(machine.act(OWNER, ORACLE, &transferOwnershipCall { newOwner: STRANGER }).is_ok());
    assert_eq!(machine.act(STRANGER, ORACLE, &ownerCall {}), Ok(OWNER), "until the successor accepts");
    assert!(machine.act(STRANGER, ORACLE, &acceptOwnershipCall {}).is_ok());
    assert_eq!(machine.act(STRANGER, ORACLE, &ownerCall {}), Ok(STRANGER));
    assert!(machine.act(OWNER, ORACLE, &transferOwnershipCall { newOwner: OWNER }).is_err());
}
