//! Gas figures measured on a chain with Nitro's own metering.

use alloy::primitives::{Address, Bytes, U256, address};
use alloy::sol;
use alloy::sol_types::SolCall;
use plumbline_devnode::{ArbosVersion, Chain, DevnodeConfig, Outcome, TxRequest, compress, dev_accounts, init_code};

sol! {
    function number() external view returns (uint256);
    function setNumber(uint256 value) external;
    function increment() external;
    function activateProgram(address program) external payable returns (uint16, uint256);
}

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

struct Counter {
    chain: Chain,
    from: Address,
    address: Address,
    deploy: u64,
    activate: u64,
}

impl Counter {
    fn deploy(wasm: &[u8]) -> Self {
        // The figures are from before ArbOS 60, which reads one slot more at an activation.
        let chain = Chain::new(DevnodeConfig { arbos: ArbosVersion::V51, ..DevnodeConfig::default() });
        let from = dev_accounts()[0].address();
        let data = init_code(&compress(wasm)).into();
        let deployed = chain.transact(TxRequest { from, data, ..TxRequest::default() }).unwrap().ok().unwrap();
        let address = deployed.contract.unwrap();
        let data = activateProgramCall { program: address }.abi_encode().into();
        let value = U256::from(10).pow(U256::from(17));
        let request = TxRequest { from, to: Some(ARB_WASM), value, data, gas: None };
        let activated = chain.transact(request).unwrap().ok().unwrap();
        Self { chain, from, address, deploy: deployed.gas_used, activate: activated.gas_used }
    }

    fn send(&self, call: impl SolCall) -> Outcome {
        let data: Bytes = call.abi_encode().into();
        let outcome = self
            .chain
            .transact(TxRequest { from: self.from, to: Some(self.address), data, ..TxRequest::default() })
            .unwrap();
        println!("{} {:?}", outcome.gas_used, self.chain.gas_breakdown(outcome.tx_hash).unwrap());
        outcome.ok().unwrap()
    }

    fn set(&self, value: u64) -> u64 {
        self.send(setNumberCall { value: U256::from(value) }).gas_used
    }

    fn increment(&self) -> u64 {
        self.send(incrementCall {}).gas_used
    }

    fn read(&self) -> (u64, U256) {
        let outcome = self.send(numberCall {});
        (outcome.gas_used, U256::from_be_slice(&outcome.output))
    }
}

#[test]
fn counter_1page_costs_what_the_vectors_say() {
    let counter = Counter::deploy(include_bytes!("../data/counter-1page.wasm"));
    assert_eq!(counter.activate, 2_170_134);
    assert_eq!(counter.set(41), 55_687);
    assert_eq!(counter.increment(), 38_453);
    assert_eq!(counter.read(), (35_555, U256::from(42)));
    assert_eq!(counter.set(0), 33_775);
    assert_eq!(counter.deploy, 1_030_951);
}

#[test]
fn counter_17pages_costs_what_the_vectors_say() {
    let counter = Counter::deploy(include_bytes!("../data/counter-17pages.wasm"));
    assert_eq!(counter.activate, 3_163_630);
    assert_eq!(counter.set(41), 70_781);
    assert_eq!(counter.increment(), 53_547);
    assert_eq!(counter.read(), (50_649, U256::from(42)));
    assert_eq!(counter.set(0), 48_869);
    assert_eq!(counter.deploy, 1_027_236);
}

#[test]
fn counter_mvp_costs_what_the_vectors_say() {
    let counter = Counter::deploy(include_bytes!("../data/counter-mvp.wasm"));
    assert_eq!(counter.activate, 2_177_890);
    assert_eq!(counter.set(41), 55_801);
    assert_eq!(counter.increment(), 38_567);
    assert_eq!(counter.set(0), 33_889);
    assert_eq!(counter.deploy, 1_061_383);
}

#[test]
fn counter_rejected_is_refused_for_its_table_index() {
    let error = plumbline_devnode::activation::check(include_bytes!("../data/counter-rejected.wasm")).unwrap_err();
    assert!(error.to_string().contains("zero byte expected"), "{error}");
}
