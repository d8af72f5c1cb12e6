//! The chain as tests drive it: synchronous, every caller impersonated, the clock still until it is moved.
use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolCall;
use chain::deploy::{ARB_WASM, ARB_WASM_CACHE, ArbWasm, ArbWasmCache, CacheManager, stylus_constructorCall};
use chain::fragments;
use devnode::{Chain, DevnodeConfig, Outcome, TxRequest};
use std::cell::Cell;

/// A chain and the time on it.
pub struct Node {
    chain: Chain,
    now: Cell<u64>,
}

/// A point to go back to, once.
pub struct Point {
    id: u64,
    now: u64,
}

impl Node {
    /// A chain of this time, in seconds.
    pub fn start(now: u64) -> Self {
        let chain = Chain::new(DevnodeConfig { timestamp: Some(now), ..DevnodeConfig::default() });
        let node = Self { chain, now: Cell::new(now) };
        node.warp_to(now);
        node
    }

    /// Seconds, of the next block and of calls.
    pub fn timestamp(&self) -> u64 {
        self.now.get()
    }

    /// Of the domains that are signed.
    pub fn chain_id(&self) -> u64 {
        self.chain.chain_id()
    }

    /// From now on, blocks and calls have this time.
    pub fn warp_to(&self, now: u64) {
        self.now.set(now);
        self.chain.set_next_timestamp(now).expect("time only passes");
    }

    /// Remembers chain and time.
    pub fn keep(&self) -> Point {
        Point { id: self.chain.snapshot(), now: self.now.get() }
    }

    /// Goes back; a point serves once.
    pub fn return_to(&self, point: Point) {
        assert!(self.chain.revert(point.id), "the snapshot is gone");
        self.warp_to(point.now);
    }

    /// Sends as `from`, whoever that is, and mines.
    pub fn transact(&self, from: Address, to: Address, data: Vec<u8>) -> Outcome {
        self.mine(TxRequest { from, to: Some(to), data: data.into(), ..TxRequest::default() })
    }

    /// The same with a limit on its gas.
    pub fn transact_within(&self, from: Address, to: Address, data: Vec<u8>, gas: u64) -> Outcome {
        self.mine(TxRequest { from, to: Some(to), data: data.into(), gas: Some(gas), ..TxRequest::default() })
    }

    /// Calls as nobody in particular.
    ///
    /// # Errors
    /// The revert data.
    pub fn call(&self, to: Address, data: Vec<u8>) -> Result<Bytes, Bytes> {
        self.chain.call(Address::ZERO, to, data).map_err(|revert| revert.data)
    }

    /// Sends value with a call; whether it was taken.
    pub fn send_value(&self, from: Address, to: Address, data: Vec<u8>, value: U256) -> bool {
        self.mine(TxRequest { from, to: Some(to), value, data: data.into(), gas: None }).success
    }

    /// Wei.
    pub fn balance(&self, account: Address) -> U256 {
        self.chain.balance(account)
    }

    /// Every log of these contracts, from the first block.
    pub fn logs(&self, addresses: Vec<Address>) -> Vec<alloy::rpc::types::Log> {
        self.chain.logs(&Filter::new().from_block(0).address(addresses))
    }

    /// Calldata of a transaction in a block.
    pub fn calldata(&self, block: u64, tx: B256) -> Option<Bytes> {
        let block = self.chain.block(block)?;
        block.transactions.iter().find(|record| record.hash() == tx).map(|record| record.tx.input().clone())
    }

    /// Creates a contract from init code.
    pub fn deploy(&self, from: Address, init: Vec<u8>) -> Address {
        let created = self.mine(TxRequest { from, to: None, data: init.into(), ..TxRequest::default() });
        assert!(created.success, "deployment failed: {:?}", created.reason);
        created.contract.expect("a creation has an address")
    }

    /// Creates, activates and constructs a program, in fragments where one account does not take it; one without arguments has no
    /// constructor.
    pub fn deploy_program(&self, from: Address, code: &[u8], arguments: Vec<u8>) -> Address {
        let deploy = |code: &[u8]| self.deploy(from, chain::deploy::init_code(code));
        let fragments: Vec<_> = fragments::split(code).iter().map(|part| deploy(part)).collect();
        let program = deploy(&fragments::entry(code, &fragments).expect("a program"));
        let data = ArbWasm::activateProgramCall { program }.abi_encode().into();
        let fee = U256::from(10u64.pow(17));
        self.expect(TxRequest { from, to: Some(ARB_WASM), value: fee, data, gas: None });
        if !arguments.is_empty() {
            let data = [&stylus_constructorCall::SELECTOR[..], &arguments].concat().into();
            self.expect(TxRequest { from, to: Some(program), data, ..TxRequest::default() });
        }
        program
    }

    /// A second instance of a program, active as the first is and not constructed.
    pub fn second(&self, from: Address, program: Address) -> Address {
        self.deploy(from, chain::deploy::init_code(&self.chain.code(program)))
    }

    /// Wins a place in the program cache.
    pub fn cache_program(&self, from: Address, program: Address) {
        let answer = self.call(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {}.abi_encode());
        let managers =
            ArbWasmCache::allCacheManagersCall::abi_decode_returns(&answer.expect("a list")).expect("a list");
        let data = CacheManager::placeBidCall { program }.abi_encode().into();
        self.expect(TxRequest { from, to: managers.last().copied(), data, ..TxRequest::default() });
    }

    /// What lies at an address: bytecode, or a program with its prefix.
    pub fn code(&self, at: Address) -> Bytes {
        self.chain.code(at)
    }

    /// Replaces what lies at an address; storage stays.
    pub fn set_code(&self, at: Address, code: &[u8]) {
        self.chain.set_code(at, code);
    }

    /// A storage word, for tests that look under the views.
    pub fn storage(&self, contract: Address, slot: U256) -> U256 {
        self.chain.storage(contract, slot)
    }

    /// Writes a storage word past the program, for states that no call leads to.
    pub fn set_storage(&self, contract: Address, slot: U256, value: U256) {
        self.chain.set_storage(contract, slot, value);
    }

    fn expect(&self, request: TxRequest) {
        let done = self.mine(request);
        assert!(done.success, "set-up failed: {:?} {}", done.reason, chain::Revert::decode(&done.output));
    }

    fn mine(&self, request: TxRequest) -> Outcome {
        if self.chain.balance(request.from).is_zero() {
            self.chain.set_balance(request.from, U256::from(10).pow(U256::from(24)));
        }
        let outcome = self.chain.transact(request).expect("the node takes the transaction");
        self.warp_to(self.now.get());
        outcome
    }
}
