use super::*;
use alloy_primitives::{address, b256, hex};
use alloy_sol_types::sol;

sol! {
    #[derive(Debug, PartialEq)]
    event Counted(address indexed by, uint64 count);
    error Refused(uint64 count);
    function count() returns (uint64);
}

impl crate::words::Put for Counted {
    fn put(&self, out: &mut crate::words::Writer) {
        out.push_address(&self.by);
        out.push_u64(self.count);
    }
}

const DESK: Address = Address::repeat_byte(1);
const COUNTER: Address = Address::repeat_byte(2);
const OTHER: Address = Address::repeat_byte(3);

/// Counts its calls, and refuses the third after it has counted it.
fn counter(host: Host, _: &[u8]) -> Result<Vec<u8>> {
    let count = host.load(B256::ZERO).0[31] + 1;
    host.store(B256::ZERO, B256::with_last_byte(count));
    crate::event::emit(host, &Counted { by: host.sender(), count: count.into() });
    if count == 3 { Err(Refused { count: 3 }.into()) } else { Ok(B256::with_last_byte(count).to_vec()) }
}

fn machine() -> Memory {
    let machine = Memory::default();
    machine.deploy(COUNTER, counter);
    machine
}

#[test]
fn a_call_that_fails_leaves_nothing() {
    let machine = machine();
    assert_eq!(machine.act(DESK, COUNTER, &countCall {}), Ok(1));
    assert_eq!(machine.act(DESK, COUNTER, &countCall {}), Ok(2));
    assert_eq!(machine.act(DESK, COUNTER, &countCall {}), Err(Refused { count: 3 }.into()));
    assert_eq!(machine.word(COUNTER, B256::ZERO), B256::with_last_byte(2));
    assert_eq!(machine.events::<Counted>(COUNTER).len(), 2);
    assert_eq!(machine.events::<Counted>(OTHER), []);
}

#[test]
fn a_contract_may_ask_the_machine_without_being_given_it() {
    let machine = machine();
    machine.deploy(COUNTER, |_, data| counter(crate::host::ambient(), data));
    assert_eq!(machine.act(DESK, COUNTER, &countCall {}), Ok(1));
    assert_eq!(machine.events::<Counted>(COUNTER), [Counted { by: DESK, count: 1 }]);
}

#[test]
fn a_check_that_ends_the_call_leaves_nothing() {
    let machine = machine();
    machine.deploy(OTHER, |host, _| {
        let _ = host.call(COUNTER, &[]);
        revert(&[1, 2, 3])
    });
    assert_eq!(machine.send(DESK, OTHER, &[]), Err(Revert([1, 2, 3].to_vec())));
    assert_eq!(machine.word(COUNTER, B256::ZERO), B256::ZERO);
}

#[test]
fn the_caller_of_a_contract_is_the_contract_that_calls() {
    let machine = machine();
    machine.deploy(OTHER, |host, _| host.call(COUNTER, &[]).map_err(Revert));
    assert!(machine.send(DESK, OTHER, &[]).is_ok());
    assert_eq!(machine.events::<Counted>(COUNTER), [Counted { by: OTHER, count: 1 }]);
}

#[test]
fn a_failure_that_the_caller_takes_undoes_the_callee_alone() {
    let machine = machine();
    machine.deploy(OTHER, |host, _| {
        for _ in 0..3 {
            let _ = host.call(COUNTER, &[]);
        }
        host.store(B256::ZERO, B256::with_last_byte(9));
        Ok(Vec::new())
    });
    assert!(machine.send(DESK, OTHER, &[]).is_ok());
    assert_eq!(machine.word(COUNTER, B256::ZERO), B256::with_last_byte(2));
    assert_eq!(machine.word(OTHER, B256::ZERO), B256::with_last_byte(9));
}

#[test]
fn a_static_call_changes_nothing() {
    let machine = machine();
    machine.deploy(OTHER, |host, _| host.static_call(COUNTER, &[], u64::MAX).map_err(Revert));
    assert_eq!(machine.send(DESK, OTHER, &[]), Err(Revert(Vec::new())));
    assert_eq!(machine.word(COUNTER, B256::ZERO), B256::ZERO);
}

#[test]
fn a_contract_sees_that_it_is_entered_again() {
    let machine = machine();
    machine.deploy(OTHER, |host, data| match data {
        [] => host.call(OTHER, &[1]).map_err(Revert),
        _ => Ok([u8::from(host.reentered())].to_vec()),
    });
    assert_eq!(machine.send(DESK, OTHER, &[1]), Ok([0].to_vec()));
    assert_eq!(machine.send(DESK, OTHER, &[]), Ok([1].to_vec()));
}

#[test]
fn nobody_answers_nothing() {
    let machine = machine();
    assert_eq!(machine.send(DESK, OTHER, &[1]), Ok(Vec::new()));
    machine.deploy(OTHER, |host, _| Ok([DESK, COUNTER].map(|address| host.has_code(address).into()).to_vec()));
    assert_eq!(machine.send(DESK, OTHER, &[]), Ok([0, 1].to_vec()));
}

/// The example of the precompile in go-ethereum's tests, `ecRecover` with a valid key.
#[test]
fn signatures_are_recovered() {
    let machine = machine();
    machine.deploy(OTHER, |host, signature| {
        let digest = b256!("18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c");
        Ok(crate::signature::recover(host, digest, signature).to_vec())
    });
    let signature = hex!(
        "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75feeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c45491c"
    );
    let low = low_s(&signature);
    let signer = address!("a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
    assert_eq!(machine.send(DESK, OTHER, &low), Ok(signer.to_vec()));
    assert_eq!(machine.send(DESK, OTHER, &signature), Ok(Address::ZERO.to_vec()), "a high s is refused");
    assert_eq!(machine.send(DESK, OTHER, &[0; 65]), Ok(Address::ZERO.to_vec()));
}

/// The same signature with the other `s` and parity.
fn low_s(signature: &[u8; 65]) -> [u8; 65] {
    let order = U256::from_be_bytes(hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    let mut low = *signature;
    let s = order - U256::from_be_slice(&signature[32..64]);
    low[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    low[64] = 55 - signature[64];
    low
}
